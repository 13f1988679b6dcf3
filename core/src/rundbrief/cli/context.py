"""What every command shares: the global options, the configuration, the workspace, and the way to the outside."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rundbrief.cli.output import Output

if TYPE_CHECKING:
    from pathlib import Path

    from rundbrief.config import Config
    from rundbrief.engine import StopSignal, Workspace

__all__ = ["SOMEBODY_WAITS", "App", "global_options", "json_option", "pass_app", "shared_options"]

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass
class App:
    """The global options, and what follows from them."""

    config_path: "Path | None" = None
    json: bool = False
    verbose: bool = False

    @cached_property
    def output(self) -> Output:
        return Output()

    @cached_property
    def config(self) -> "Config":
        """The loaded configuration.

        Raises:
            SettingsError: there is none, or it is wrong.
        """
        from rundbrief.config import load_config

        return load_config(self.config_path, environ=os.environ)

    @contextmanager
    def workspace(
        self, stop: "StopSignal | None" = None, *, patience: float | None = None
    ) -> "Iterator[Workspace]":
        """Open the workspace for one command, which waits `patience` seconds for a service out of reach."""
        with self.open_workspace(stop, patience=patience) as workspace:
            yield workspace

    def open_workspace(self, stop: "StopSignal | None" = None, *, patience: float | None = None) -> "Workspace":
        """Return a workspace for the caller to close."""
        from rundbrief.engine import Workspace

        return Workspace(self.config, environ=os.environ, stop=stop, patience=patience)


SOMEBODY_WAITS = 20.0
"""The patience, in seconds, of a command that a person looks at: a mistyped address should not take minutes."""

pass_app = click.make_pass_decorator(App, ensure=True)


def global_options(function: Function) -> Function:
    """Give the root its options, with help."""
    return _json(_config(_verbose(function, hidden=False), hidden=False), hidden=False)


def shared_options(function: Function) -> Function:
    """Let a command take the root's options after its own name as well, without repeating them in its help."""
    return _config(_verbose(function, hidden=True), hidden=True)


def json_option(function: Function) -> Function:
    """Mark a command as one that prints data: as text, or as one JSON document."""
    return _json(function, hidden=False)


def _config(function: Function, *, hidden: bool) -> Function:
    return click.option(
        "--config",
        type=click.Path(dir_okay=False),
        metavar="PATH",
        hidden=hidden,
        expose_value=False,
        callback=_remember_config,
        help="The configuration to use, instead of rundbrief.toml here or in your config folder.",
    )(function)


def _verbose(function: Function, *, hidden: bool) -> Function:
    return click.option(
        "-v",
        "--verbose",
        is_flag=True,
        hidden=hidden,
        expose_value=False,
        callback=_start_log,
        help="Tell on stderr what happens; without secrets and full addresses.",
    )(function)


def _json(function: Function, *, hidden: bool) -> Function:
    return click.option(
        "--json",
        is_flag=True,
        hidden=hidden,
        expose_value=False,
        callback=_remember_json,
        help="Print one JSON document instead of text.",
    )(function)


# Callbacks, as an option may stand before a command's name and after it: what was given at either place counts.


def _remember_json(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    app = ctx.ensure_object(App)
    app.json = app.json or value


def _remember_config(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    app = ctx.ensure_object(App)
    if value:
        from pathlib import Path

        app.config_path = Path(value)


def _start_log(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    app = ctx.ensure_object(App)
    if value and not app.verbose:
        from rundbrief.cli.log import log_to_stderr

        app.verbose = True
        log_to_stderr()
