"""The sandbox tells the truth: asked the same, it answers as the real server does."""

import re

import httpx
import pytest
from mailman_in_a_box import MailmanInABox
from rundbrief_mailman.testing import MailmanSandbox

LEFT_OUT = {"http_etag", "when", "registered_on", "verified_on", "self_link"}
"""What differs by its nature, and the links that the plugin does not follow."""

MEMBERS = [f"person{number}@example.org" for number in range(7)]
WAITING = {"list_id": "list2.lists.example.org", "subscriber": "Anna@example.org", "display_name": "Anna"}
OPEN = "list1.lists.example.org"


def questions() -> list[tuple[str, str, object]]:
    """Return method, path and body; `{name}` stands for an id that an answer before has brought."""
    signed_up = [
        ("POST", "/members", {"list_id": OPEN, "subscriber": one, "pre_verified": True}) for one in MEMBERS
    ]
    return [
        ("GET", f"/lists/{OPEN}/roster/member?count=5&page=1", None),
        *signed_up,
        ("POST", "/members", {"list_id": OPEN, "subscriber": "person0@example.org", "pre_verified": True}),
        ("POST", "/members", {"list_id": OPEN, "subscriber": "two@signs@example.org", "pre_verified": True}),
        ("POST", "/members", {"list_id": OPEN, "subscriber": "nobody"}),
        ("POST", "/members", {"list_id": OPEN, "subscriber": "müller@example.org"}),
        ("POST", "/members", {"list_id": OPEN, "subscriber": "list1@lists.example.org"}),
        ("POST", "/members", {"list_id": OPEN, "subscriber": "banned@example.org"}),
        ("POST", "/members", {"list_id": "none.lists.example.org", "subscriber": "a@example.org"}),
        ("POST", "/members", {"list_id": OPEN}),
        ("POST", "/members", {"list_id": OPEN, "subscriber": "unverified@example.org"}),
        ("GET", f"/lists/{OPEN}/requests", None),
        ("GET", f"/lists/{OPEN}/roster/member?count=3&page=2", None),
        ("GET", f"/lists/{OPEN}/roster/member?count=3&page=9", None),
        ("GET", f"/lists/{OPEN}/roster/member?count=3", None),
        ("GET", "/members/find?subscriber=person0@example.org", None),
        ("GET", f"/members/find?list_id={OPEN}&role=member&delivery_status=by_user&fields=member_id", None),
        ("GET", f"/members/find?list_id={OPEN}&role=member&delivery_status=enabled&fields=email", None),
        ("GET", f"/members/find?list_id={OPEN}&role=member&delivery_status=none", None),
        ("GET", f"/lists/{OPEN}/config/subscription_policy", None),
        ("GET", f"/lists/{OPEN}/bans/banned@example.org", None),
        ("GET", f"/lists/{OPEN}/bans/person0@example.org", None),
        ("GET", "/addresses/PERSON0@example.org", None),
        ("GET", "/addresses/nobody@example.org", None),
        ("PATCH", "/addresses/person0@example.org", {"display_name": "Person"}),
        ("PATCH", "/addresses/nobody@example.org", {"display_name": "Nobody"}),
        ("GET", "/addresses/person0@example.org", None),
        ("POST", "/addresses/nobody@example.org/verify", None),
        ("POST", "/members", WAITING),
        ("POST", "/members", WAITING),
        ("GET", f"/lists/{WAITING['list_id']}/requests?request_type=subscription", None),
        ("GET", f"/lists/{WAITING['list_id']}/requests?token_owner=moderator", None),
        ("POST", f"/lists/{WAITING['list_id']}/requests/{{token}}", {"action": "something"}),
        ("POST", f"/lists/{WAITING['list_id']}/requests/{{token}}", {"action": "accept"}),
        ("POST", f"/lists/{WAITING['list_id']}/requests/{{token}}", {"action": "discard"}),
        ("GET", f"/lists/{WAITING['list_id']}/roster/member", None),
        ("GET", "/members/{member_id}", None),
        ("PATCH", "/members/{member_id}", {"address": "nobody@example.org"}),
        ("PATCH", "/members/{member_id}", {"address": "unverified@example.org"}),
        ("PATCH", "/members/{member_id}", {"address": "person1@example.org"}),
        ("POST", "/users/{user_id}/addresses", {"email": "nobody"}),
        ("POST", "/users/{user_id}/addresses", {"email": "person1@example.org"}),
        ("POST", "/users/{user_id}/addresses", {"email": "anna@example.org"}),
        ("POST", "/users/{user_id}/addresses", {"email": "Anna@example.net"}),
        ("POST", "/addresses/anna@example.net/verify", None),
        ("PATCH", "/members/{member_id}", {"address": "anna@example.net"}),
        ("GET", f"/lists/{WAITING['list_id']}/roster/member", None),
        ("DELETE", f"/lists/{OPEN}/roster/member", {"emails": ["Person1@example.org", "person2@example.org"]}),
        ("DELETE", f"/lists/{OPEN}/roster/member", {"emails": []}),
        ("DELETE", f"/lists/{OPEN}/roster/member", {}),
        ("GET", f"/lists/{OPEN}/roster/member", None),
        ("GET", "/addresses/person2@example.org", None),
        ("GET", "/members/find?subscriber=person2@example.org", None),
        ("POST", "/members", {"list_id": OPEN, "subscriber": "person2@example.org", "invitation": True}),
        (
            "POST",
            "/members",
            {"list_id": "list3.lists.example.org", "subscriber": "c@example.org", "pre_verified": True},
        ),
        ("GET", "/members/nobody", None),
        ("GET", "/lists/none.lists.example.org/roster/member", None),
        ("GET", "/lists/none.lists.example.org/config/subscription_policy", None),
        ("GET", "/nothing", None),
        ("GET", "/domains", None),
        ("GET", "/lists", None),
    ]


class Asked:
    """Ask one of the two, and remember the ids that it has brought."""

    def __init__(self, box: MailmanSandbox | MailmanInABox, base_url: str, client: httpx.Client) -> None:
        self._base_url, self._client = f"{base_url}/3.1", client
        self._auth = ("restadmin", box.environ()["MAILMAN_PASSWORD"])
        self._ids = {"token": "", "member_id": "", "user_id": ""}

    def answer(self, method: str, path: str, body: object) -> object:
        path = re.sub(r"\{(\w+)\}", lambda found: self._ids[found[1]], path)
        response = self._client.request(method, self._base_url + path, json=body, auth=self._auth)
        answer = response.json() if response.content else None
        if isinstance(answer, dict):
            self._remember(answer)
        location = re.sub(r"[0-9a-f]{32}$", "ID", response.headers.get("location", "").partition("/3.1")[2])
        return response.status_code, location, _alike(answer)

    def _remember(self, answer: dict) -> None:
        for row in (answer, *answer.get("entries", [])):
            self._ids |= {key: row[key] for key in ("token", "member_id") if key in row}
            if "user" in row:
                self._ids["user_id"] = row["user"].rpartition("/")[2]


def _alike(answer: object) -> object:
    match answer:
        case dict():
            return {key: _alike(value) for key, value in answer.items() if key not in LEFT_OUT}
        case list():
            return [_alike(one) for one in answer]
        case str():
            return re.sub(r"^http://[^/]+|[0-9a-f]{40}|[0-9a-f]{32}", "~", answer)
    return answer


@pytest.fixture
def both(mailman):
    sandbox, server = MailmanSandbox(), MailmanInABox(mailman)
    for box in (sandbox, server):
        for policy in ("open", "moderate", "confirm"):
            box.add_list_with(policy, policy.title())
        box.ban(OPEN, "banned@example.org")
    with sandbox.serve() as base_url:
        yield Asked(sandbox, base_url, mailman.client), Asked(server, mailman.root, mailman.client)


def test_asked_the_same_they_answer_the_same(both) -> None:
    sandbox, server = both
    told = [(question, sandbox.answer(*question), server.answer(*question)) for question in questions()]
    assert [one for one in told if one[1] != one[2]] == []
