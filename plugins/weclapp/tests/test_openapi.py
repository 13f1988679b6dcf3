"""All that the plugin sends is what the vendor's OpenAPI description allows, and so is what it is answered."""

from datetime import UTC, datetime
from typing import Any

from rundbrief.models import CrmOptIn, NewContact, OptIn, OptInChange, OptInField, Selection

KEY = "news/1001"
NOW = CrmOptIn(OptIn.YES, datetime(2026, 11, 23, 9, tzinfo=UTC), "Mailchimp, list Kundenbrief: sign-up form")


def live_a_life(office: Any) -> None:
    """Make every kind of request there is."""
    crm = office.open()
    crm.check()
    office.box.add_external_connection("MAILCHIMP")
    crm.warnings(["mailchimp", "brevo"])
    crm.ensure_opt_in_fields([OptInField(KEY, "Kundenbrief")])
    crm.ensure_opt_in_fields([OptInField(KEY, "Kundenbrief 2")])
    office.box.define_attribute("shoe", "Schuhgröße", "DECIMAL")
    office.box.define_attribute("taste", "Geschmack", "MULTISELECT_LIST", choices=["süß", "salzig"])
    crm = office.open()
    ids = [office.add(f"person{n}@example.org", first_name="Jö", last_name="Öz", city="Köln") for n in range(3)]
    office.box.add_organisation("Möbelhaus Süd GmbH", ids[:1])
    office.box.add_campaign("Messe", ids)
    list(crm.contacts(Selection()))
    crm.campaigns()
    list(crm.contacts(Selection(campaign="Messe")))
    fields = {
        "first_name": "Zoë",
        "last_name": "d'Aubigné",
        "salutation": "Frau",
        "title": "Dr.",
        "city": "Lyon",
        "country": "FR",
        "birthday": "1989-11-23",
        "shoe": 38,
        "taste": "süß, salzig",
    }
    crm.create_contacts([NewContact("new@example.org", fields, KEY, NOW, "Mailchimp, list Kundenbrief")])
    crm.set_opt_ins([OptInChange(one, KEY, OptIn.UNKNOWN, NOW) for one in ids])
    office.box.delete_contact(ids[2])
    office.clock.advance(3600)
    assert crm.count(Selection()) == 4


def test_requests_and_answers_are_as_described(make_office: Any, validated: Any) -> None:
    live_a_life(make_office(validated, opt_in_proof=True))


def test_nothing_but_opt_ins_is_ever_written_to_a_known_party(make_office: Any) -> None:
    import json

    office = make_office(opt_in_proof=True)
    live_a_life(office)
    bodies = [
        json.loads(record.body)
        for record in office.box.requests
        if record.method == "PUT" and "/party/" in record.path
    ]
    assert {key for body in bodies for key in body} == {"version", "customAttributes"}
    assert all("ignoreMissingProperties=true" in one.query for one in office.box.requests if one.method == "PUT")
    assert office.box.requests.count("DELETE") == 0
