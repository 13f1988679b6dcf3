"""Writing opt-ins and new parties: one request each, nothing else touched, nothing lost, nothing doubled."""

from datetime import UTC, datetime
from typing import Any

import pytest

from rundbrief.errors import PermissionMissing, ProtocolError, SettingsError, SignInAgain
from rundbrief.models import CrmOptIn, NewContact, OptIn, OptInChange, OptInField, Selection
from rundbrief.testing import faults
from rundbrief.testing.faults import answer_with, wrong_typed

KEY, OTHER = "news/1001", "news/1002"
YES, NO, UNKNOWN = OptIn.YES, OptIn.NO, OptIn.UNKNOWN
SAID = CrmOptIn(YES, datetime(2026, 11, 23, 9, 30, tzinfo=UTC), "Mailchimp, list Kundenbrief: sign-up form")
PUT = {"method": "PUT", "path": "/party/id/"}


def change(contact_id: str, expected: OptIn = UNKNOWN, opt_in: CrmOptIn = SAID, key: str = KEY) -> OptInChange:
    return OptInChange(contact_id, key, expected, opt_in)


def opt_in(office: Any, contact_id: str, key: str = KEY) -> OptIn:
    return office.box.contacts()[contact_id].opt_ins.get(key, UNKNOWN)  # type: ignore[no-any-return]


@pytest.fixture
def ann(office: Any) -> str:
    return str(office.add("ann@example.org", first_name="Ann", city="Köln"))


@pytest.fixture
def crm(office: Any, ann: str) -> Any:
    """The CRM, which has read Ann."""
    opened = office.open()
    list(opened.contacts(Selection()))
    office.box.requests.reset()
    return opened


# --- opt-ins ----------------------------------------------------------------------------------------------


def test_a_thousand_opt_ins_are_a_thousand_requests_two_at_a_time(office: Any) -> None:
    ids = office.box.seed(1000)
    crm = office.open()
    list(crm.contacts(Selection()))
    office.box.requests.reset()
    assert crm.set_opt_ins([change(one) for one in ids]) == []
    assert (office.box.requests.count("PUT"), len(office.box.requests)) == (1000, 1000)
    assert office.box.requests.most_at_once <= 2
    assert {opt_in(office, one) for one in ids[:10]} == {YES}


def test_time_and_source_are_known_to_a_new_process_too(office: Any, crm: Any, ann: str) -> None:
    crm.set_opt_ins([change(ann)])
    assert office.open().by_ids([ann])[ann].opt_in(KEY) == SAID


def test_what_a_user_says_later_is_not_taken_for_ours(office: Any, crm: Any, ann: str) -> None:
    crm.set_opt_ins([change(ann)])
    office.box.set_opt_in(ann, KEY, NO)
    assert crm.by_ids([ann])[ann].opt_in(KEY) == CrmOptIn(NO)
    office.box.set_opt_in(ann, KEY, YES)
    assert crm.by_ids([ann])[ann].opt_in(KEY).source == ""


def test_nothing_else_of_the_party_is_touched(office: Any, crm: Any, ann: str) -> None:
    office.box.edit_raw(ann, tags=["VIP"], description="<p>Stammkundin</p>", optInPhone=True)
    before = office.box.contacts()[ann]
    crm.by_ids([ann])
    crm.set_opt_ins([change(ann)])
    after = office.box.contacts()[ann]
    assert (after.fields, after.untouched, after.email) == (before.fields, before.untouched, before.email)


def test_several_lists_of_one_party_are_one_request(office: Any, crm: Any, ann: str) -> None:
    crm.ensure_opt_in_fields([OptInField(OTHER, "Presse")])
    office.box.requests.reset()
    crm.set_opt_ins([change(ann), change(ann, key=OTHER)])
    assert office.box.requests.count("PUT") == 1
    assert (opt_in(office, ann), opt_in(office, ann, OTHER)) == (YES, YES)


def test_what_is_so_already_is_not_written(office: Any, crm: Any, ann: str) -> None:
    crm.set_opt_ins([change(ann)])
    office.box.requests.reset()
    assert crm.set_opt_ins([change(ann)]) == []
    assert len(office.box.requests) == 0


def test_an_edit_in_between_survives_and_so_does_the_opt_in(office: Any, crm: Any, ann: str) -> None:
    office.box.edit_contact(ann, fields={"city": "Kiel"})
    assert crm.set_opt_ins([change(ann)]) == []
    held = office.box.contacts()[ann]
    assert (held.fields["city"], held.opt_ins[KEY]) == ("Kiel", YES)


def test_a_no_in_between_is_left_standing_and_told(office: Any, crm: Any, ann: str) -> None:
    office.box.set_opt_in(ann, KEY, NO)
    asked = change(ann)
    assert crm.set_opt_ins([asked]) == [asked]
    assert opt_in(office, ann) is NO


def test_a_party_that_was_deleted_is_told(office: Any, crm: Any, ann: str) -> None:
    office.box.delete_contact(ann)
    asked = change(ann)
    assert crm.set_opt_ins([asked]) == [asked]
    assert crm.by_ids([ann]) == {}


@pytest.mark.parametrize(
    "fault", [faults.lost_after, faults.timeout_after, faults.lost_before, faults.html_error()]
)
def test_a_write_whose_answer_was_lost_is_looked_at_before_it_is_repeated(
    office: Any, crm: Any, ann: str, fault: Any
) -> None:
    office.box.faults.add(fault, **PUT)
    assert crm.set_opt_ins([change(ann)]) == []
    assert opt_in(office, ann) is YES
    writes = [one.method for one in office.box.requests]
    assert writes in (["PUT", "GET"], ["PUT", "GET", "PUT"])


def test_a_queue_that_is_full_is_waited_for(office: Any, crm: Any, ann: str) -> None:
    office.box.faults.add(faults.answer_with(429), times=3, **PUT)
    assert crm.set_opt_ins([change(ann)]) == []
    assert opt_in(office, ann) is YES


def test_a_party_that_lacks_what_is_mandatory_is_told_and_stops_nobody(office: Any, crm: Any, ann: str) -> None:
    bob = office.add("bob@example.org")
    number = office.box.define_attribute("number", "Nummer", "STRING")
    value = {"attributeDefinitionId": number, "stringValue": "7"}
    office.box.edit_raw(bob, customAttributes=[value])
    office.box.tenant.update("customAttributeDefinition", number, {"mandatory": True}, partial=True)
    crm.by_ids([ann, bob])
    asked = [change(ann), change(bob)]
    assert crm.set_opt_ins(asked) == asked[:1]
    assert opt_in(office, bob) is YES


# --- new parties ------------------------------------------------------------------------------------------


def new(email: str, **fields: Any) -> NewContact:
    return NewContact(email, fields, KEY, SAID, "Mailchimp, list Kundenbrief")


def test_a_subscriber_becomes_a_person_with_tag_source_and_opt_in(office: Any, crm: Any) -> None:
    [contact_id] = crm.create_contacts(
        [new("Zoë@Example.org", first_name="Zoë", last_name="Öz", city="Lyon", country="fr", salutation="Frau")]
    )
    held = office.box.contacts()[contact_id]
    assert (held.email, held.opt_ins[KEY]) == ("Zoë@Example.org", YES)
    assert held.fields == {
        "first_name": "Zoë",
        "last_name": "Öz",
        "city": "Lyon",
        "country": "FR",
        "salutation": "MRS",
    }
    assert held.untouched["tags"] == ["Newsletter", "Mailchimp, list Kundenbrief"]
    assert crm.by_ids([contact_id])[contact_id].opt_in(KEY) == SAID


def test_definitions_are_read_once_though_writes_go_side_by_side(office: Any) -> None:
    crm = office.open()
    office.box.requests.reset()
    office.box.latency = 0.01
    crm.create_contacts([new(f"p{number}@example.org") for number in range(4)])
    assert office.box.requests.count("GET", "customAttributeDefinition") == 1


def test_an_address_that_is_there_gets_no_second_party_and_keeps_its_data(office: Any, crm: Any, ann: str) -> None:
    before = office.box.contacts()[ann].fields
    assert crm.create_contacts([new("ANN@example.org", first_name="Somebody"), new("bob@example.org")])[0] == ann
    assert (office.box.contacts()[ann].fields, opt_in(office, ann)) == (before, YES)
    assert len(office.box.contacts()) == 2


def test_a_no_of_somebody_who_is_there_stays(office: Any, crm: Any, ann: str) -> None:
    office.box.set_opt_in(ann, KEY, NO)
    crm.create_contacts([new("ann@example.org")])
    assert opt_in(office, ann) is NO


@pytest.mark.parametrize(
    "fault", [faults.lost_after, faults.timeout_after, faults.lost_before, faults.html_error()]
)
def test_a_person_whose_creation_was_not_answered_is_made_once(office: Any, crm: Any, fault: Any) -> None:
    office.box.faults.add(fault, method="POST", path="/party$")
    [contact_id] = crm.create_contacts([new("bob@example.org")])
    assert [one.email for one in office.box.contacts().values()].count("bob@example.org") == 1
    assert opt_in(office, contact_id) is YES


def test_data_that_is_refused_does_not_cost_the_contact(office: Any, crm: Any) -> None:
    office.box.faults.add(faults.answer_with(400), method="POST", path="/party$")
    [contact_id] = crm.create_contacts([new("bob@example.org", first_name="Bob")])
    held = office.box.contacts()[contact_id]
    assert (held.fields, held.opt_ins[KEY]) == ({}, YES)


# --- opt-in fields ----------------------------------------------------------------------------------------


def test_an_opt_in_field_is_made_once_found_again_and_renamed(office: Any) -> None:
    office.open().ensure_opt_in_fields([OptInField(KEY, "Kundenbrief")])
    assert office.box.requests.writes == 0
    office.open().ensure_opt_in_fields([OptInField(KEY, "Kundenbrief 2027")])
    assert office.box.opt_in_labels() == {KEY: "Kundenbrief 2027"}
    assert {one.key: one.label for one in office.open().opt_in_fields()} == {KEY: "Kundenbrief 2027"}


def test_opt_in_fields_are_no_data(office: Any) -> None:
    assert KEY not in {one.key for one in office.open().fields()}
    assert not [one for one in office.open().fields() if one.key.startswith("newsletter_")]


@pytest.mark.parametrize("place", ["kundenbrief", "optInEmail"])
def test_an_attribute_or_a_flag_that_exists_already_is_used(make_office: Any, place: str) -> None:
    from rundbrief_weclapp.testing import WeclappSandbox

    office = make_office(box=WeclappSandbox(opt_in_attributes={KEY: place}))
    if place != "optInEmail":
        office.box.define_attribute(place, "Kundenbrief", "BOOLEAN")
    ann = office.box.add_contact("ann@example.org")
    crm = office.open()
    crm.ensure_opt_in_fields([OptInField(KEY, "Kundenbrief")])
    assert [one.key for one in crm.opt_in_fields()] == [KEY]
    expected = crm.by_ids([ann])[ann].opt_in(KEY).value
    assert crm.set_opt_ins([change(ann, expected)]) == []
    assert opt_in(office, ann) is YES
    assert len(list(office.box.users.definitions())) == (place != "optInEmail")


@pytest.mark.parametrize("kind", [None, "STRING"])
def test_a_mapped_attribute_has_to_be_there_and_boolean(make_office: Any, kind: str | None) -> None:
    office = make_office(opt_in_attributes={KEY: "kundenbrief"})
    if kind:
        office.box.define_attribute("kundenbrief", "Kundenbrief", kind)
    with pytest.raises(SettingsError, match="kundenbrief"):
        office.open().ensure_opt_in_fields([OptInField(KEY, "Kundenbrief")])


def test_the_proof_stands_beside_the_opt_in_where_that_is_asked_for(make_office: Any) -> None:
    office = make_office(opt_in_proof=True)
    crm = office.open()
    crm.ensure_opt_in_fields([OptInField(KEY, "Kundenbrief")])
    ann = office.box.add_contact("ann@example.org")
    crm.by_ids([ann])
    crm.set_opt_ins([change(ann)])
    attributes = office.box.contacts()[ann].fields
    assert attributes["newsletter_news__1001_source"] == SAID.source
    assert str(attributes["newsletter_news__1001_since"]) == "2026-11-23"


# --- what an operator should know -------------------------------------------------------------------------


def test_a_check_names_the_user_or_the_missing_rights(office: Any) -> None:
    assert office.open().check() == "sandbox"
    office.box.forbid("entity-party-update", "entity-campaign-read")
    with pytest.raises(PermissionMissing, match=r"entity-party-update \(to set opt-ins\), entity-campaign-read"):
        office.open().check()


def test_a_wrong_token_is_told(make_office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    office = make_office()
    monkeypatch.setattr(office.box, "environ", lambda: {"WECLAPP_TOKEN": "another"})
    with pytest.raises(SignInAgain):
        office.open().check()


def test_weclapps_own_connection_to_the_same_service_is_a_warning(office: Any) -> None:
    crm = office.open()
    assert crm.warnings(["mailchimp"]) == []
    office.box.add_external_connection("MAILCHIMP")
    assert len(crm.warnings(["mailchimp", "brevo", "paperboy"])) == 1
    office.box.run_job("MAIL_CHIMP_CONTACT_IMPORT")
    [warning] = crm.warnings(["mailchimp"])
    assert "running" in warning


@pytest.mark.parametrize("path", ["/externalConnection$", "/job/status$"])
def test_where_that_cannot_be_told_the_run_goes_on_and_says_so(office: Any, path: str) -> None:
    office.box.add_external_connection("MAILCHIMP")
    office.box.faults.add(wrong_typed, path=path)
    [warning] = office.open().warnings(["mailchimp"])
    assert "cannot be told" in warning


@pytest.mark.parametrize(
    "fault", [wrong_typed, answer_with(200, body="[]"), answer_with(200, body='{"result": 7}')]
)
def test_rights_that_make_no_sense_are_not_taken_for_missing_ones(office: Any, fault: Any) -> None:
    office.box.faults.add(fault, path="/system/permissions$")
    with pytest.raises(ProtocolError):
        office.open().check()
