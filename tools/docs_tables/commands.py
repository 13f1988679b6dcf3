"""The command line: every command, as its own help has it."""

import inspect
from collections.abc import Iterator

import click

from docs_tables.markdown import bullet, code, prose
from rundbrief.cli.app import SECTIONS, cli

__all__ = ["commands"]


def commands() -> str:
    """Return the global options, an overview, and a section for each command and subcommand."""
    root = click.Context(cli, info_name="rundbrief")
    return "\n\n".join(["## Global options", _options(root), _overview(), *_sections(root)])


def _overview() -> str:
    parts = ["## Overview"]
    for title, section in SECTIONS.items():
        lines = (bullet(f"[`{name}`](#rundbrief-{name}): {prose(entry.help)}") for name, entry in section.items())
        parts += [f"**{title}**", "\n".join(lines)]
    return "\n\n".join(parts)


def _sections(parent: click.Context, level: int = 2) -> Iterator[str]:
    group = parent.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=parent)
        yield f"{'#' * level} {context.command_path}"
        yield code(" ".join([context.command_path, *command.collect_usage_pieces(context)]), "text")
        yield prose(inspect.cleandoc(command.help or ""))
        if options := _options(context):
            yield options
        if isinstance(command, click.Group):
            yield from _sections(context, level + 1)


def _options(context: click.Context) -> str:
    """Return a list of a command's own options; those of the root stand at the beginning of the page."""
    records = (
        one.get_help_record(context)
        for one in context.command.params
        if isinstance(one, click.Option) and not one.hidden
    )
    return "\n".join(bullet(f"`{names}`: {prose(text)}") for names, text in filter(None, records))
