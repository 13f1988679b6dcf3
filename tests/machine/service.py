"""The Mailchimp sandbox with a witness: the oracle hears of every answer to us, and of every effect."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from machine.oracle import RAISED, Broken, Oracle
from rundbrief.models import address_key
from rundbrief.testing.sandbox import SandboxRequest
from rundbrief_mailchimp.testing import MailchimpSandbox

__all__ = ["Killed", "WatchedService"]


class Killed(BaseException):
    """The process ends here, as by SIGKILL: nothing after this may have an effect."""


class WatchedService(MailchimpSandbox):
    def __init__(self, clock: Callable[[], datetime], oracle: Oracle) -> None:
        super().__init__(clock, polls_until_finished=1)
        self.oracle = oracle
        self.instant: Callable[[str], None] = lambda _: None
        """Called before and after each request is applied: a place to kill the run."""
        self.broken: list[Broken] = []
        """What the oracle said; a run might swallow an exception, this list does not."""

    def respond(self, request: SandboxRequest) -> Response:
        self.instant("before the request")
        how = self._witness_request(request)
        with self._witnessed(how):
            response = super().respond(request)
        self._witness_answer(request, response)
        self.instant("after the request")
        return response

    def work_off_batches(self) -> None:
        """Batches that nobody asks about are carried out all the same."""
        with self.lock, self._witnessed("a batch"):
            self.batches.run_waiting()

    # --- acts that only an administrator or the service itself can do ----------------------------------------

    def members(self, list_id: str) -> dict[str, str]:
        """Return address -> status."""
        return {address_key(one.email): one.status for one in self.account.audience(list_id).members.values()}

    def wipe_out(self, list_id: str, address: str) -> None:
        """Delete a member together with the memory of it, as a service without such a memory would."""
        with self.lock:
            forgotten = self.account.audience(list_id).forgotten
            before = set(forgotten)
            self.delete(list_id, address)
            forgotten.intersection_update(before)

    # --- the witness ----------------------------------------------------------------------------------------

    @contextmanager
    def _witnessed(self, how: str) -> Iterator[None]:
        before = self._all_members()
        yield
        after = self._all_members()
        for list_id, number in before.keys() | after.keys():
            was, became = before.get((list_id, number)), after.get((list_id, number))
            if was != became:
                self._judge(lambda a=list_id, b=was, c=became: self.oracle.we_wrote(a, b, c, how))

    def _judge(self, judgement: Callable[[], None]) -> None:
        try:
            judgement()
        except Broken as broken:
            self.broken.append(broken)

    def _all_members(self) -> dict[tuple[str, int], tuple[str, str]]:
        return {
            (audience.id, one.number): (address_key(one.email), one.status)
            for audience in self.account.audiences.values()
            for one in audience.members.values()
        }

    def _witness_request(self, request: SandboxRequest) -> str:
        """Look into what is being sent, and return what kind of write it is."""
        if request.method == "GET":
            return "a batch"  # no other read writes
        body: Any = json.loads(request.get_data() or b"{}")
        if "members" in body:
            self._judge(lambda: _check_rows(body))
            list_id = _list_of(request)
            for row in body["members"]:
                if row["status"] in RAISED:
                    address = address_key(row["email_address"])
                    self._judge(lambda b=address: self.oracle.we_offer(list_id, b))
            return "a write of rows"
        operations = body.get("operations") or [{"method": request.method, "body": request.get_data()}]
        for operation in operations:
            self._judge(lambda one=operation: _check_operation(one))
        return "a patch"

    def _witness_answer(self, request: SandboxRequest, response: Response) -> None:
        if response.status_code != 200 or not response.is_json:
            return
        answer = response.get_json()
        rows = [row for key in ("members", "new_members", "updated_members") for row in answer.get(key, ())]
        for row in rows:
            self.oracle.service_showed(_list_of(request), address_key(row["email_address"]), row["status"])


def _list_of(request: SandboxRequest) -> str:
    return request.path.split("/")[3] if "/lists/" in request.path else ""


def _check_operation(operation: dict[str, Any]) -> None:
    body = json.loads(operation["body"])
    if operation["method"] != "PATCH":
        raise Broken(f"R2: a batch holds a {operation['method']}")
    status = body.get("status")
    if "status_if_new" in body or (status is not None and len(body) > 1):
        raise Broken("R2: a data write carries a consent field")
    if status not in (None, "pending", "unsubscribed"):
        raise Broken(f"R2: a batch says {status}")


def _check_rows(body: dict[str, Any]) -> None:
    statuses = {row.get("status") for row in body["members"]}
    if body.get("update_existing") and statuses != {"unsubscribed"}:
        raise Broken(f"R2: a write to existing members says {statuses}")
