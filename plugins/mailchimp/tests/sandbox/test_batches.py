"""Asynchronous batches and the archives of their results."""

import io
import json
import tarfile
from typing import Any

import httpx
import pytest

from rundbrief.testing import faults
from rundbrief_mailchimp.testing import MailchimpSandbox


def patches(api: Any, count: int, **body: Any) -> list[dict[str, Any]]:
    sent = json.dumps(body or {"merge_fields": {"FNAME": "New"}})
    return [
        {"method": "PATCH", "path": api.at(f"person{n}@example.org"), "operation_id": str(n), "body": sent}
        for n in range(count)
    ]


def submit(api: Any, operations: list[dict[str, Any]]) -> dict[str, Any]:
    return api.post("/batches", json={"operations": operations}).raise_for_status().json()


def finished(api: Any, batch: dict[str, Any]) -> dict[str, Any]:
    while batch["status"] != "finished":
        batch = api.get(f"/batches/{batch['id']}").raise_for_status().json()
    return batch


def fetch(api: Any, url: str, **headers: str) -> httpx.Response:
    return api.get(url, headers=headers, auth=None)


def results(api: Any, batch: dict[str, Any]) -> list[dict[str, Any]]:
    content = fetch(api, finished(api, batch)["response_body_url"]).raise_for_status().content
    rows = []
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
        for member in tar:
            if member.isfile():
                rows += json.load(tar.extractfile(member))
    return rows


def test_operations_are_carried_out_later_and_joined_by_their_ids(api: Any) -> None:
    api.box.seed(api.list_id, 5)
    batch = submit(api, patches(api, 6))
    assert (batch["status"], batch["finished_operations"], batch["response_body_url"]) == ("pending", 0, "")
    assert api.member("person0@example.org")["merge_fields"]["FNAME"] == "J\u00f6rdis 0"
    rows = {row["operation_id"]: row for row in results(api, batch)}
    assert api.member("person0@example.org")["merge_fields"]["FNAME"] == "New"
    assert {key: row["status_code"] for key, row in rows.items()} == {**dict.fromkeys("01234", 200), "5": 404}
    assert json.loads(rows["5"]["response"])["title"] == "Resource Not Found"


def test_finished_is_not_success(api: Any) -> None:
    """Trap: the failures are counted, and told in the archive."""
    api.box.seed(api.list_id, 1)
    batch = finished(api, submit(api, patches(api, 3)))
    assert (batch["total_operations"], batch["finished_operations"], batch["errored_operations"]) == (3, 3, 2)


def test_the_order_is_not_the_one_they_came_in(api: Any) -> None:
    api.box.seed(api.list_id, 50)
    ids = [row["operation_id"] for row in results(api, submit(api, patches(api, 50)))]
    assert sorted(ids, key=int) == [str(n) for n in range(50)]
    assert ids != sorted(ids, key=int)


def test_the_archive_holds_several_files(api: Any) -> None:
    url = finished(api, submit(api, patches(api, 9)))["response_body_url"]
    with tarfile.open(fileobj=io.BytesIO(fetch(api, url).content), mode="r:gz") as tar:
        assert len([member for member in tar if member.isfile()]) > 1


def test_the_steps_are_seen_by_who_asks_often(clock: Any) -> None:
    sandbox = MailchimpSandbox(clock, polls_until_finished=3)
    batch = sandbox.account.submit([{"method": "GET", "path": "/lists"}])
    assert batch.status == "pending"
    assert [sandbox.account.poll(batch.id).status for _ in range(4)] == [
        "preprocessing",
        "started",
        "finalizing",
        "finished",
    ]


def test_an_archive_is_fetched_without_the_key(api: Any) -> None:
    """Trap: the link is signed already; further credentials are an error."""
    url = finished(api, submit(api, patches(api, 1)))["response_body_url"]
    assert fetch(api, url, Authorization="Bearer x").status_code == 400
    assert fetch(api, url).status_code == 200
    assert fetch(api, url.replace("Signature=", "Signature=0")).status_code == 403


def test_a_link_is_good_for_ten_minutes_and_a_new_one_is_had_by_asking(api: Any, clock: Any) -> None:
    batch = finished(api, submit(api, patches(api, 1)))
    clock.advance(9 * 60)
    assert fetch(api, batch["response_body_url"]).status_code == 200
    clock.advance(2 * 60)
    renewed = finished(api, {**batch, "status": ""})["response_body_url"]
    assert fetch(api, batch["response_body_url"]).status_code == 403
    assert fetch(api, renewed).status_code == 200


def test_results_are_kept_for_seven_days(api: Any, clock: Any) -> None:
    batch = finished(api, submit(api, patches(api, 1)))
    clock.advance(7 * 86_400 + 1)
    assert api.get(f"/batches/{batch['id']}").json()["response_body_url"] == ""


def test_a_read_without_a_count_gets_the_whole_collection(api: Any) -> None:
    api.box.seed(api.list_id, 1500)
    operation = {"method": "GET", "path": f"{api.list}/members", "params": {"fields": "members.id"}}
    (row,) = results(api, submit(api, [operation]))
    assert len(json.loads(row["response"])["members"]) == 1500


def test_parameters_and_names_in_a_path_are_understood(api: Any) -> None:
    api.field("REGION", required=True)
    operations = [
        {
            "method": "PUT",
            "path": f"{api.list}/members/jo%40example.org?skip_merge_validation=true",
            "body": json.dumps({"email_address": "jo@example.org", "status_if_new": "subscribed"}),
        },
        {"method": "DELETE", "path": api.at("nobody@example.org")},
    ]
    assert sorted(row["status_code"] for row in results(api, submit(api, operations))) == [200, 404]
    assert api.addresses() == ["jo@example.org"]


@pytest.mark.parametrize(
    "operation",
    [
        {"method": "PATCH", "path": "/lists", "body": {"an": "object"}},
        {"method": "TRACE", "path": "/lists"},
        {"method": "GET"},
        {"method": "POST", "path": "/batches", "body": "{}"},
        "text",
    ],
)
def test_an_operation_that_is_none_refuses_the_submission(api: Any, operation: Any) -> None:
    """Trap: the body is a text; an object is refused."""
    assert api.post("/batches", json={"operations": [operation]}).status_code == 400


def test_a_body_that_is_not_json_fails_its_operation_alone(api: Any) -> None:
    api.box.seed(api.list_id, 1)
    operations = [*patches(api, 1), {"method": "PATCH", "path": api.list, "operation_id": "bad", "body": "{"}]
    codes = {row["operation_id"]: row["status_code"] for row in results(api, submit(api, operations))}
    assert codes["0"] == 200
    assert codes["bad"] >= 400


def test_500_batches_may_wait(api: Any) -> None:
    operations = [{"method": "GET", "path": "/lists"}]
    for _ in range(500):
        submit(api, operations)
    assert api.post("/batches", json={"operations": operations}).status_code == 429


def test_a_batch_that_nobody_asks_after_runs_all_the_same(api: Any, clock: Any) -> None:
    """So the data that a run handed in before it was killed arrives, maybe much later."""
    api.box.seed(api.list_id, 1)
    submit(api, patches(api, 1))
    clock.advance(60)
    assert api.member("person0@example.org")["merge_fields"]["FNAME"] == "J\u00f6rdis 0"
    clock.advance(600)
    assert api.member("person0@example.org")["merge_fields"]["FNAME"] == "New"


def test_waiting_batches_can_be_run_by_hand(api: Any) -> None:
    api.box.seed(api.list_id, 1)
    submit(api, patches(api, 1))
    api.box.batches.run_waiting()
    assert api.member("person0@example.org")["merge_fields"]["FNAME"] == "New"


def test_a_stalled_batch_never_ends(api: Any, clock: Any) -> None:
    api.box.batches.stall = True
    batch = submit(api, patches(api, 1))
    for _ in range(20):
        clock.advance(3600)
        assert api.get(f"/batches/{batch['id']}").json()["status"] != "finished"


def test_operations_meet_faults_of_their_own(api: Any) -> None:
    api.box.seed(api.list_id, 2)
    path = api.at("person1@example.org")
    api.box.operation_faults.add(faults.answer_with(500, body="<html>", content_type="text/html"), path=path)
    rows = {row["operation_id"]: row for row in results(api, submit(api, patches(api, 2)))}
    assert (rows["0"]["status_code"], rows["1"]["status_code"]) == (200, 500)
    assert rows["1"]["response"] == "<html>"


def test_consent_is_guarded_in_a_batch_as_anywhere(api: Any) -> None:
    api.box.seed(api.list_id, 1)
    api.box.unsubscribe(api.list_id, "person0@example.org")
    (row,) = results(api, submit(api, patches(api, 1, status="subscribed")))
    assert json.loads(row["response"])["title"] == "Member In Compliance State"


def test_a_batch_that_is_deleted_is_not_carried_out(api: Any) -> None:
    api.box.seed(api.list_id, 1)
    batch = submit(api, patches(api, 1))
    assert api.delete(f"/batches/{batch['id']}").status_code == 204
    assert api.get(f"/batches/{batch['id']}").status_code == 404
    assert api.member("person0@example.org")["merge_fields"]["FNAME"] == "J\u00f6rdis 0"
