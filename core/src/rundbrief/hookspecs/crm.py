"""The hooks of a CRM or ERP."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rundbrief.hookspecs.marking import hookspec
from rundbrief.session import Endpoint, HttpClient, Rate

if TYPE_CHECKING:
    from marshmallow import Schema

    from rundbrief.crm import Crm
    from rundbrief.testing.crm_sandbox import CrmSandbox

__all__ = ["CrmFile", "CrmInfo", "CrmSpec"]


@dataclass(frozen=True, slots=True)
class CrmFile:
    """A SQLite database that a CRM plugin keeps on this machine, for `rundbrief doctor` and `rundbrief backup`."""

    path: Path
    is_copy: bool = False
    """It can be deleted at any time, as the plugin makes it anew; then no backup has it."""
    migrations: str = ""
    """The package with its alembic revisions, where `rundbrief` itself looks after its schema."""


@dataclass(frozen=True, slots=True)
class CrmInfo:
    """What the host must know of a CRM before it opens it."""

    name: str
    """The entry point's name, and the value of `plugin` in rundbrief.toml."""
    title: str
    """How people call the CRM."""
    settings: "type[Schema]"
    """A marshmallow schema of the table `[crm]`; secrets are `rundbrief.config.SecretField`."""
    endpoint: Callable[[Mapping[str, Any]], Endpoint] | None = None
    """Makes the address and the credentials out of loaded settings. None for a CRM that needs no network."""
    concurrency: int = 1
    """Requests the CRM allows at the same time."""
    rates: Sequence[Rate] = ()
    """Windows that hold all at once; each counts the requests of its `budget`."""
    files: Callable[[Mapping[str, Any], Path], Sequence[CrmFile]] | None = None
    """Names the databases that `open_crm` would use with these settings and folder, without opening them. None:
    there are none."""
    spec_version: int = 1
    """The version of the hook specs that it was written for (`SPEC_VERSION` of that day)."""


class CrmSpec:
    """Hooks of a CRM or ERP."""

    @staticmethod
    @hookspec(firstresult=True)
    def crm_info() -> CrmInfo:
        """Describe the CRM. Pure.

        Example::

            @hookimpl
            def crm_info() -> CrmInfo:
                return CrmInfo(name="cardbox", title="Card box", settings=CardboxSettings, spec_version=1)
        """
        raise AssertionError("a specification is never called")

    @staticmethod
    @hookspec(firstresult=True)
    def open_crm(settings: Mapping[str, Any], http: HttpClient | None, folder: Path) -> "Crm":
        """Open the CRM. `http` is ready when the info names an endpoint; `folder` is where state may live.

        Example::

            @hookimpl
            def open_crm(settings, folder):
                return Cardbox(folder / settings["path"])
        """
        raise AssertionError("a specification is never called")

    @staticmethod
    @hookspec(firstresult=True)
    def sandbox() -> "CrmSandbox":
        """Optional. Return a new CRM, empty, with its users. One with an API is a `SandboxApplication` as well.

        Example::

            @hookimpl
            def sandbox():
                from rundbrief_cardbox.testing import CardboxSandbox

                return CardboxSandbox()
        """
        raise AssertionError("a specification is never called")
