"""The examples in docs/reference/where.md are true."""

import re
from pathlib import Path

import pytest

from rundbrief.errors import InputError
from rundbrief.fields import STANDARD_FIELDS, CrmField, FieldType
from rundbrief.where import BuiltIn, Operator, parse
from rundbrief.where.reading import DEEPEST, LONGEST

PAGE = (Path(__file__).parents[3] / "docs/reference/where.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```text\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
CONDITIONS = [line for block in BLOCKS if not block.startswith("Error: ") for line in block.splitlines()]
IN_TABLES = re.findall(r"^\|.+\|.+\| `([^`]+)` \|$", PAGE, re.MULTILINE)
MISTAKES = [block for block in BLOCKS if block.startswith("Error: ")]

FIELDS = (
    *STANDARD_FIELDS,
    CrmField("custom_1", "Ort"),
    CrmField("custom_2", "Schuhgröße", FieldType.NUMBER),
    CrmField("custom_3", "Kunde seit", FieldType.DATE),
    CrmField("vip", "VIP", FieldType.BOOLEAN),
    CrmField("interests", "Interessen", FieldType.CHOICES),
)


@pytest.mark.parametrize("condition", [*CONDITIONS, *IN_TABLES])
def test_an_example_can_be_read(condition: str) -> None:
    assert str(parse(condition).bind(FIELDS, ["news/5a3f"]))


@pytest.mark.parametrize("shown", MISTAKES)
def test_a_mistake_is_shown_as_the_program_prints_it(shown: str) -> None:
    condition = re.sub("j…@…+", "jo@example.org", shown.splitlines()[1].strip())
    with pytest.raises(InputError) as caught:
        parse(condition).bind(FIELDS, ["news/5a3f"])
    assert shown == f"Error: {caught.value.message}\n{caught.value.hint}\n"


@pytest.mark.parametrize("word", [*Operator, *BuiltIn])
def test_every_operator_and_built_in_name_is_there(word: str) -> None:
    assert f"`{word}`" in PAGE


def test_the_limits_are_there() -> None:
    assert f"at most {LONGEST:,} characters and {DEEPEST} levels" in PAGE


def test_the_two_ways_to_write_precedence_are_the_same() -> None:
    one, other = (line for line in CONDITIONS if "not vip" in line)
    assert parse(one).root == parse(other).root
