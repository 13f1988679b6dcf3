"""The embedded CRM, for the commands that need it: another CRM has a user interface of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from rundbrief.cli.context import App
from rundbrief.errors import FixSettings

if TYPE_CHECKING:
    from rundbrief.crm.local import LocalCrm

__all__ = ["embedded_crm"]


@contextmanager
def embedded_crm(app: App) -> "Iterator[LocalCrm]":
    """Open the embedded CRM.

    Raises:
        FixSettings: the configuration names another CRM.
    """
    plugin = app.config.crm.plugin
    if plugin != "local":
        raise FixSettings(
            f"This command needs the embedded CRM; the configuration names {plugin!r}.",
            hint="Look after contacts and campaigns in that CRM itself.",
        )
    with app.workspace() as workspace:
        yield cast("LocalCrm", workspace.crm)
