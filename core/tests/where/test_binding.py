"""How a condition finds the fields it speaks of, and what a CRM can ask a bound one."""

from collections.abc import Sequence

import pytest

from rundbrief.errors import InputError
from rundbrief.fields import CrmField, FieldType
from rundbrief.where import BuiltIn, OptInState, Target, parse


def target_of(text: str, fields: Sequence[CrmField], opt_in_keys: Sequence[str] = ()) -> Target:
    (target,) = parse(text).bind(fields, opt_in_keys).targets.values()
    return target


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("city", "city"),
        ("CITY", "city"),
        ("Schuhgröße", "shoe_size"),
        ("SCHUHGRO\u0308SSE", "shoe_size"),
        ("[Schuhgröße]", "shoe_size"),
        ("[shoe_size]", "shoe_size"),
        ("[ kunde  SEIT ]", "since"),
        (r"[Bemerkung \[intern\]]", "remark"),
        ("[in]", "in"),
    ],
)
def test_a_field_by_key_or_label(name: str, key: str, crm_fields: Sequence[CrmField]) -> None:
    target = target_of(f"{name} is empty", crm_fields)
    assert isinstance(target, CrmField)
    assert target.key == key


@pytest.mark.parametrize("name", BuiltIn)
def test_built_in_names_in_any_case(name: BuiltIn) -> None:
    assert target_of(f"{name.upper()} is empty", []) is name


def test_a_field_called_like_a_built_in_name_is_found_in_brackets() -> None:
    fields = [CrmField("email", "Zweitadresse"), CrmField("kind", "Kind")]
    assert target_of("email is empty", fields) is BuiltIn.EMAIL
    assert target_of("[email] is empty", fields) == fields[0]
    assert target_of("[Zweitadresse] is empty", fields) == fields[0]
    assert target_of("[Kind] is empty", fields) == fields[1]


def test_a_key_is_not_hidden_by_another_fields_label() -> None:
    fields = [CrmField("town", "city"), CrmField("city", "Ort")]
    assert target_of("city is empty", fields) == fields[1]
    assert target_of("[city] is empty", fields) == fields[0]


def test_keys_that_differ_in_capitals_are_told_apart() -> None:
    fields = [CrmField("Size", "One"), CrmField("size", "Other")]
    assert target_of("size is empty", fields) == fields[1]
    with pytest.raises(InputError, match="several fields") as caught:
        parse("SIZE is empty").bind(fields)
    assert caught.value.hint == "Write the key of one of them: Size or size."


def test_opt_in_keys() -> None:
    assert target_of("opt_in('news/1') = 'yes'", [], ["news/1"]) == OptInState("news/1")
    with pytest.raises(InputError, match="no opt-in field"):
        parse("opt_in('NEWS/1') = 'yes'").bind([], ["news/1"])


def test_what_a_condition_needs(crm_fields: Sequence[CrmField], opt_in_keys: Sequence[str]) -> None:
    bound = parse("Ort = 1 and not (city = 'x' or opt_in('brevo') = 'no') and id = 7 and [CITY] is empty").bind(
        [*crm_fields, CrmField("custom_1", "Ort", FieldType.NUMBER)], opt_in_keys
    )
    assert bound.field_keys == {"custom_1", "city"}
    assert bound.opt_in_keys == {"brevo"}


def test_bound_conditions_can_be_compared_and_kept_in_sets(crm_fields: Sequence[CrmField]) -> None:
    one, same = (parse("city = 'x'").bind(crm_fields) for _ in range(2))
    other = parse("city = 'x'").bind([CrmField("city", "Ort", FieldType.CHOICE)])
    assert len({one, same, other}) == 2


def test_what_must_all_hold(crm_fields: Sequence[CrmField]) -> None:
    bound = parse("city = 'x' and (vip = true or vip is empty) and id = 7").bind(crm_fields)
    assert bound.conjuncts[0] == parse("city = 'x'").root
    assert len(bound.conjuncts) == 3
    alone = parse("city = 'x' or id = 7").bind(crm_fields)
    assert alone.conjuncts == (alone.condition.root,)


@pytest.mark.parametrize("kind", FieldType)
def test_every_type_of_field_takes_some_value(kind: FieldType) -> None:
    values = ("'x'", "1", "true", "2026-01-31", "2026-01-31T12:00")
    fitting = [value for value in values if _binds(f"a = {value}", [CrmField("a", "A", kind)])]
    assert fitting
    assert _binds("a is empty", [CrmField("a", "A", kind)])


def _binds(text: str, fields: Sequence[CrmField]) -> bool:
    try:
        parse(text).bind(fields)
    except InputError:
        return False
    return True
