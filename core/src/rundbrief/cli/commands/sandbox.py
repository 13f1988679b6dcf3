"""`rundbrief sandbox`: an imitation of a service on a port, to try everything without an account."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from rundbrief.cli.context import App, pass_app, shared_options
from rundbrief.cli.stopping import terminate_like_ctrl_c
from rundbrief.cli.toml import connection_table, crm_table
from rundbrief.errors import FixSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from rundbrief.testing.application import SandboxApplication

__all__ = ["command"]

LOOK_AGAIN = 0.25
"""Seconds between two looks at what was asked."""


@click.command("sandbox")
@click.argument("name")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    default=0,
    help="Where to listen; without it, a free port.",
)
@click.option(
    "--people",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Let N people be subscribed already; in a CRM, be contacts.",
)
@shared_options
@pass_app
def command(app: App, name: str, port: int, people: int) -> None:
    """Let an imitation of a service run on a port.

    NAME is a provider, such as mailchimp, or a CRM, such as weclapp. It listens on this machine only, keeps
    everything in memory, and forgets it at Ctrl-C. With --verbose it shows each request.
    """
    box = _box(name, people)
    try:
        with terminate_like_ctrl_c(), box.application.serve(port) as base_url:
            _introduce(app, box, base_url)
            _answer_until_stopped(app, box.application)
    except OSError as error:
        raise FixSettings(
            f"Port {port} cannot be used: {error.strerror}.", hint="Choose another with --port."
        ) from None
    except KeyboardInterrupt:
        app.output.line()
        app.output.line("Stopped. Everything in the sandbox is forgotten.")


@dataclass(frozen=True, slots=True)
class _Box:
    """What is served, and what to say of it."""

    application: "SandboxApplication"
    title: str
    has: str
    table: "Callable[[str], str]"
    """Base URL -> the table in rundbrief.toml."""
    next_command: str


def _box(name: str, people: int) -> _Box:
    from rundbrief.hookspecs import CRM_GROUP
    from rundbrief.plugins import installed

    known_crms = {one.name for one in installed(CRM_GROUP)}
    is_provider = name in {one.name for one in installed()}
    return _crm_box(name, people) if name in known_crms and not is_provider else _provider_box(name, people)


def _provider_box(name: str, people: int) -> _Box:
    from rundbrief.plugins import load_provider

    provider = load_provider(name)
    sandbox = provider.sandbox()
    if sandbox is None:
        raise _ships_none(name)
    list_id = sandbox.add_list("Newsletter")
    if people:
        sandbox.seed(list_id, people)
    return _Box(
        sandbox,
        provider.info.title,
        f"one list, Newsletter, with {people:,} subscribers",
        lambda base_url: connection_table("sandbox", sandbox.settings(base_url)),
        "connections check sandbox",
    )


def _crm_box(name: str, people: int) -> _Box:
    from rundbrief.plugins import load_crm

    crm = load_crm(name)
    sandbox = crm.sandbox()
    if sandbox is None or sandbox.application is None:
        raise _ships_none(name)
    if people:
        sandbox.seed(people)
    return _Box(
        sandbox.application,
        crm.info.title,
        f"{people:,} contacts",
        lambda base_url: crm_table(sandbox.settings(base_url)),
        "connections check NAME",
    )


def _ships_none(name: str) -> FixSettings:
    return FixSettings(f"The plugin {name!r} ships no sandbox that could be served.")


def _introduce(app: App, box: _Box, base_url: str) -> None:
    app.output.line(f"A sandbox of {box.title} listens on {base_url}, until Ctrl-C.", bold=True)
    app.output.line(f"It has {box.has}.")
    app.output.line()
    app.output.line("In rundbrief.toml:")
    for line in box.table(base_url).splitlines():
        app.output.line(f"  {line}")
    app.output.line()
    app.output.line("Where you call rundbrief:")
    for variable, value in box.application.environ().items():
        app.output.line(f"  export {variable}={value}")
    app.output.line(f"  rundbrief {box.next_command}")


def _answer_until_stopped(app: App, sandbox: "SandboxApplication") -> None:
    try:
        while True:
            time.sleep(LOOK_AGAIN)
            _tell_requests(app, sandbox)
    finally:
        _tell_requests(app, sandbox)


def _tell_requests(app: App, sandbox: "SandboxApplication") -> None:
    """Show what was asked since the last look, and forget it: the log holds whole bodies."""
    records = list(sandbox.requests)
    sandbox.requests.reset()
    if app.verbose:
        for one in records:
            query = f"?{one.query}" if one.query else ""
            app.output.line(f"{one.method} {one.path}{query} -> {one.status or 'under way'}", dim=True)
