"""Which page has what between its marker comments, and what makes it."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from docs_tables.capabilities import capabilities
from docs_tables.commands import commands
from docs_tables.configuration import configuration
from docs_tables.consent import consent_table
from docs_tables.contracts import crm_contract, provider_contract
from docs_tables.conversions import conversions
from docs_tables.described import models, sandboxes
from docs_tables.exit_codes import exit_codes_table
from docs_tables.faults import fault_meanings, fault_tables
from docs_tables.hooks import hooks
from docs_tables.reports import crm_reports, provider_reports

__all__ = ["DOCS", "MARKERS", "SLOW", "renewed"]

DOCS = Path(__file__).parents[2] / "docs"

MARKERS: Mapping[str, tuple[str, Callable[[], str]]] = {
    "commands": ("reference/commands.md", commands),
    "configuration": ("reference/configuration.md", configuration),
    "consent-table": ("explanation/consent.md", consent_table),
    "exit-codes-table": ("reference/exit-codes.md", exit_codes_table),
    "conversions": ("reference/conversions.md", conversions),
    "fault-meanings": ("reference/faults.md", fault_meanings),
    "faults": ("reference/faults.md", fault_tables),
    "hooks": ("reference/hooks.md", hooks),
    "models": ("reference/models.md", models),
    "sandboxes": ("reference/sandboxes.md", sandboxes),
    "provider-contract": ("reference/provider-contract.md", provider_contract),
    "provider-reports": ("reference/provider-reports.md", provider_reports),
    "crm-contract": ("reference/crm-contract.md", crm_contract),
    "crm-reports": ("reference/crm-reports.md", crm_reports),
    **{
        f"capabilities-{page.stem}": (f"providers/{page.name}", partial(capabilities, page.stem))
        for page in sorted(DOCS.glob("providers/*.md"))
    },
}
"""Marker -> page below docs/, and what makes the text between its comments."""

SLOW = frozenset({"provider-reports", "crm-reports"})
"""Not looked at by `--check`: the tests that run the contract compare what comes of it with the page."""


def renewed(marker: str) -> tuple[Path, str] | None:
    """Return a page and its new text; None when the page is up to date."""
    name, make = MARKERS[marker]
    page = DOCS / name
    text = page.read_text(encoding="utf-8")
    begin, end = f"<!-- begin {marker} -->\n", f"<!-- end {marker} -->"
    before, _, rest = text.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"docs/{name} lacks the markers of {marker}.")
    new = f"{before}{begin}\n{make()}\n\n{end}{after}"
    return (page, new) if new != text else None
