"""A small, correct provider keeps the contract."""

import logging
from collections.abc import Callable, Sequence

import pytest

from rundbrief.testing.contract import RULES, ContractReport, Verdict, check_provider

CROWD = 2_000

Install = Callable[[Sequence[tuple[str, str]]], None]

WIDE = ("WIDE = False", "WIDE = True")


def skipped(report: ContractReport) -> dict[str, str]:
    return {one.rule.number: one.reason for one in report.of(Verdict.SKIPPED)}


def failed(report: ContractReport) -> dict[str, str]:
    return {one.rule.number: one.reason for one in report.of(Verdict.FAILED)}


def test_with_one_consent_for_each_list(install: Install) -> None:
    install([])
    report = check_provider("pigeon", crowd=CROWD)
    assert failed(report) == {}
    assert skipped(report) == {"C20": "Consent is per list."}
    assert [one.rule for one in report.results] == list(RULES)


def test_with_one_consent_for_the_account(install: Install, caplog: pytest.LogCaptureFixture) -> None:
    """What a test's log keeps of each request, if it is told everything, is not kept by the provider."""
    caplog.set_level(logging.DEBUG)
    install([WIDE])
    report = check_provider("pigeon", crowd=CROWD)
    assert failed(report) == {}
    assert skipped(report) == {}
