"""Reading: pages, orders, filters, and times."""

from typing import Any

import pytest

JO = "jo@example.org"


def person(number: int) -> str:
    return f"person{number}@example.org"


def test_a_page_has_50_contacts_unless_asked_for_more_and_1000_at_most(api: Any) -> None:
    """Trap: the default is fifty."""
    api.box.seed(api.list_id, 1200)
    answer = api.get("/contacts").json()
    assert (len(answer["contacts"]), answer["count"]) == (50, 1200)
    assert len(api.addresses(limit=1000, offset=0)) == 1000
    assert len(api.addresses(limit=1000, offset=1000)) == 200
    assert api.get("/contacts", params={"limit": 1001}).json()["code"] == "out_of_range"


def test_a_page_of_a_list_has_500_at_most(api: Any) -> None:
    api.box.seed(api.list_id, 600)
    path = f"{api.list}/contacts"
    assert len(api.addresses(path)) == 50
    assert len(api.addresses(path, limit=500)) == 500
    assert api.get(path, params={"limit": 501}).status_code == 400


def test_lists_come_ten_at_a_time_and_50_at_most(api: Any) -> None:
    for number in range(60):
        api.box.add_list(f"List {number}")
    answer = api.get("/contacts/lists").json()
    assert (len(answer["lists"]), answer["count"]) == (10, 61)
    assert answer["lists"][0]["name"] == "List 59"
    assert len(api.get("/contacts/lists", params={"limit": 50}).json()["lists"]) == 50
    assert api.get("/contacts/lists", params={"limit": 51}).status_code == 400


def test_the_newest_contact_comes_first_so_that_a_new_one_shifts_the_pages(api: Any) -> None:
    """Trap: who reads on by offset gets somebody twice, unless it is sorted the other way."""
    api.box.seed(api.list_id, 4)
    assert api.addresses(limit=2) == [person(3), person(2)]
    api.add(JO)
    assert api.addresses(limit=2, offset=2) == [person(2), person(1)]
    assert api.addresses(limit=2, offset=2, sort="asc") == [person(2), person(3)]
    assert api.get("/contacts", params={"sort": "up"}).status_code == 400


def test_a_deleted_contact_pulls_the_later_ones_up(api: Any) -> None:
    """Trap: sorted by creation, the next page begins one too late."""
    api.box.seed(api.list_id, 4)
    assert api.addresses(limit=2, sort="asc") == [person(0), person(1)]
    api.box.delete(api.list_id, person(0))
    assert api.addresses(limit=2, offset=2, sort="asc") == [person(3)]


def test_contacts_of_some_lists(api: Any) -> None:
    other = int(api.box.add_list("Other"))
    for name, lists in (("both", [api.number, other]), ("one", [other]), ("none", [])):
        api.add(f"{name}@example.org", listIds=lists)
    assert api.addresses(listIds=api.number) == ["both@example.org"]
    assert api.addresses(listIds=[api.number, other]) == ["one@example.org", "both@example.org"]
    assert api.addresses(listIds=f"{api.number},{other}", sort="asc") == ["both@example.org", "one@example.org"]
    assert len(api.addresses()) == 3


def test_contacts_by_their_ids(api: Any) -> None:
    api.box.seed(api.list_id, 30)
    assert api.addresses(ids=[2, 5], sort="asc") == [person(1), person(4)]
    assert api.get("/contacts", params={"ids": list(range(1, 22))}).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {"listIds": "99"},
        {"listIds": "all"},
        {"segmentId": "1"},
        {"segmentId": "1", "listIds": "2"},
        {"offset": "-1"},
        {"limit": "many"},
        {"filter": 'like(FIRSTNAME,"Jo")'},
        {"filter": 'equals(NO_SUCH,"Jo")'},
        {"modifiedSince": "yesterday"},
        {"createdSince": "2026-13-01T00:00:00.000Z"},
    ],
)
def test_reads_that_are_refused(api: Any, query: dict[str, str]) -> None:
    assert api.get("/contacts", params=query).status_code == 400


def test_contacts_by_an_attribute(api: Any) -> None:
    api.add(JO, attributes={"FIRSTNAME": "Jo", "DOUBLE_OPT-IN": "Yes", "OPT_IN": True})
    api.add("mo@example.org", attributes={"FIRSTNAME": "Mo", "DOUBLE_OPT-IN": 2})
    for condition in ('equals(FIRSTNAME,"Jo")', 'equals(DOUBLE_OPT-IN, "1")', 'equals(DOUBLE_OPT-IN,"Yes")'):
        assert api.addresses(filter=condition) == [JO], condition
    assert api.addresses(filter="equals(OPT_IN, true)") == [JO]


def test_a_time_finds_what_is_later(api: Any, clock: Any) -> None:
    api.add("early@example.org")
    clock.advance(0.001)
    api.add("late@example.org")
    assert api.contact("late@example.org")["createdAt"] == "2026-11-23T12:00:00.001Z"
    for name in ("createdSince", "modifiedSince"):
        assert api.addresses(**{name: "2026-11-23T12:00:00.000Z"}) == ["late@example.org"]
        assert api.addresses(**{name: "2026-11-23T13:00:00.000+01:00"}) == ["late@example.org"]
    assert api.addresses(f"{api.list}/contacts", modifiedSince="2026-11-23T11:00:00.000Z") == []


def test_a_time_without_a_zone_is_the_accounts(api: Any) -> None:
    """Trap: the account lives behind UTC, so the read begins too late."""
    api.add(JO)
    assert api.addresses(modifiedSince="2026-11-23T11:00:00.000Z") == [JO]
    assert api.addresses(modifiedSince="2026-11-23T11:00:00.000") == []


def test_a_plus_that_was_not_encoded_is_an_error(api: Any) -> None:
    """Trap: it arrives as a blank."""
    path = "http://brevo.test/v3/contacts?modifiedSince=2026-11-23T12:00:00.000"
    assert api.get(f"{path}%2B00:00").status_code == 200
    assert api.get(f"{path}+00:00").status_code == 400


def test_what_moves_the_time_of_the_last_change(api: Any, clock: Any) -> None:
    """Trap: of joining a list an incremental read knows nothing."""
    api.add(JO)

    def is_seen(act: Any) -> bool:
        since = clock().isoformat(timespec="milliseconds")
        clock.advance(60)
        act()
        return bool(api.addresses(modifiedSince=since))

    assert not is_seen(lambda: api.join(JO))
    assert not is_seen(lambda: api.box.unsubscribe_from_list_only(api.list_id, JO))
    assert is_seen(lambda: api.change(JO, attributes={"FIRSTNAME": "Jo"}))
    assert is_seen(lambda: api.box.unsubscribe(api.list_id, JO))
    assert is_seen(lambda: api.change(JO, emailBlacklisted=False))


@pytest.mark.parametrize("seen", [False, True])
def test_which_changes_are_seen_can_be_chosen(make_api: Any, clock: Any, seen: bool) -> None:
    api = make_api(list_changes_bump_modified=seen, blocklist_changes_bump_modified=seen)
    for address in ("joins@example.org", "leaves@example.org"):
        api.add(address)
    clock.advance(60)
    api.join("joins@example.org")
    api.box.unsubscribe(api.list_id, "leaves@example.org")
    assert len(api.addresses(modifiedSince="2026-11-23T12:00:30.000Z")) == (2 if seen else 0)


def test_somebody_with_a_phone_number_alone_has_no_address(api: Any) -> None:
    """Trap: `email` is not even null."""
    contact_id = api.box.add_phone_contact("+43 664 123456")
    (contact,) = api.get("/contacts").json()["contacts"]
    assert "email" not in contact
    assert contact["attributes"] == {"SMS": "43664123456"}
    assert api.get(f"/contacts/{contact_id}").json()["id"] == contact_id
    assert api.get("/contacts/0043664123456").json()["id"] == contact_id


def test_a_contact_is_found_by_what_identifies_it(api: Any) -> None:
    api.add(JO, ext_id="K-1", attributes={"WHATSAPP": "+43664123456", "SMS": "+43664123457"})
    for kind, value in (
        ("email_id", "JO@example.org"),
        ("contact_id", "1"),
        ("ext_id", "K-1"),
        ("whatsapp_id", "+43664123456"),
        ("phone_id", "43664123457"),
    ):
        answer = api.get(f"/contacts/{value}", params={"identifierType": kind})
        assert answer.json()["email"] == JO, kind
    assert api.contact("JO%40example.org")["attributes"]["EXT_ID"] == "K-1"
    assert api.get("/contacts/K-1").status_code == 400
    assert api.get("/contacts/1", params={"identifierType": "name"}).status_code == 400
    assert api.get("/contacts/99").json() == {"code": "document_not_found", "message": "Contact does not exist"}


def test_a_list_tells_one_number(api: Any) -> None:
    """Trap: the other two are retired."""
    api.box.seed(api.list_id, 3)
    shown = api.get(api.list).json()
    assert (shown["uniqueSubscribers"], shown["totalSubscribers"], shown["totalBlacklisted"]) == (3, 0, 0)
    assert api.get("/contacts/lists/99").status_code == 404
