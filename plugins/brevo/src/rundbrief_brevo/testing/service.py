"""The sandbox: Brevo's HTTP, and the ways to act as a person or an administrator."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Response

from rundbrief.models import SubscriberStatus, address_key
from rundbrief.testing.sandbox import Held, NotOffered, Sandbox, SandboxRequest
from rundbrief_brevo.testing import persons, problems
from rundbrief_brevo.testing.account import DOI_TEMPLATE, Account, ContactList, Undocumented
from rundbrief_brevo.testing.attributes import Attribute
from rundbrief_brevo.testing.call import Call, decoded
from rundbrief_brevo.testing.contact import Contact, phone
from rundbrief_brevo.testing.endpoints import REPORTS_PATH
from rundbrief_brevo.testing.limits import Budget, Window
from rundbrief_brevo.testing.problems import Problem
from rundbrief_brevo.testing.processes import Processes
from rundbrief_brevo.testing.reading import ContactReads
from rundbrief_brevo.testing.routes import route
from rundbrief_brevo.testing.standing import held, status_of
from rundbrief_brevo.testing.state import State

__all__ = ["BrevoSandbox"]

KEY = "xkeysib-0123456789abcdef-sandbox"
KEY_VARIABLE = "RUNDBRIEF_SANDBOX_BREVO_KEY"
TOKEN = "sandbox-access-token"  # noqa: S105  # nosec B105  # opens a sandbox
BASE = "/v3"
HOUR = 3600


class BrevoSandbox(Sandbox):
    """A Brevo account. Consent is account-wide: `recipients` of any list are the whole account's.

    Args:
        clock: the service's time, for limits and processes too.
        enforce_limits: whether `/contacts` has its window of a second. It is off by default, since a clock that
            stands still would never open it again; the two windows of an hour are always there.
        contacts_per_second: requests below `/contacts`, in a second.
        contacts_per_hour: the same, in an hour.
        others_per_hour: all other requests, in an hour. Asking after processes is paid from these.
        polls_until_completed: how many requests find a process unfinished.
        seconds_until_completed: after how long a process is done even if nobody asks.
        import_lifts_blocklist: whether an import that updates a blocklisted contact without `emailBlacklist` makes
            it mailable again; undocumented.
        list_changes_bump_modified: whether joining or leaving a list moves `modifiedAt`; undocumented.
        blocklist_changes_bump_modified: whether blocklisting moves `modifiedAt`; undocumented.
        import_date_format: how dates have to be spelt in imports, for `strptime`; a setting of the account.
        language: in which the account was opened, `en`, `de` or `fr`; its first attributes are named in it.
    """

    access_token = TOKEN
    """May be sent as `Authorization: Bearer` in place of the key."""
    doi_template = DOI_TEMPLATE
    """The id of the one template that double opt-in mails can be sent with."""

    def __init__(
        self,
        clock: Callable[[], datetime] | None = None,
        *,
        enforce_limits: bool = False,
        contacts_per_second: int = 10,
        contacts_per_hour: int = 36_000,
        others_per_hour: int = 100,
        polls_until_completed: int = 2,
        seconds_until_completed: float = 30.0,
        import_lifts_blocklist: bool = True,
        list_changes_bump_modified: bool = False,
        blocklist_changes_bump_modified: bool = True,
        import_date_format: str = "%Y-%m-%d",
        language: str = "en",
    ) -> None:
        super().__init__(clock)
        undocumented = Undocumented(
            import_lifts_blocklist=import_lifts_blocklist,
            list_changes_bump_modified=list_changes_bump_modified,
            blocklist_changes_bump_modified=blocklist_changes_bump_modified,
            import_date_format=import_date_format,
        )

        def now() -> datetime:
            return self.clock()  # anew each time, as the clock may be exchanged

        self.account = Account(now, undocumented, language)
        self.processes = Processes(now, polls_until_completed, seconds_until_completed)
        """Imports under way: `stall` them, let the next ones fail (`fail_next`), or finish all (`run_all`)."""
        self._state = State(self.account, ContactReads(self.account), self.processes)
        per_second = [Window(contacts_per_second, 1)] if enforce_limits else []
        self._contacts_budget = Budget(now, [*per_second, Window(contacts_per_hour, HOUR)])
        self._others_budget = Budget(now, [Window(others_per_hour, HOUR)])

    def settings(self, base_url: str) -> Mapping[str, Any]:
        return {
            "provider": "brevo",
            "api_key": {"env": KEY_VARIABLE},
            "base_url": f"{base_url}{BASE}",
            "poll_seconds": 0.05,
        }

    def environ(self) -> Mapping[str, str]:
        return {KEY_VARIABLE: KEY}

    # --- persons ---------------------------------------------------------------------------------------------

    def subscribe(self, list_id: str, address: str, fields: Mapping[str, str] | None = None) -> None:
        """A person signs up through a form, which also ends a blocklisting of her own."""
        with self.lock:
            persons.sign_up(self.account, self._list(list_id), address, fields or {})

    def confirm(self, list_id: str, address: str) -> None:
        """A person clicks the link in a double opt-in mail.

        Raises:
            LookupError: she has none, or it was about other lists.
        """
        with self.lock:
            persons.confirm(self.account, self._list(list_id), address)

    def unsubscribe(self, list_id: str, address: str) -> None:
        """A person clicks the unsubscribe link of a campaign: she gets no campaign of the account any more."""
        with self.lock:
            persons.opt_out(self.account, *self._found(list_id, address))

    def unsubscribe_from_list_only(self, list_id: str, address: str) -> None:
        """A person leaves one list on a preference page, and stays mailable."""
        with self.lock:
            persons.leave_list(self.account, *self._found(list_id, address))

    def complain(self, list_id: str, address: str) -> None:
        with self.lock:
            _, contact = self._found(list_id, address)
            persons.complain(self.account, contact)

    def bounce(self, list_id: str, address: str) -> None:
        with self.lock:
            _, contact = self._found(list_id, address)
            persons.bounce(self.account, contact)

    def change_address(self, list_id: str, old: str, new: str) -> None:
        with self.lock:
            _, contact = self._found(list_id, old)
            persons.change_address(self.account, contact, new)

    # --- administrators --------------------------------------------------------------------------------------

    def add_list(self, name: str, *, double_opt_in: bool = False) -> str:
        if double_opt_in:
            raise NotOffered("A list of Brevo cannot ask for confirmation; forms and the API can.")
        with self.lock:
            return str(self.account.add_list(name).id)

    def block(self, list_id: str, address: str) -> None:
        """An administrator blocklists a contact."""
        with self.lock:
            _, contact = self._found(list_id, address)
            self.account.block_by_key(contact)

    def archive(self, list_id: str, address: str) -> None:  # noqa: ARG002  # there is nothing to do it to
        raise NotOffered("Brevo has no archive; a contact is there or deleted.")

    def delete(self, list_id: str, address: str) -> None:
        with self.lock:
            _, contact = self._found(list_id, address)
            self.account.delete(contact)

    def add_phone_contact(self, number: str) -> int:
        """Add somebody who is known by a phone number alone, and return the id. Answers have no `email` then."""
        with self.lock:
            return self.account.create(None, {"SMS": phone(number)}).id

    def add_attribute(self, name: str, kind: str = "text") -> None:
        """An administrator defines an attribute: text, date, float or boolean."""
        with self.lock:
            self.account.attributes[name] = Attribute(name, type=kind)

    # --- looking and preparing -------------------------------------------------------------------------------

    def recipients(self, list_id: str) -> Mapping[str, Held]:
        with self.lock:
            found = self._list(list_id)
            return {address_key(one.email): held(one, found.id) for one in self.account.contacts if one.email}

    def status(self, list_id: str, address: str) -> SubscriberStatus:
        with self.lock:
            self._list(list_id)
            contact = self._known(address)
            return status_of(contact) if contact else SubscriberStatus.ABSENT

    @property
    def confirmation_mails(self) -> Sequence[str]:
        with self.lock:
            return list(self.account.confirmation_mails)

    @property
    def notification_mails(self) -> Sequence[int]:
        """The processes whose end the owner was mailed about, as imports do unless told otherwise."""
        with self.lock:
            return list(self.account.notification_mails)

    def seed(self, list_id: str, people: int | Iterable[str]) -> None:
        addresses = [f"person{n}@example.org" for n in range(people)] if isinstance(people, int) else list(people)
        yesterday = self.clock() - timedelta(days=1)
        first, last = self.account.names
        with self.lock:
            persons.seed(
                self.account,
                self._list(list_id),
                (
                    (
                        address,
                        {first: f"Jördis {number}", last: "Müller"},
                        yesterday - timedelta(seconds=10 * (len(addresses) - number)),
                    )
                    for number, address in enumerate(addresses)
                ),
            )

    def _list(self, list_id: str) -> ContactList:
        found = self.account.lists.get(int(list_id)) if list_id.isdigit() else None
        if found is None:
            raise LookupError(f"the sandbox has no list {list_id!r}")
        return found

    def _found(self, list_id: str, address: str) -> tuple[ContactList, Contact]:
        """Return a list and a contact, who need not be on it."""
        found = self._known(address)
        if found is None:
            raise LookupError("the sandbox does not have this address")
        return self._list(list_id), found

    def _known(self, address: str) -> Contact | None:
        return self.account.contacts.known_as("email", address.strip().lower())

    # --- answers ---------------------------------------------------------------------------------------------

    def respond(self, request: SandboxRequest) -> Response:
        self.processes.run_due()
        if request.path.startswith(f"{REPORTS_PATH}/"):
            return self._report(request)
        try:
            _refuse_strangers(request)
        except Problem as problem:
            return _json(problem.status, problem.payload)
        budget = self._budget(request.path)
        response = self._answer_within(budget, request)
        response.headers.update(budget.headers())
        return response

    def _budget(self, path: str) -> Budget:
        is_about_contacts = path == f"{BASE}/contacts" or path.startswith(f"{BASE}/contacts/")
        return self._contacts_budget if is_about_contacts else self._others_budget

    def _answer_within(self, budget: Budget, request: SandboxRequest) -> Response:
        try:
            if not budget.spend():
                raise problems.too_many_requests()
            data = request.get_data()
            call = Call(request.args, decoded(data), len(data), request.host_url.rstrip("/"))
            status, payload = route(self._state, request.method, _below_base(request.path), call)
        except Problem as problem:
            return _json(problem.status, problem.payload)
        return Response(status=status) if payload is None else _json(status, payload)

    def _report(self, request: SandboxRequest) -> Response:
        """Answer as the storage behind a link does: it wants no key, and must not be shown one."""
        if "api-key" in request.headers or "Authorization" in request.headers:
            return Response("Only one auth mechanism allowed", 400, content_type="text/plain")
        number, _, name = request.path.removeprefix(f"{REPORTS_PATH}/").partition("/")
        for process in self.processes:
            if str(process.id) == number and request.args.get("signature") == process.signature:
                report = process.reports.get(name.removesuffix(".csv"))
                if report is not None:
                    return Response(report, content_type="text/csv")
        return Response("Access denied", 403, content_type="text/plain")


def _refuse_strangers(request: SandboxRequest) -> None:
    key, token = request.headers.get("api-key"), request.headers.get("Authorization")
    if key is None and token is None:
        raise problems.unauthorized("authentication not found in headers")
    if key != KEY and token != f"Bearer {TOKEN}":
        raise problems.unauthorized("Key not found")


def _below_base(path: str) -> str:
    if not path.startswith(f"{BASE}/"):
        raise problems.not_found()
    return path.removeprefix(BASE)


def _json(status: int, payload: Any) -> Response:
    return Response(json.dumps(payload), status, content_type="application/json")
