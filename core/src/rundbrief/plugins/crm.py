"""A CRM plugin behind a typed face."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rundbrief.crm import Crm
from rundbrief.hookspecs import CRM_GROUP, CrmInfo
from rundbrief.plugins.face import Face
from rundbrief.plugins.loading import info_of, load
from rundbrief.session import HttpClient

if TYPE_CHECKING:
    from rundbrief.testing.crm_sandbox import CrmSandbox

__all__ = ["CrmPlugin", "load_crm"]


def load_crm(name: str) -> "CrmPlugin":
    """Import and check the CRM plugin of that name; raises as `load_provider` does."""
    loaded = load(CRM_GROUP, name)
    return CrmPlugin(loaded, info_of(loaded, "crm_info", CrmInfo))


class CrmPlugin(Face[CrmInfo]):
    """A loaded CRM plugin."""

    def open(self, settings: Mapping[str, Any], http: HttpClient | None, folder: Path) -> Crm:
        """Open the CRM; see `CrmSpec.open_crm`.

        Raises:
            RundbriefError: it cannot be opened; `PluginBroken` for what the plugin did not foresee.
        """
        opened = self._loaded.guarded(lambda: self._hook.open_crm(settings=settings, http=http, folder=folder))
        return cast(Crm, opened)

    def sandbox(self) -> "CrmSandbox | None":
        """Return a new CRM with its users; None when the plugin ships none."""
        if "sandbox" not in self._loaded.hooks:
            return None
        return cast("CrmSandbox", self._loaded.guarded(lambda: self._hook.sandbox()))
