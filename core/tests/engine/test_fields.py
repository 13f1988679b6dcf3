"""Values on their way: what fits goes, what does not stays here, and both are told."""

from datetime import date
from typing import Any

import pytest

from rundbrief.fields import FieldPolicy, FieldType, Habits, OnEmpty, OnError
from rundbrief.models import OptIn, Reason, Result, WriteKind

YES = OptIn.YES
JO = "jo@example.org"


@pytest.fixture
def imported(world: Any) -> Any:
    world.crm.define_field("Colour", FieldType.TEXT)
    world.crm.define_field("VIP", FieldType.BOOLEAN)
    world.imports()
    return world


def sent(world: Any) -> list[dict[str, Any]]:
    """Return what was written last time for each contact, and forget it."""
    found = [dict(write.fields) for kind, write in world.service.written if kind is not WriteKind.WITHDRAW]
    world.service.written.clear()
    return found


def told(world: Any, report: Any) -> list[tuple[Result, Reason, str]]:
    return [(one.result, one.reason, one.detail) for one in world.lines(report) if one.detail]


def test_a_value_that_does_not_fit_stays_here_and_is_told(imported: Any) -> None:
    imported.add(JO, YES, first_name="Jo", colour="green")
    report = imported.exports()
    assert sent(imported) == [{"FNAME": "Jo"}]
    assert told(imported, report) == [(Result.HELD, Reason.VALUE_LEFT_OUT, "COLOUR is none of the choices")]
    assert report.counts["values left out"] == 1


def test_it_is_told_again_only_when_the_contact_is_sent_again(imported: Any) -> None:
    contact = imported.add(JO, YES, first_name="Jo", colour="green")
    imported.exports()
    quiet = imported.exports()
    assert told(imported, quiet) == []
    assert quiet.counts["values left out"] == 1
    imported.crm.edit(contact, fields={"first_name": "Joanna"})
    assert len(told(imported, imported.exports())) == 1


def test_a_text_that_is_cut_is_told(imported: Any) -> None:
    imported.add(JO, YES, first_name="ä" * 11)
    report = imported.exports()
    assert sent(imported) == [{"FNAME": "ä" * 10}]
    assert told(imported, report) == [(Result.HELD, Reason.VALUE_LEFT_OUT, "FNAME was cut to 20 bytes")]


def test_a_contact_is_refused_where_the_configuration_says_so(imported: Any) -> None:
    imported.open(field_policies={"COLOUR": FieldPolicy(on_error=OnError.REFUSE)})
    imported.add(JO, YES, first_name="Jo", colour="green")
    imported.add("ann@example.org", YES, first_name="Ann", colour="RED")
    report = imported.exports()
    assert sent(imported) == [{"FNAME": "Ann", "COLOUR": "red"}]
    assert told(imported, report) == [(Result.REFUSED, Reason.UNFIT_VALUE, "COLOUR is none of the choices")]


def test_an_empty_field_is_skipped_or_cleared(imported: Any) -> None:
    contact = imported.add(JO, YES, first_name="Jo", last_name="Süß")
    imported.exports()
    sent(imported)
    imported.crm.edit(contact, fields={"first_name": "Joanna", "last_name": None})
    imported.exports()
    assert sent(imported) == [{"FNAME": "Joanna"}]
    imported.open(field_policies={"LNAME": FieldPolicy(on_empty=OnEmpty.CLEAR)})
    imported.crm.edit(contact, fields={"first_name": "Jo"})
    imported.exports()
    assert sent(imported) == [{"FNAME": "Jo", "LNAME": ""}]


def test_data_that_the_service_has_already_is_not_sent_in_another_spelling(imported: Any) -> None:
    imported.add(JO, YES, first_name="Jo", birthday=date(1980, 2, 29), colour="Red")
    imported.service.put(JO, FNAME="Jo", BDAY="1980-02-29", COLOUR="red")
    imported.syncs()
    assert sent(imported) == []


def test_a_subscriber_becomes_a_contact_with_values_of_the_crms_types(imported: Any) -> None:
    imported.open(fields={"COLOUR": "vip"})
    imported.service.put(JO, FNAME="Jo", BDAY="1980-02-29", COLOUR="yes")
    imported.imports()
    values = imported.contact(JO).fields
    assert (values["first_name"], values["birthday"], values["vip"]) == ("Jo", date(1980, 2, 29), True)


def test_a_value_that_a_new_contact_goes_without_is_told(imported: Any) -> None:
    imported.service.put(JO, FNAME="Jo", BDAY="in May")
    report = imported.imports()
    assert "birthday" not in imported.contact(JO).fields
    detail = "BDAY holds no date; write 1990-12-31 or 31.12.1990"
    assert told(imported, report) == [(Result.HELD, Reason.VALUE_LEFT_OUT, detail)]
    assert report.counts["values left out"] == 1
    assert told(imported, imported.imports()) == []


def test_words_are_those_of_the_connections_language(imported: Any) -> None:
    imported.open(fields={"LNAME": "vip"}, habits=Habits("de"))
    imported.add(JO, YES, vip=True)
    imported.exports()
    assert sent(imported) == [{"LNAME": "ja"}]


def test_another_map_says_how_many_are_sent_again(imported: Any) -> None:
    for name in ("ann", "bob"):
        imported.add(f"{name}@example.org", YES, first_name=name, last_name=name)
    imported.add("cem@example.org", OptIn.NO, first_name="Cem")
    assert imported.exports().problems == ()
    imported.open(fields={"LNAME": "first_name"})
    preview = imported.exports(dry_run=True)
    report = imported.exports()
    told = "The fields are mapped otherwise than in the last run: 2 recipients are sent their data."
    assert told in preview.problems
    assert told in report.problems
    assert told not in imported.exports().problems


def test_a_configured_field_that_the_crm_has_not_is_told_and_nothing_goes_into_it(imported: Any) -> None:
    imported.open(fields={"LNAME": "lastname"})
    imported.add(JO, YES, first_name="Jo")
    report = imported.exports()
    assert sent(imported) == [{"FNAME": "Jo"}]
    assert report.problems == (
        "rundbrief.toml fills LNAME with 'lastname', which is no field of the CRM: nothing goes into it."
        " Did you mean last_name?",
    )


def test_a_field_that_the_map_does_not_name_goes_along_only_where_it_may(imported: Any) -> None:
    imported.add(JO, YES, first_name="Jo", last_name="Meier")
    imported.exports()
    assert sent(imported) == [{"FNAME": "Jo", "LNAME": "Meier"}]
    imported.open(match_fields=False, fields={"FNAME": "first_name"})
    imported.add("al@example.org", YES, first_name="Al", last_name="Meier")
    imported.exports()
    assert {"FNAME": "Al"} in sent(imported)
    imported.service.put("cy@example.org", FNAME="Cy", LNAME="Meier")
    imported.imports()
    assert dict(imported.contact("cy@example.org").fields) == {"first_name": "Cy"}, "nor does it come in"
