"""A small, correct CRM keeps the contract."""

from collections.abc import Callable, Sequence

from rundbrief.testing.contract import Verdict
from rundbrief.testing.crm_contract import CRM_RULES, check_crm

Install = Callable[[Sequence[tuple[str, str]]], None]


def test_the_card_box_keeps_every_rule(install: Install) -> None:
    install([])
    report = check_crm("cardbox", crowd=2_000, many=50)
    assert {one.rule.number: one.reason for one in report.results if one.verdict is not Verdict.PASSED} == {}
    assert [one.rule for one in report.results] == list(CRM_RULES)
