"""How the plugins in this repository stand to the contracts."""

from collections.abc import Mapping
from typing import Any

from docs_tables.markdown import table
from rundbrief.hookspecs import CRM_GROUP
from rundbrief.plugins import installed
from rundbrief.testing.contract import Level, check_provider
from rundbrief.testing.crm_contract import check_crm

__all__ = ["crm_reports", "provider_reports", "report"]


def provider_reports() -> str:
    """Run the contract for every provider that is installed, and return a section for each. Takes minutes."""
    return "\n\n".join(report(check_provider(one.name).document()) for one in installed())


def crm_reports() -> str:
    """Run the contract for every CRM that is installed, and return a section for each."""
    return "\n\n".join(report(check_crm(one.name).document()) for one in installed(CRM_GROUP))


def report(document: Mapping[str, Any]) -> str:
    """Return the section of one plugin.

    Args:
        document: what `rundbrief plugins --check NAME --json` prints.
    """
    rules = document["rules"]
    verdicts = ("passed", "failed", "skipped")
    counted = [
        [sum(one["level"] == level and one["verdict"] == each for one in rules) for each in verdicts]
        for level in Level
    ]
    levels = table(
        ["Level", "Passed", "Failed", "Skipped"],
        ([level.value, *map(str, counts)] for level, counts in zip(Level, counted, strict=True)),
    )
    without = [
        f"* {one['number']} is {one['verdict']}: {one['reason']}" for one in rules if one["verdict"] != "passed"
    ]
    name = document.get("provider") or document["crm"]
    return "\n\n".join([f"## `{name}`", levels, *(["\n".join(without)] if without else [])])
