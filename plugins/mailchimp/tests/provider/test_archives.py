"""The archive of a batch's results: read to the last file, within bounds, and never believed blindly."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from rundbrief.errors import ProtocolError, RundbriefError
from rundbrief.models import ContactWrite, Reason, Result, WriteKind
from rundbrief.testing import faults
from rundbrief_mailchimp import batches

COUNT = 4


def archive(files: Mapping[str, bytes], more: Callable[[tarfile.TarFile], None] | None = None) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        if more:
            more(tar)
    return out.getvalue()


MEMBER = json.dumps({"id": "0" * 32, "email_address": "person@example.org", "status": "subscribed"})


def result(key: str, status: int = 200, response: str = MEMBER) -> dict[str, Any]:
    return {"operation_id": key, "status_code": status, "response": response}


def export_with(account: Any, content: bytes) -> dict[str, Any]:
    """Export changes, and let the storage answer with this archive."""
    account.box.seed(account.list.id, COUNT)
    writes = [ContactWrite(str(n), f"person{n}@example.org", None, {"FNAME": "X"}) for n in range(COUNT)]

    def stored(answer: faults.Answer) -> Any:
        response = answer()
        response.set_data(content)
        return response

    account.box.faults.add(stored, path="/_archives/")
    outcomes: dict[str, Any] = account.export(WriteKind.UPDATE, writes)
    return outcomes


def test_results_are_joined_from_all_files_in_any_order(account: Any) -> None:
    outcomes = export_with(
        account,
        archive(
            {
                "a/2.json": json.dumps([result("3"), result("1")]).encode(),
                "a/1.json": json.dumps([result("0", 404), result("2")]).encode(),
                "a/3.json": b"[]",
            }
        ),
    )
    assert outcomes["0"].reason is Reason.NOT_FOUND
    assert [outcomes[key].result for key in "123"] == [Result.DONE] * 3


def test_writes_that_the_archive_leaves_out_have_failed_for_now(account: Any) -> None:
    outcomes = export_with(account, archive({"1.json": json.dumps([result("0"), result("stranger")]).encode()}))
    assert outcomes["0"].result is Result.DONE
    assert {(outcomes[key].result, outcomes[key].reason) for key in "123"} == {(Result.FAILED, Reason.TEMPORARY)}


def test_a_result_that_comes_twice_counts_once(account: Any) -> None:
    content = json.dumps([result("0"), result("0", 500)]).encode()
    assert export_with(account, archive({"1.json": content}))["0"].result is Result.DONE


def test_an_operation_answered_by_a_proxy_has_failed_for_now(account: Any) -> None:
    content = json.dumps([result("0", 502, "<html>")]).encode()
    assert export_with(account, archive({"1.json": content}))["0"].reason is Reason.TEMPORARY


def test_folders_and_links_are_passed_over(account: Any) -> None:
    def strange(tar: tarfile.TarFile) -> None:
        for name, kind in (
            ("folder", tarfile.DIRTYPE),
            ("/etc/passwd", tarfile.SYMTYPE),
            ("../x", tarfile.LNKTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type = kind
            info.linkname = "/etc/passwd"
            tar.addfile(info)

    content = json.dumps([result(str(n)) for n in range(COUNT)]).encode()
    outcomes = export_with(account, archive({"1.json": content}, strange))
    assert {one.result for one in outcomes.values()} == {Result.DONE}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not an archive",
        gzip.compress(b"not a tar"),
        archive({"1.json": b"[]"})[:-12],
        archive({"1.json": b"{not JSON"}),
        archive({"1.json": b'{"operation_id": "0"}'}),
        archive({"1.json": b'[{"operation_id": "0"}]'}),
        archive({"1.json": b"\xff\xfe"}),
    ],
    ids=["empty", "text", "no tar", "cut off", "no JSON", "an object", "no status", "no text"],
)
def test_a_broken_archive_is_the_services_fault(account: Any, content: bytes) -> None:
    with pytest.raises(ProtocolError):
        export_with(account, content)


def test_a_bomb_is_not_unpacked(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MAX_UNPACKED", 100_000)
    with pytest.raises(ProtocolError, match="larger"):
        export_with(account, archive({"1.json": b" " * 200_000}))


def test_too_many_files_are_refused(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MAX_FILES", 3)
    with pytest.raises(ProtocolError, match="larger"):
        export_with(account, archive({f"{number}.json": b"[]" for number in range(4)}))


def test_a_single_huge_file_is_refused(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MAX_FILE", 1_000)
    with pytest.raises(ProtocolError, match="larger"):
        export_with(account, archive({"1.json": b" " * 2_000}))


def test_a_large_download_is_refused(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MAX_ARCHIVE", 100)
    with pytest.raises(ProtocolError, match="larger"):
        export_with(account, archive({"1.json": b"[]"}) + b"0" * 100)


@pytest.mark.parametrize(
    "url", ["http://storage.example/x.tar.gz", "file:///etc/passwd", "ftp://storage.example/x", ""]
)
def test_an_archive_elsewhere_than_behind_https_is_not_fetched(account: Any, url: str) -> None:
    account.box.seed(account.list.id, COUNT)
    writes = [ContactWrite(str(n), f"person{n}@example.org") for n in range(COUNT)]

    def elsewhere(answer: faults.Answer) -> Any:
        response = answer()
        response.set_data(json.dumps({"id": "batch00001", "status": "finished", "response_body_url": url}))
        return response

    account.box.faults.add(elsewhere, method="GET", path="/batches/")
    with pytest.raises(RundbriefError):
        account.export(WriteKind.UPDATE, writes)
    assert account.box.requests.count("GET", "_archives|storage|etc") == 0
