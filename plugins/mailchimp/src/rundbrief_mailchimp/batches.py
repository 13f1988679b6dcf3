"""Operations on single members, carried out one by one or as an asynchronous batch.

A batch is submitted, asked after until it is finished, and its results come as a packed archive from a storage
service (documentation: batch-operations). The archive is read in memory and within bounds; nothing of it is
written to a disk.
"""

import io
import json
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rundbrief.errors import ProtocolError, TryLater
from rundbrief.http import decoded, load
from rundbrief.session import Session
from rundbrief_mailchimp.schemas import BatchSchema, OperationResultSchema, read

__all__ = ["OperationResult", "Patch", "one_by_one", "submit"]

FIELDS = "id,status,response_body_url"

LONGEST_PAUSE = 60.0
PATIENCE = 30 * 60.0
"""Seconds of waiting for one batch."""

MAX_ARCHIVE = 32 * 1024 * 1024
MAX_UNPACKED = 128 * 1024 * 1024
MAX_FILE = 64 * 1024 * 1024
MAX_FILES = 2_000
"""Bounds of an archive in bytes and files. A thousand results are about 5 MB in a few files."""

_AGAIN = "Run again later: what is not known to be done is sent again, which does no harm."


@dataclass(frozen=True, slots=True)
class Patch:
    """Change one member."""

    key: str
    """Comes back with the result."""
    path: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OperationResult:
    key: str
    status_code: int
    payload: Any


def one_by_one(session: Session, patches: Sequence[Patch], *, idempotent: bool) -> Iterator[OperationResult]:
    """Carry out a few patches directly."""
    for patch in patches:
        response = session.http.patch(patch.path, json=patch.body, idempotent=idempotent)
        yield OperationResult(patch.key, response.status, response.json())


def submit(session: Session, patches: Sequence[Patch], *, idempotent: bool) -> Iterator[OperationResult]:
    """Carry out patches as one batch, and yield the results it has, in any order.

    Raises:
        TryLater: the batch is not finished within half an hour.
        ProtocolError: its archive cannot be read, or is larger than it may be.
    """
    operations = [
        # The body is a text: an object is refused.
        {"method": "PATCH", "path": patch.path, "operation_id": patch.key, "body": json.dumps(patch.body)}
        for patch in patches
    ]
    response = session.http.post("/batches", json={"operations": operations}, idempotent=idempotent)
    url = _finished(session, read(response, BatchSchema)["id"])
    for content in _files(session.http.download(url, max_bytes=MAX_ARCHIVE)):
        for row in load(OperationResultSchema(many=True), _decoded(content)):
            yield OperationResult(row["operation_id"], row["status_code"], _payload(row["response"]))


def _finished(session: Session, batch_id: str) -> str:
    """Wait for a batch, and return where its archive lies."""
    pause: float = session.settings["batch_poll_seconds"]
    waited = 0.0
    while waited < PATIENCE:
        session.wait(pause)
        waited, pause = waited + pause, min(2 * pause, LONGEST_PAUSE)
        response = session.http.get(f"/batches/{batch_id}", params={"fields": FIELDS})
        if response.status == 404:
            raise TryLater("Mailchimp does not know a batch that it has taken.", hint=_AGAIN)
        batch = read(response, BatchSchema)
        if batch["status"] == "finished":
            return str(batch["response_body_url"])
    # Else it might run when newer data has been sent already.
    session.http.delete(f"/batches/{batch_id}")
    raise TryLater(
        f"Mailchimp has been working on a batch for {PATIENCE / 60:.0f} minutes and is not finished.",
        hint=_AGAIN,
    )


# --- the archive ------------------------------------------------------------------------------------------


def _files(archive: bytes) -> Iterator[bytes]:
    """Yield the contents of the files in a packed archive; folders and whatever else is in it are passed over."""
    try:
        with tarfile.open(fileobj=io.BytesIO(_unpacked(archive)), mode="r:") as tar:
            for number, member in enumerate(tar, 1):
                if number > MAX_FILES or member.size > MAX_FILE:
                    raise _out_of_bounds()
                if member.isreg() and not member.issparse():
                    content = tar.extractfile(member)
                    assert content is not None
                    yield content.read()
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise ProtocolError(f"The results of a batch cannot be unpacked ({type(error).__name__}).") from None


def _unpacked(archive: bytes) -> bytes:
    """Decompress as a whole and within the bound, before any header in it is believed."""
    gunzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    content = gunzip.decompress(archive, MAX_UNPACKED)
    if gunzip.unconsumed_tail:
        raise _out_of_bounds()
    if not gunzip.eof:
        raise EOFError
    return content


def _out_of_bounds() -> ProtocolError:
    return ProtocolError("The results of a batch are larger than anything rundbrief asked for.")


def _decoded(content: bytes) -> Any:
    try:
        return decoded(content)
    except ValueError:
        raise ProtocolError("The results of a batch hold a file that is not JSON.") from None


def _payload(response: str) -> Any:
    """Return the body of one operation's answer; None where a proxy answered in the service's place."""
    try:
        return decoded(response)
    except ValueError:
        return None
