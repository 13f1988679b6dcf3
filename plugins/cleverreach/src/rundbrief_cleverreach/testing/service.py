"""The sandbox: CleverReach's HTTP, and the ways to act as a person or an administrator."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from rundbrief.models import SubscriberStatus, address_key
from rundbrief.testing.sandbox import Held, NotOffered, Sandbox, SandboxRequest
from rundbrief_cleverreach.testing import persons
from rundbrief_cleverreach.testing.account import Account
from rundbrief_cleverreach.testing.blacklist import Entry
from rundbrief_cleverreach.testing.call import Call, decoded
from rundbrief_cleverreach.testing.group import Group
from rundbrief_cleverreach.testing.problems import Problem, not_found, too_large, unauthorized
from rundbrief_cleverreach.testing.reading import ReceiverReads
from rundbrief_cleverreach.testing.receiver import Receiver
from rundbrief_cleverreach.testing.routes import finds_receivers, is_bulk, route
from rundbrief_cleverreach.testing.standing import everybody, status_of
from rundbrief_cleverreach.testing.state import State
from rundbrief_cleverreach.testing.token_endpoint import hand_out
from rundbrief_cleverreach.testing.tokens import CLIENT_ID, CLIENT_SECRET, Tokens

__all__ = ["CleverReachSandbox"]

ID_VARIABLE = "RUNDBRIEF_SANDBOX_CLEVERREACH_ID"
SECRET_VARIABLE = "RUNDBRIEF_SANDBOX_CLEVERREACH_SECRET"  # noqa: S105  # nosec B105  # a name
BASE = "/v3"
TOKEN_PATH = "/oauth/token.php"  # noqa: S105  # nosec B105  # a path
PING = f"{BASE}/debug/ping"
DAY = 86_400


class CleverReachSandbox(Sandbox):
    """A CleverReach account.

    Args:
        clock: the service's time, for tokens too.
        token_seconds: for how long an access token is good. Installations report 30 days.
        auto_blacklist: the account's option to blacklist and delete everybody who unsubscribes.
        blacklist_follows_address: whether an entry goes along when an address is changed; undocumented. If
            not, the change makes a blacklisted receiver reachable. The account's entry stays as well while another
            group has the old address.
        empty_is_204: whether a read of receivers that finds nobody has no body at all; both have been seen.
        max_rows: rows of one bulk write beyond which it answers 413.
        max_bytes: bytes of one bulk write beyond which the web server answers 413, in HTML; undocumented.
        max_attributes: how many global attributes there may be, and how many for each group.
    """

    def __init__(
        self,
        clock: Callable[[], datetime] | None = None,
        *,
        token_seconds: int = 30 * DAY,
        auto_blacklist: bool = False,
        blacklist_follows_address: bool = False,
        empty_is_204: bool = False,
        max_rows: int = 1000,
        max_bytes: int = 1_000_000,
        max_attributes: int = 40,
    ) -> None:
        super().__init__(clock)
        self.empty_is_204 = empty_is_204
        self.max_rows = max_rows
        self.max_bytes = max_bytes
        self.account = Account(
            # Both ask for the time anew each time, as the clock may be exchanged.
            lambda: int(self.clock().timestamp()),
            auto_blacklist=auto_blacklist,
            blacklist_follows_address=blacklist_follows_address,
            max_attributes=max_attributes,
        )
        self.tokens = Tokens(lambda: self.clock(), token_seconds)
        self._state = State(self.account, ReceiverReads(self.account), self.tokens)

    def settings(self, base_url: str) -> Mapping[str, Any]:
        return {
            "provider": "cleverreach",
            "client_id": {"env": ID_VARIABLE},
            "client_secret": {"env": SECRET_VARIABLE},
            "base_url": base_url,
        }

    def environ(self) -> Mapping[str, str]:
        return {ID_VARIABLE: CLIENT_ID, SECRET_VARIABLE: CLIENT_SECRET}

    # --- persons ---------------------------------------------------------------------------------------------

    def subscribe(self, list_id: str, address: str, fields: Mapping[str, str] | None = None) -> None:
        """A person signs up through a form, which asks for attributes that exist.

        It is her own act: after an unsubscribe or complaint it makes her active again, and takes the address off
        the blacklist where only that had put it; on a double opt-in list both wait for the confirmation. Nothing
        happens for an address that an administrator blacklisted.

        Raises:
            LookupError: there is no attribute of one of the names.
        """
        with self.lock:
            group = self._group(list_id)
            unknown = [
                name
                for name in fields or {}
                if name not in group.attributes and name not in self.account.attributes
            ]
            if unknown:
                raise LookupError(f"the sandbox has no attribute {unknown[0]!r}")
            persons.sign_up(self.account, group, address.strip(), fields or {})

    def confirm(self, list_id: str, address: str) -> None:
        with self.lock:
            persons.confirm(self.account, *self._found(list_id, address))

    def unsubscribe(self, list_id: str, address: str) -> None:
        """A person clicks the unsubscribe link; what that does depends on the account's `auto_blacklist`."""
        with self.lock:
            persons.opt_out(self.account, *self._found(list_id, address))

    def complain(self, list_id: str, address: str) -> None:
        with self.lock:
            persons.complain(self.account, *self._found(list_id, address))

    def bounce(self, list_id: str, address: str) -> None:
        with self.lock:
            persons.bounce(self.account, self._found(list_id, address)[1])

    def change_address(self, list_id: str, old: str, new: str) -> None:
        with self.lock:
            self.account.rename(self._found(list_id, old)[1], new)

    # --- the account's owner and administrators --------------------------------------------------------------

    def authorize(self) -> str:
        """The owner allows the app: return the authorization code that the browser brings back, good once."""
        with self.lock:
            return self.tokens.authorize()

    def connect(self) -> str:
        """The owner allows the app, and the code was exchanged: return the refresh token that came of it."""
        with self.lock:
            return str(self.tokens.pair()["refresh_token"])

    def expire_tokens(self) -> None:
        """Every access token is refused from now on, whatever its time."""
        with self.lock:
            self.tokens.expire_all()

    def add_list(self, name: str, *, double_opt_in: bool = False) -> str:
        """Make a list. Double opt-in is a matter of its form: no answer of the API tells of it."""
        with self.lock:
            return str(self.account.add_group(name, double_opt_in=double_opt_in).id)

    def add_attribute(self, name: str, kind: str = "text", *, list_id: str | None = None) -> None:
        """An administrator defines an attribute, global or (`list_id`) of one list."""
        with self.lock:
            known = self._group(list_id).attributes if list_id else self.account.attributes
            known.add(self.account.next_attribute_id(), {"name": name, "type": kind})

    def block(self, list_id: str, address: str) -> None:
        """An administrator blacklists an address for the whole account. The receiver looks the same as before."""
        with self.lock:
            self._found(list_id, address)
            self.blacklist(address)

    def blacklist(self, pattern: str, *, list_id: str | None = None) -> None:
        """An administrator blacklists an address or `*@domain`, for the account or (`list_id`) for one list."""
        with self.lock:
            blacklist = self._group(list_id).blacklist if list_id else self.account.blacklist
            blacklist.remove(pattern)  # it is the administrator's from now on
            blacklist.add(Entry(pattern, "by an administrator", self.account.now()))

    def archive(self, list_id: str, address: str) -> None:  # noqa: ARG002  # there is nothing to do it to
        raise NotOffered("CleverReach has no archive; a receiver is there or deleted.")

    def delete(self, list_id: str, address: str) -> None:
        """An administrator deletes a receiver. An entry on the blacklist stays, also if there is nothing else."""
        with self.lock:
            if self.status(list_id, address) is SubscriberStatus.ABSENT:
                raise LookupError(f"list {list_id!r} of the sandbox does not have this address")
            receiver = self._group(list_id).get(address_key(address))
            if receiver is not None:
                self.account.delete(receiver)

    def is_search(self, method: str, path: str) -> bool:
        return method == "POST" and path.endswith(("/receivers/filter", "/receivers/filter.json", "/token.php"))

    # --- looking and preparing -------------------------------------------------------------------------------

    def recipients(self, list_id: str) -> Mapping[str, Held]:
        """Return all receivers, and former ones whose address is on a blacklist."""
        with self.lock:
            return dict(everybody(self.account, self._group(list_id)))

    def status(self, list_id: str, address: str) -> SubscriberStatus:
        with self.lock:
            return status_of(self.account, self._group(list_id), address)

    @property
    def confirmation_mails(self) -> Sequence[str]:
        with self.lock:
            return list(self.account.confirmation_mails)

    def seed(self, list_id: str, people: int | Iterable[str]) -> None:
        addresses = [f"person{n}@example.org" for n in range(people)] if isinstance(people, int) else list(people)
        with self.lock:
            yesterday = self.account.now() - DAY
            persons.seed(
                self.account,
                self._group(list_id),
                (
                    (
                        address,
                        {"firstname": f"Jördis {number}", "lastname": "Müller"},
                        yesterday - 10 * (len(addresses) - number),
                    )
                    for number, address in enumerate(addresses)
                ),
            )

    def _group(self, list_id: str) -> Group:
        group = self.account.groups.get(int(list_id)) if list_id.isdecimal() else None
        if group is None:
            raise LookupError(f"the sandbox has no list {list_id!r}")
        return group

    def _found(self, list_id: str, address: str) -> tuple[Group, Receiver]:
        group = self._group(list_id)
        receiver = group.get(address_key(address))
        if receiver is None:
            raise LookupError(f"list {list_id!r} of the sandbox does not have this address")
        return group, receiver

    # --- answers ---------------------------------------------------------------------------------------------

    def respond(self, request: SandboxRequest) -> Response:
        if request.path == TOKEN_PATH:
            return hand_out(self.tokens, request)
        if request.path in (PING, f"{BASE}/debug.json/ping"):
            return _json(200, "pong")
        try:
            return self._answer_to(request)
        except Problem as problem:
            return _json(problem.status, problem.payload)

    def _answer_to(self, request: SandboxRequest) -> Response:
        token = self._token(request)
        path = _below_base(request.path)
        data = request.get_data()
        if is_bulk(path) and len(data) > self.max_bytes:
            return Response("<html><body>413</body></html>", 413, content_type="text/html")
        call = Call(request.args.to_dict(), decoded(data), token)
        if is_bulk(path) and isinstance(call.body, list) and len(call.body) > self.max_rows:
            raise too_large()
        payload = route(self._state, request.method, path, call)
        if payload == [] and self.empty_is_204 and finds_receivers(path):
            return Response(status=204)
        return _json(200, payload)

    def _token(self, request: SandboxRequest) -> str:
        """Return the access token of a request.

        Raises:
            Problem: 401, there is none, or it is not good any more.
        """
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        token = value if scheme.lower() == "bearer" else request.args.get("token", "")
        if not self.tokens.remaining(token):
            raise unauthorized("invalid or expired token" if token else "")
        return token


def _below_base(path: str) -> str:
    if not path.startswith(f"{BASE}/"):
        raise not_found()
    return path.removeprefix(BASE)


def _json(status: int, payload: Any) -> Response:
    return Response(json.dumps(payload), status, content_type="application/json; charset=utf-8")
