"""`rundbrief doctor`: whether everything that a run stands on is in order, and what to do if it is not."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from rundbrief.cli.context import App, json_option, pass_app, shared_options
from rundbrief.errors import SettingsError
from rundbrief.findings import Finding, Level

if TYPE_CHECKING:
    from rundbrief.engine.repair import Repaired

__all__ = ["command"]

_COLOURS = {Level.OK: "green", Level.NOTE: None, Level.PROBLEM: "red"}


@click.command("doctor")
@click.option("--repair", "mend", is_flag=True, help="Mend what can be mended without a loss, after a backup.")
@json_option
@shared_options
@pass_app
@click.pass_context
def command(ctx: click.Context, app: App, mend: bool) -> None:
    """Check the state, the CRM's files and what is around them.

    Each problem comes with what to do about it. Changes nothing, needs no network, and works on files that no run
    could use. With --repair, what can be mended without a loss is mended: the rights of files, missing triggers
    and indexes, withdrawals of the journal that no longer count, runs that were killed. A backup is made before.

    Ends with the exit code of the first problem, and with 0 if there is none.
    """
    findings = _examine(app)
    repaired = _repair(app, findings) if mend else None
    if repaired and repaired.sentences:
        findings = _examine(app)
    code = next((one.exit_code for one in findings if one.level is Level.PROBLEM), 0)
    if app.json:
        app.output.document(_document(findings, repaired, code))
    else:
        _print(app, findings, repaired)
    ctx.exit(code)


def _examine(app: App) -> Sequence[Finding]:
    from rundbrief.engine import utc_now
    from rundbrief.engine.doctor import CONFIGURATION, examine

    try:
        config = app.config
    except SettingsError as error:
        return [Finding.of(CONFIGURATION, "loading", error)]
    return examine(config, environ=os.environ, now=utc_now())


def _repair(app: App, findings: Sequence[Finding]) -> "Repaired | None":
    from rundbrief.engine import utc_now
    from rundbrief.engine.repair import repair

    if not any(one.repair for one in findings):
        return None
    return repair(app.config, findings, environ=os.environ, now=utc_now())


def _print(app: App, findings: Sequence[Finding], repaired: "Repaired | None") -> None:
    output = app.output
    if repaired:
        output.line("Repaired:", bold=True)
        for sentence in repaired.sentences:
            output.line(f"  {sentence}")
        output.line(f"  Before that, a backup was made: {repaired.backup}")
        output.line()
    for one in findings:
        output.line(f"{one.level.value:9}{one.subject}: {one.sentence}", colour=_COLOURS[one.level])
        if one.remedy:
            output.paragraph(one.remedy, indent=" " * 9)
    problems = sum(one.level is Level.PROBLEM for one in findings)
    output.line()
    if problems:
        output.line(f"{problems} problem{'s' if problems > 1 else ''}. Begin with the first.", bold=True)
    else:
        output.line("Everything is in order.", bold=True)


def _document(findings: Sequence[Finding], repaired: "Repaired | None", code: int) -> dict[str, Any]:
    return {
        "ok": code == 0,
        "exit_code": code,
        "checks": [
            {
                "subject": one.subject,
                "check": one.check,
                "level": one.level.value,
                "sentence": one.sentence,
                "remedy": one.remedy,
                "exit_code": one.exit_code,
                "repairable": one.repair is not None,
            }
            for one in findings
        ],
        "repaired": repaired.sentences if repaired else [],
        "backup": str(repaired.backup) if repaired else None,
    }
