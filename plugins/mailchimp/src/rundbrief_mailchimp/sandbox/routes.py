"""The endpoints: each takes the decoded request, and returns a status and a payload."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.routing import Map, Rule

from rundbrief_mailchimp.sandbox import problems
from rundbrief_mailchimp.sandbox.account import Account
from rundbrief_mailchimp.sandbox.answers import (
    MEMBER_FIELDS,
    audience_json,
    collection,
    member_json,
    project,
    wanted_of,
)
from rundbrief_mailchimp.sandbox.merge_fields import TYPES, MergeField
from rundbrief_mailchimp.sandbox.problems import Problem
from rundbrief_mailchimp.sandbox.state import Audience, Member

__all__ = ["ROUTES", "Call", "Endpoints"]

Answer = tuple[int, Any]

MAX_BATCH = 500
"""Members in one `POST /lists/{id}`."""
MAX_MERGE_FIELDS = 30
MAX_TAG = 10

ROUTES = Map(
    [
        Rule("/", endpoint="root", methods=["GET"]),
        Rule("/ping", endpoint="ping", methods=["GET"]),
        Rule("/lists", endpoint="lists", methods=["GET"]),
        Rule("/lists/<list_id>", endpoint="list_", methods=["GET"]),
        Rule("/lists/<list_id>", endpoint="batch_members", methods=["POST"]),
        Rule("/lists/<list_id>/members", endpoint="members", methods=["GET"]),
        Rule("/lists/<list_id>/members", endpoint="add_member", methods=["POST"]),
        Rule("/lists/<list_id>/members/<key>", endpoint="member", methods=["GET"]),
        Rule("/lists/<list_id>/members/<key>", endpoint="put_member", methods=["PUT"]),
        Rule("/lists/<list_id>/members/<key>", endpoint="patch_member", methods=["PATCH"]),
        Rule("/lists/<list_id>/members/<key>", endpoint="archive_member", methods=["DELETE"]),
        Rule(
            "/lists/<list_id>/members/<key>/actions/delete-permanent", endpoint="delete_member", methods=["POST"]
        ),
        Rule("/lists/<list_id>/members/<key>/tags", endpoint="tags", methods=["GET"]),
        Rule("/lists/<list_id>/members/<key>/tags", endpoint="set_tags", methods=["POST"]),
        Rule("/lists/<list_id>/merge-fields", endpoint="merge_fields", methods=["GET"]),
        Rule("/lists/<list_id>/merge-fields", endpoint="add_merge_field", methods=["POST"]),
        Rule("/lists/<list_id>/merge-fields/<int:merge_id>", endpoint="merge_field", methods=["GET"]),
        Rule("/lists/<list_id>/merge-fields/<int:merge_id>", endpoint="change_merge_field", methods=["PATCH"]),
        Rule("/lists/<list_id>/merge-fields/<int:merge_id>", endpoint="drop_merge_field", methods=["DELETE"]),
        Rule("/batches", endpoint="batches", methods=["GET"]),
        Rule("/batches", endpoint="submit_batch", methods=["POST"]),
        Rule("/batches/<batch_id>", endpoint="batch", methods=["GET"]),
        Rule("/batches/<batch_id>", endpoint="drop_batch", methods=["DELETE"]),
    ],
    strict_slashes=False,
)


@dataclass(frozen=True, slots=True)
class Call:
    """One decoded request."""

    query: Mapping[str, str]
    body: Any
    base_url: str
    """Where the sandbox is reached, for the links it gives out."""

    @property
    def skips_merge_validation(self) -> bool:
        return self.query.get("skip_merge_validation") == "true"


class Endpoints:
    """The endpoints over one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    # --- account and audiences -------------------------------------------------------------------------------

    def root(self, call: Call) -> Answer:
        payload = {
            "account_id": "sandbox",
            "login_id": "1",
            "account_name": "Sandbox",
            "email": "owner@example.org",
            "role": "owner",
            "total_subscribers": sum(len(one.members) for one in self._account.audiences.values()),
            "_links": [],
        }
        return 200, project(payload, call.query, ())

    def ping(self, _: Call) -> Answer:
        return 200, {"health_status": "Everything's Chimpy!"}

    def lists(self, call: Call) -> Answer:
        rows = list(self._account.audiences.values())
        if "email" in call.query:
            rows = [one for one in rows if _has(one, call.query["email"])]
        payload = collection("lists", rows, call.query, audience_json)
        payload["constraints"] = {
            "may_create": True,
            "max_instances": 5,
            "current_total_instances": len(self._account.audiences),
        }
        return 200, project(payload, call.query, ())

    def list_(self, call: Call, list_id: str) -> Answer:
        return 200, project(audience_json(self._account.audience(list_id)), call.query, ())

    # --- members, one by one ---------------------------------------------------------------------------------

    def members(self, call: Call, list_id: str) -> Answer:
        audience = self._account.audience(list_id)
        wanted = wanted_of("members", call.query)
        payload = collection(
            "members",
            self._account.filtered(audience, call.query),
            call.query,
            lambda one: member_json(audience, one, wanted),
        )
        payload["list_id"] = list_id
        return 200, project(payload, call.query, MEMBER_FIELDS)

    def member(self, call: Call, list_id: str, key: str) -> Answer:
        audience = self._account.audience(list_id)
        return 200, project(member_json(audience, audience.find(key)), call.query, MEMBER_FIELDS)

    def add_member(self, call: Call, list_id: str) -> Answer:
        audience, body = self._account.audience(list_id), _object(call.body)
        if "status" not in body or "email_address" not in body:
            raise _required("status" if "status" not in body else "email_address")
        if _has(audience, body["email_address"]):
            raise problems.member_exists(body["email_address"])
        member = audience.create(body, body["status"], skip_merge_validation=call.skips_merge_validation)
        return 200, member_json(audience, member)

    def put_member(self, call: Call, list_id: str, key: str) -> Answer:
        """Trap: `status` overwrites an existing member's, `status_if_new` does not."""
        audience, body = self._account.audience(list_id), _object(call.body)
        try:
            member = audience.find(key)
        except Problem:
            return self._put_new(call, audience, body)
        audience.change(member, body, body.get("status"), skip_merge_validation=call.skips_merge_validation)
        return 200, member_json(audience, member)

    def _put_new(self, call: Call, audience: Audience, body: Mapping[str, Any]) -> Answer:
        if "email_address" not in body:
            raise _required("email_address")
        if _has(audience, body["email_address"]):
            # The key in the path is not the address's: the sign of a hash mismatch.
            raise problems.member_exists(body["email_address"])
        status = body.get("status_if_new") or body.get("status") or "transactional"
        member = audience.create(body, status, skip_merge_validation=call.skips_merge_validation)
        return 200, member_json(audience, member)

    def patch_member(self, call: Call, list_id: str, key: str) -> Answer:
        audience, body = self._account.audience(list_id), _object(call.body)
        member = audience.find(key)
        audience.change(member, body, body.get("status"), skip_merge_validation=call.skips_merge_validation)
        return 200, member_json(audience, member)

    def archive_member(self, _: Call, list_id: str, key: str) -> Answer:
        audience = self._account.audience(list_id)
        audience.archive(audience.find(key))
        return 204, None

    def delete_member(self, _: Call, list_id: str, key: str) -> Answer:
        audience = self._account.audience(list_id)
        audience.delete_permanently(audience.find(key))
        return 204, None

    def tags(self, call: Call, list_id: str, key: str) -> Answer:
        tags = list(enumerate(self._account.audience(list_id).find(key).tags, 1))
        return 200, collection(
            "tags",
            tags,
            call.query,
            lambda row: {"id": row[0], "name": row[1], "date_added": self._account.now()},
        )

    def set_tags(self, call: Call, list_id: str, key: str) -> Answer:
        member = self._account.audience(list_id).find(key)
        for tag in _object(call.body).get("tags", []):
            if tag["status"] == "active" and tag["name"] not in member.tags:
                member.tags.append(tag["name"])
            if tag["status"] == "inactive" and tag["name"] in member.tags:
                member.tags.remove(tag["name"])
        return 204, None

    # --- members, many at once -------------------------------------------------------------------------------

    def batch_members(self, call: Call, list_id: str) -> Answer:
        """Answers 200 even if every row failed; the rows tell."""
        audience, body = self._account.audience(list_id), _object(call.body)
        rows = body.get("members")
        if not isinstance(rows, list):
            raise _required("members")
        if len(rows) > MAX_BATCH:
            raise problems.invalid_resource(f"You may only have {MAX_BATCH} members in one request.")
        new: list[Member] = []
        updated: list[Member] = []
        errors: list[dict[str, str]] = []
        seen: set[str] = set()
        for row in rows:
            address = str(row.get("email_address", ""))
            if address.lower() in seen:
                if call.query.get("skip_duplicate_check") != "true":
                    errors.append(_row_error(address, "Duplicate items found in the request."))
                continue
            seen.add(address.lower())
            try:
                self._batch_row(call, audience, row, bool(body.get("update_existing")), new, updated, errors)
            except Problem as problem:
                errors.append(_row_problem(address, problem))
        return 200, {
            "new_members": [member_json(audience, one) for one in new],
            "updated_members": [member_json(audience, one) for one in updated],
            "errors": errors,
            "total_created": len(new),
            "total_updated": len(updated),
            "error_count": len(errors),
            "_links": [],
        }

    def _batch_row(
        self,
        call: Call,
        audience: Audience,
        row: Mapping[str, Any],
        update_existing: bool,
        new: list[Member],
        updated: list[Member],
        errors: list[dict[str, str]],
    ) -> None:
        address = str(row.get("email_address", ""))
        skip = call.skips_merge_validation
        if not _has(audience, address):
            if "status" not in row:
                raise _required("status")
            new.append(audience.create(row, row["status"], skip_merge_validation=skip))
        elif not update_existing:
            text = (
                f"{address} is already a list member, do you want to update? please provide update_existing:true"
            )
            errors.append(_row_error(address, f"{text} in the request body", "ERROR_CONTACT_EXISTS"))
        else:
            # Trap: the status that was sent is applied to existing members too.
            member = audience.find(address)
            audience.change(member, row, row.get("status"), skip_merge_validation=skip)
            updated.append(member)

    def batches(self, call: Call) -> Answer:
        return 200, collection(
            "batches", list(self._account.batches.values()), call.query, lambda one: self._batch_json(call, one.id)
        )

    def submit_batch(self, call: Call) -> Answer:
        batch = self._account.submit(_object(call.body).get("operations"))
        return 200, self._batch_json(call, batch.id)

    def batch(self, call: Call, batch_id: str) -> Answer:
        self._account.poll(batch_id)
        return 200, project(self._batch_json(call, batch_id), call.query, ())

    def drop_batch(self, _: Call, batch_id: str) -> Answer:
        self._account.batch(batch_id)
        del self._account.batches[batch_id]
        return 204, None

    def _batch_json(self, call: Call, batch_id: str) -> dict[str, Any]:
        url = f"{call.base_url}/_archives/{batch_id}.tar.gz"
        return self._account.batch(batch_id).to_json(url, self._account.moment())

    # --- merge fields ----------------------------------------------------------------------------------------

    def merge_fields(self, call: Call, list_id: str) -> Answer:
        audience = self._account.audience(list_id)
        payload = collection("merge_fields", audience.merge_fields, call.query, lambda one: one.to_json(list_id))
        payload["list_id"] = list_id
        return 200, project(payload, call.query, ())

    def merge_field(self, _: Call, list_id: str, merge_id: int) -> Answer:
        return 200, _merge_field(self._account.audience(list_id), merge_id).to_json(list_id)

    def add_merge_field(self, call: Call, list_id: str) -> Answer:
        audience, body = self._account.audience(list_id), _object(call.body)
        for name in ("name", "type"):
            if name not in body:
                raise _required(name)
        if len(audience.merge_fields) >= MAX_MERGE_FIELDS:
            raise problems.invalid_resource(f"An audience may have at most {MAX_MERGE_FIELDS} merge fields.")
        merge_id = max((one.merge_id for one in audience.merge_fields), default=0) + 1
        tag = str(body.get("tag") or f"MMERGE{merge_id}").upper()
        if len(tag) > MAX_TAG:
            raise problems.invalid_resource(
                "The resource submitted could not be validated.",
                [{"field": "tag", "message": f"A merge tag may have at most {MAX_TAG} characters."}],
            )
        if body["type"] not in TYPES or tag in {one.tag for one in audience.merge_fields}:
            raise problems.invalid_resource(f"A Merge Field with the tag {tag!r} cannot be added.")
        added = MergeField(
            merge_id,
            tag,
            body["name"],
            body["type"],
            bool(body.get("required")),
            body.get("default_value", ""),
            bool(body.get("public", True)),
            body.get("display_order") or merge_id + 1,
            body.get("help_text", ""),
            dict(body.get("options") or {}),
        )
        audience.merge_fields.append(added)
        return 200, added.to_json(list_id)

    def change_merge_field(self, call: Call, list_id: str, merge_id: int) -> Answer:
        changed = _merge_field(self._account.audience(list_id), merge_id)
        for name in ("name", "required", "default_value", "public", "help_text", "options"):
            if name in _object(call.body):
                setattr(changed, name, call.body[name])
        return 200, changed.to_json(list_id)

    def drop_merge_field(self, _: Call, list_id: str, merge_id: int) -> Answer:
        audience = self._account.audience(list_id)
        audience.merge_fields.remove(_merge_field(audience, merge_id))
        return 204, None


def _has(audience: Audience, address: str) -> bool:
    return any(one.email.lower() == address.strip().lower() for one in _candidates(audience, address))


def _candidates(audience: Audience, address: str) -> list[Member]:
    try:
        return [audience.find(address)]
    except Problem:
        return []


def _merge_field(audience: Audience, merge_id: int) -> MergeField:
    for one in audience.merge_fields:
        if one.merge_id == merge_id:
            return one
    raise problems.not_found()


def _object(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise Problem(400, "JSON Parse Exception", "We encountered an unspecified JSON parsing error.")
    return body


def _required(name: str) -> Problem:
    return problems.invalid_resource(
        "The resource submitted could not be validated. For field-specific details, see the 'errors' array.",
        [{"field": name, "message": "Required fields were not provided"}],
    )


def _row_error(address: str, text: str, code: str = "ERROR_GENERIC") -> dict[str, str]:
    return {"email_address": address, "error": text, "error_code": code, "field": "", "field_message": ""}


def _row_problem(address: str, problem: Problem) -> dict[str, str]:
    row = _row_error(address, problem.detail)
    if problem.errors:
        row["field"], row["field_message"] = problem.errors[0]["field"], problem.errors[0]["message"]
    return row
