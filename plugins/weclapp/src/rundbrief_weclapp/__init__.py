"""weclapp for rundbrief, as the leading system: the hooks. What they do stands in the rooms beside this module.

How weclapp behaves is from its OpenAPI description of version 2 and the prose in it, unless said otherwise.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rundbrief.hookspecs import CrmFile, CrmInfo, hookimpl
from rundbrief.session import HttpClient
from rundbrief_weclapp.crm import MIRROR, WeclappCrm
from rundbrief_weclapp.settings import WeclappSettings, endpoint
from rundbrief_weclapp.writing import CONCURRENCY

if TYPE_CHECKING:
    from rundbrief.testing.crm_sandbox import CrmSandbox

__all__: list[str] = []


@hookimpl
def crm_info() -> CrmInfo:
    return CrmInfo(
        name="weclapp",
        title="weclapp",
        spec_version=1,
        settings=WeclappSettings,
        endpoint=endpoint,
        concurrency=CONCURRENCY,
        files=_files,
    )


@hookimpl
def open_crm(settings: Mapping[str, Any], http: HttpClient, folder: Path) -> WeclappCrm:
    return WeclappCrm(http, folder, settings)


def _files(settings: Mapping[str, Any], folder: Path) -> Sequence[CrmFile]:  # noqa: ARG001
    return [CrmFile(folder / MIRROR, is_copy=True)]


@hookimpl
def sandbox() -> "CrmSandbox":
    from rundbrief_weclapp.testing import WeclappSandbox

    return WeclappSandbox()
