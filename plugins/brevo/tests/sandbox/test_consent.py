"""Consent: one blocklist for the account, and the ways in which it is lost or kept."""

from datetime import UTC, datetime
from typing import Any

import pytest

from rundbrief.models import SubscriberStatus
from rundbrief.testing.sandbox import NotOffered

JO = "jo@example.org"
NEW = "new@example.org"
SUBSCRIBED, UNSUBSCRIBED = SubscriberStatus.SUBSCRIBED, SubscriberStatus.UNSUBSCRIBED
BOUNCED, NEVER, PENDING = SubscriberStatus.BOUNCED, SubscriberStatus.NEVER, SubscriberStatus.PENDING


@pytest.fixture
def blocked(api: Any) -> Any:
    """Jo signed up, and unsubscribed."""
    api.box.subscribe(api.list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    return api


# --- by the API -------------------------------------------------------------------------------------------


def test_a_write_without_the_flag_keeps_the_blocklisting(blocked: Any) -> None:
    blocked.change(JO, attributes={"FIRSTNAME": "Jo"})
    blocked.add(JO, updateEnabled=True, listIds=[blocked.number])
    blocked.batch({"email": JO, "attributes": {"FIRSTNAME": "Jo"}})
    assert blocked.contact(JO)["emailBlacklisted"] is True


def test_false_makes_a_person_mailable_who_had_said_no(blocked: Any) -> None:
    """Trap: a model whose field is false by default is exactly this bug."""
    assert blocked.change(JO, emailBlacklisted=False).status_code == 204
    assert blocked.status(JO) is SUBSCRIBED


def test_false_lifts_it_in_every_kind_of_write(blocked: Any) -> None:
    for write in (
        lambda: blocked.add(JO, updateEnabled=True, emailBlacklisted=False),
        lambda: blocked.batch({"email": JO, "emailBlacklisted": False}),
    ):
        blocked.box.unsubscribe(blocked.list_id, JO)
        assert write().status_code == 204
        assert blocked.status(JO) is SUBSCRIBED


@pytest.mark.parametrize("by_batch", [False, True])
def test_a_new_address_lifts_the_blocklisting_unless_it_comes_along(blocked: Any, by_batch: bool) -> None:
    """Trap, in the vendor's own words: the contact is resubscribed."""

    def move(old: str, new: str, **more: Any) -> None:
        sent = {"attributes": {"EMAIL": new}, **more}
        answer = blocked.batch({"email": old, **sent}) if by_batch else blocked.change(old, **sent)
        assert answer.status_code == 204

    move(JO, NEW, emailBlacklisted=True)
    assert blocked.status(NEW) is UNSUBSCRIBED
    move(NEW, JO)
    assert blocked.status(JO) is SUBSCRIBED


def test_an_address_that_only_changes_its_spelling_lifts_nothing(blocked: Any) -> None:
    blocked.change(JO, attributes={"EMAIL": "JO@example.org"})
    assert blocked.status(JO) is UNSUBSCRIBED


def test_joining_a_list_does_not_lift_it_but_ends_the_unsubscription_from_that_list(blocked: Any) -> None:
    """Trap: taken for the worse, as nobody knows."""
    for write in (
        lambda: blocked.join(JO),
        lambda: blocked.change(JO, listIds=[blocked.number]),
        lambda: blocked.batch({"email": JO, "listIds": [blocked.number]}),
    ):
        blocked.box.unsubscribe_from_list_only(blocked.list_id, JO)
        assert blocked.contact(JO)["listUnsubscribed"] == [blocked.number]
        assert write().is_success
        contact = blocked.contact(JO)
        assert "listUnsubscribed" not in contact
        assert (contact["listIds"], contact["emailBlacklisted"]) == ([blocked.number], True)


def test_who_is_on_the_list_stays_unsubscribed_from_it_when_she_is_added(blocked: Any) -> None:
    assert blocked.join(JO).status_code == 400
    assert blocked.contact(JO)["listUnsubscribed"] == [blocked.number]


def test_deleting_forgets_the_no(blocked: Any) -> None:
    """Trap: whoever is imported again is mailable."""
    assert blocked.delete(f"/contacts/{JO}").status_code == 204
    assert blocked.status(JO) is SubscriberStatus.ABSENT
    blocked.import_({"email": JO})
    assert blocked.status(JO) is SUBSCRIBED


@pytest.mark.parametrize(("lifts", "status"), [(True, SUBSCRIBED), (False, UNSUBSCRIBED)])
def test_an_import_that_updates_may_lift_it(make_api: Any, lifts: bool, status: SubscriberStatus) -> None:
    """Nobody knows, so both can be had; the worse is the default."""
    api = make_api(import_lifts_blocklist=lifts)
    api.box.subscribe(api.list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    api.import_({"email": JO})
    assert api.status(JO) is status


def test_an_import_of_new_contacts_only_leaves_existing_ones_alone(blocked: Any) -> None:
    other = int(blocked.box.add_list("Other"))
    reports = blocked.import_(
        {"email": "Jo@Example.org", "attributes": {"FIRSTNAME": "New"}},
        {"email": NEW},
        updateExistingContacts=False,
        listIds=[other],
    )
    assert reports == {"duplicate_email_id": ["Jo@Example.org"]}
    contact = blocked.contact(JO)
    assert (contact["emailBlacklisted"], contact["listIds"], contact["attributes"]) == (True, [blocked.number], {})
    assert blocked.status(NEW) is SUBSCRIBED


def test_an_import_puts_blocklisted_people_on_the_list(make_api: Any) -> None:
    """Trap: membership is no consent."""
    api = make_api(import_lifts_blocklist=False)
    api.add(JO, emailBlacklisted=True)
    api.import_({"email": JO})
    assert api.addresses(listIds=api.number) == [JO]
    assert api.status(JO) is UNSUBSCRIBED


def test_one_flag_blocklists_a_whole_import(api: Any) -> None:
    api.import_({"email": JO}, {"email": NEW}, emailBlacklist=True)
    assert {api.status(JO), api.status(NEW)} == {UNSUBSCRIBED}


def test_a_blocklisting_by_the_key_is_one_by_the_administrator(api: Any, clock: Any) -> None:
    api.add(JO)
    clock.advance(60)
    api.batch({"email": JO, "emailBlacklisted": True})
    clock.advance(60)
    api.batch({"email": JO, "emailBlacklisted": True})
    events = api.contact(JO)["statistics"]["unsubscriptions"]
    assert events == {
        "userUnsubscription": [],
        "adminUnsubscription": [{"eventTime": "2026-11-23T12:01:00.000Z"}],
    }


# --- by persons -------------------------------------------------------------------------------------------


def test_a_person_who_signs_up_again_lifts_her_own_no(blocked: Any) -> None:
    blocked.box.subscribe(blocked.list_id, "Jo@example.org", {"FIRSTNAME": "Jo"})
    contact = blocked.contact(JO)
    assert (contact["emailBlacklisted"], contact["attributes"]) == (False, {"FIRSTNAME": "Jo"})
    assert "listUnsubscribed" not in contact


def test_unsubscribing_is_for_the_account_and_dated(api: Any) -> None:
    other = api.box.add_list("Other")
    for list_id in (api.list_id, other):
        api.box.subscribe(list_id, JO)
    api.box.unsubscribe(api.list_id, JO)
    contact = api.contact(JO)
    assert (contact["listIds"], contact["listUnsubscribed"]) == ([api.number, int(other)], [api.number])
    (event,) = contact["statistics"]["unsubscriptions"]["userUnsubscription"]
    assert event == {"campaignId": 1, "eventTime": "2026-11-23T12:00:00.000Z", "ip": "198.51.100.7"}
    assert api.box.status(other, JO) is UNSUBSCRIBED


def test_leaving_one_list_is_not_leaving_the_account(api: Any) -> None:
    other = api.box.add_list("Other")
    for list_id in (api.list_id, other):
        api.box.subscribe(list_id, JO)
    api.box.unsubscribe_from_list_only(api.list_id, JO)
    contact = api.contact(JO)
    assert (contact["listIds"], contact["listUnsubscribed"]) == ([int(other)], [api.number])
    assert contact["emailBlacklisted"] is False
    assert not api.box.recipients(api.list_id)[JO].is_member
    assert api.status(JO) is SUBSCRIBED


@pytest.mark.parametrize(
    ("act", "kind", "status"),
    [("complain", "complaints", UNSUBSCRIBED), ("bounce", "hardBounces", BOUNCED)],
)
def test_the_statistics_tell_why_somebody_is_blocklisted(
    api: Any, act: str, kind: str, status: SubscriberStatus
) -> None:
    api.box.subscribe(api.list_id, JO)
    getattr(api.box, act)(api.list_id, JO)
    contact = api.contact(JO)
    assert contact["emailBlacklisted"] is True
    assert contact["statistics"][kind] == [{"campaignId": 1, "eventTime": "2026-11-23T12:00:00.000Z"}]
    assert api.status(JO) is status


def test_a_no_outweighs_a_bounce(api: Any) -> None:
    """The flag is the same for both, and the statistics are all there is to tell them apart."""
    for first, second in (("bounce", "unsubscribe"), ("unsubscribe", "bounce")):
        api.box.subscribe(api.list_id, JO)
        getattr(api.box, first)(api.list_id, JO)
        getattr(api.box, second)(api.list_id, JO)
        assert api.status(JO) is UNSUBSCRIBED
        api.box.delete(api.list_id, JO)


def test_statistics_reach_back_90_days_unless_asked_for(blocked: Any, clock: Any) -> None:
    """Trap: after that a bounce looks like the only reason."""
    clock.advance(100 * 86_400)
    blocked.box.bounce(blocked.list_id, JO)

    def unsubscriptions(path: str, **query: str) -> int:
        answer = blocked.get(path, params=query).raise_for_status().json()
        return len(answer.get("statistics", answer)["unsubscriptions"]["userUnsubscription"])

    then = {"startDate": "2026-11-20", "endDate": "2026-12-20"}
    for path in (f"/contacts/{JO}", f"/contacts/{JO}/campaignStats"):
        assert unsubscriptions(path) == 0
        assert unsubscriptions(path, **then) == 1
    assert blocked.status(JO) is UNSUBSCRIBED


@pytest.mark.parametrize(
    "query",
    [
        {"startDate": "2026-01-01"},
        {"endDate": "2026-01-01"},
        {"startDate": "2026-02-01", "endDate": "2026-01-01"},
        {"startDate": "2026-01-01", "endDate": "2026-11-01"},
        {"startDate": "soon", "endDate": "later"},
    ],
)
def test_spans_of_statistics_that_are_refused(api: Any, query: dict[str, str]) -> None:
    api.add(JO)
    assert api.get(f"/contacts/{JO}/campaignStats", params=query).status_code == 400


def test_a_person_who_changes_her_address_keeps_her_no(blocked: Any) -> None:
    blocked.box.change_address(blocked.list_id, JO, "New@example.org")
    assert blocked.status(NEW) is UNSUBSCRIBED
    assert blocked.status(JO) is SubscriberStatus.ABSENT


def test_an_administrator_blocks(api: Any) -> None:
    api.box.subscribe(api.list_id, JO)
    api.box.block(api.list_id, JO)
    assert len(api.contact(JO)["statistics"]["unsubscriptions"]["adminUnsubscription"]) == 1
    assert api.status(JO) is UNSUBSCRIBED


def test_what_the_service_does_not_have(api: Any) -> None:
    with pytest.raises(NotOffered, match="archive"):
        api.box.archive(api.list_id, JO)
    with pytest.raises(NotOffered, match="confirmation"):
        api.box.add_list("Careful", double_opt_in=True)


def test_acts_on_whom_the_account_does_not_have(api: Any) -> None:
    with pytest.raises(LookupError, match="address"):
        api.box.unsubscribe(api.list_id, JO)
    with pytest.raises(LookupError, match="list"):
        api.box.subscribe("99", JO)


# --- double opt-in ----------------------------------------------------------------------------------------


def ask(api: Any, **more: Any) -> int:
    body = {
        "email": JO,
        "includeListIds": [api.number],
        "templateId": api.box.doi_template,
        "redirectionUrl": "https://example.org/",
        **more,
    }
    return api.post("/contacts/doubleOptinConfirmation", json=body).status_code


def test_nobody_is_a_contact_before_the_click(api: Any) -> None:
    assert ask(api, attributes={"FIRSTNAME": "Jo"}) == 201
    assert api.box.confirmation_mails == [JO]
    assert api.get(f"/contacts/{JO}").status_code == 404
    assert api.box.recipients(api.list_id) == {}
    api.box.confirm(api.list_id, JO)
    contact = api.contact(JO)
    assert contact["attributes"] == {"FIRSTNAME": "Jo", "DOUBLE_OPT-IN": "1", "OPT_IN": True}
    assert api.status(JO) is SUBSCRIBED


def test_a_click_ends_a_blocklisting_and_the_mail_alone_does_not(blocked: Any) -> None:
    assert ask(blocked) == 204
    assert blocked.status(JO) is UNSUBSCRIBED
    blocked.box.confirm(blocked.list_id, JO)
    assert blocked.status(JO) is SUBSCRIBED


def test_a_click_takes_off_the_excluded_lists(api: Any) -> None:
    other = api.box.add_list("Other")
    api.box.subscribe(other, JO)
    ask(api, excludeListIds=[int(other)])
    api.box.confirm(api.list_id, JO)
    assert api.contact(JO)["listIds"] == [api.number]


def test_a_click_counts_once_and_for_its_list(api: Any) -> None:
    other = api.box.add_list("Other")
    ask(api)
    with pytest.raises(LookupError):
        api.box.confirm(other, JO)
    api.box.confirm(api.list_id, JO)
    with pytest.raises(LookupError):
        api.box.confirm(api.list_id, JO)


@pytest.mark.parametrize(
    "wrong",
    [{"templateId": 7}, {"templateId": None}, {"includeListIds": [99]}, {"redirectionUrl": ""}, {"email": "x"}],
)
def test_requests_for_a_confirmation_that_are_refused(api: Any, wrong: dict[str, Any]) -> None:
    assert ask(api, **wrong) == 400
    assert api.box.confirmation_mails == []


# --- what the sandbox tells the tests ---------------------------------------------------------------------


def test_everybody_of_the_account_is_a_recipient_of_every_list(api: Any) -> None:
    other = api.box.add_list("Other")
    api.box.subscribe(other, "Elsewhere@example.org")
    api.add("nowhere@example.org")
    api.add("pending@example.org", listIds=[api.number], attributes={"DOUBLE_OPT-IN": 2})
    api.box.add_phone_contact("+43664123456")
    held = api.box.recipients(api.list_id)
    assert {address: (one.status, one.is_member) for address, one in held.items()} == {
        "elsewhere@example.org": (SUBSCRIBED, False),
        "nowhere@example.org": (NEVER, False),
        "pending@example.org": (PENDING, True),
    }


def test_evidence_is_what_a_client_kept_or_else_none(api: Any) -> None:
    api.box.add_attribute("OPT_IN_DATE", "date")
    api.box.add_attribute("OPT_IN_SOURCE")
    api.add(JO, attributes={"OPT_IN_DATE": "2020-02-02", "OPT_IN_SOURCE": "fair"})
    api.add(NEW)
    held = api.box.recipients(api.list_id)
    assert (held[JO].evidence.at, held[JO].evidence.source) == (datetime(2020, 2, 2, tzinfo=UTC), "fair")
    assert held[NEW].evidence.at is None
    assert held[NEW].remote_id == str(api.contact(NEW)["id"])


def test_seeded_people_are_of_the_past(api: Any) -> None:
    api.box.seed(api.list_id, ["Anna@example.org", "bela@example.org"])
    assert api.addresses(sort="asc", listIds=api.number) == ["anna@example.org", "bela@example.org"]
    assert api.addresses(modifiedSince="2026-11-22T12:00:00.000Z") == []
    assert api.contact("anna@example.org")["createdAt"] < "2026-11-22T12:00:00.000Z"
