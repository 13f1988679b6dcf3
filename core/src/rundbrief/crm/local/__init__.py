"""The embedded CRM: contacts, customers and leads in one SQLite file. Registered as the CRM plugin `local`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields, validate

from rundbrief.crm.local.crm import MIGRATIONS, LocalCrm
from rundbrief.crm.local.csv_in import BadRow, CsvReport
from rundbrief.hookspecs import CrmFile, CrmInfo, hookimpl

if TYPE_CHECKING:
    from rundbrief.testing.crm_sandbox import CrmSandbox

__all__ = ["BadRow", "CsvReport", "LocalCrm", "crm_info", "open_crm"]


class LocalSettings(Schema):
    path = fields.String(
        load_default="contacts.db",
        validate=validate.Length(min=1),
        metadata={"description": "The SQLite file with the contacts; it is made when it is not there."},
    )


@hookimpl
def crm_info() -> CrmInfo:
    return CrmInfo(name="local", title="Embedded CRM", settings=LocalSettings, files=_files)


@hookimpl
def open_crm(settings: Mapping[str, Any], folder: Path) -> LocalCrm:
    return LocalCrm(_path(settings, folder))


def _files(settings: Mapping[str, Any], folder: Path) -> Sequence[CrmFile]:
    return [CrmFile(_path(settings, folder), migrations=MIGRATIONS)]


def _path(settings: Mapping[str, Any], folder: Path) -> Path:
    return folder / Path(settings["path"]).expanduser()


@hookimpl
def sandbox() -> "CrmSandbox":
    from rundbrief.testing.local_crm import LocalCrmSandbox

    return LocalCrmSandbox()
