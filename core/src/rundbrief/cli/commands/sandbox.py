"""`rundbrief sandbox`: an imitation of a service on a port, to try everything without an account."""

import time
from typing import TYPE_CHECKING

import click

from rundbrief.cli.context import App, pass_app, shared_options
from rundbrief.cli.stopping import terminate_like_ctrl_c
from rundbrief.cli.toml import connection_table
from rundbrief.errors import FixSettings

if TYPE_CHECKING:
    from rundbrief.testing.sandbox import Sandbox

__all__ = ["command"]

LOOK_AGAIN = 0.25
"""Seconds between two looks at what was asked."""


@click.command("sandbox")
@click.argument("name")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where to listen; without it, a free port.")
@click.option(
    "--people", type=click.IntRange(0), default=0, metavar="N", help="Let N people be subscribed already."
)
@shared_options
@pass_app
def command(app: App, name: str, port: int, people: int) -> None:
    """Let an imitation of a service run on a port.

    NAME is a provider, such as mailchimp. It listens on this machine only, keeps everything in memory, and forgets
    it at Ctrl-C. With --verbose it shows each request.
    """
    from rundbrief.plugins import load_provider

    provider = load_provider(name)
    sandbox = provider.sandbox()
    if sandbox is None:
        raise FixSettings(f"The plugin {name!r} ships no sandbox.")
    list_id = sandbox.add_list("Newsletter")
    if people:
        sandbox.seed(list_id, people)
    try:
        with terminate_like_ctrl_c(), sandbox.serve(port) as base_url:
            _introduce(app, provider.info.title, sandbox, base_url, people)
            _answer_until_stopped(app, sandbox)
    except OSError as error:
        raise FixSettings(
            f"Port {port} cannot be used: {error.strerror}.", hint="Choose another with --port."
        ) from None
    except KeyboardInterrupt:
        app.output.line()
        app.output.line("Stopped. Everything in the sandbox is forgotten.")


def _introduce(app: App, title: str, sandbox: "Sandbox", base_url: str, people: int) -> None:
    app.output.line(f"A sandbox of {title} listens on {base_url}, until Ctrl-C.", bold=True)
    app.output.line(f"It has one list, Newsletter, with {people:,} subscribers.")
    app.output.line()
    app.output.line("In rundbrief.toml:")
    for line in connection_table("sandbox", sandbox.settings(base_url)).splitlines():
        app.output.line(f"  {line}")
    app.output.line()
    app.output.line("Where you call rundbrief:")
    for variable, value in sandbox.environ().items():
        app.output.line(f"  export {variable}={value}")
    app.output.line("  rundbrief connections check sandbox")


def _answer_until_stopped(app: App, sandbox: "Sandbox") -> None:
    try:
        while True:
            time.sleep(LOOK_AGAIN)
            _tell_requests(app, sandbox)
    finally:
        _tell_requests(app, sandbox)


def _tell_requests(app: App, sandbox: "Sandbox") -> None:
    """Show what was asked since the last look, and forget it: the log holds whole bodies."""
    records = list(sandbox.requests)
    sandbox.requests.reset()
    if app.verbose:
        for one in records:
            query = f"?{one.query}" if one.query else ""
            app.output.line(f"{one.method} {one.path}{query} -> {one.status or 'under way'}", dim=True)
