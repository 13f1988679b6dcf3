"""A desk for each pair of a CRM and a newsletter service: both on ports, and a user's commands between them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rundbrief.cli.app import cli
from rundbrief.cli.toml import connection_table, crm_table
from rundbrief.hookspecs import ConsentScope
from rundbrief.models import SubscriberStatus, address_key
from rundbrief.plugins import load_crm, load_provider
from rundbrief.testing.crm_sandbox import CrmSandbox, HeldContact
from rundbrief.testing.sandbox import Sandbox

CONNECTION = "news"
SERVICES = ("mailchimp", "cleverreach", "brevo")
CRMS = ("local", "weclapp")

FIELDS = {
    "mailchimp": {"first_name": "FNAME", "last_name": "LNAME"},
    "cleverreach": {"first_name": "firstname", "last_name": "lastname"},
    "brevo": {"first_name": "FIRSTNAME", "last_name": "LASTNAME"},
}
"""What each service calls the fields that every account of it has, or gets here."""


@dataclass
class Desk:
    """What a user has in front of them, and what there is to see on either side."""

    service: Sandbox
    crm: CrmSandbox
    is_account_wide: bool
    fields: Mapping[str, str]
    """CRM field key -> how the service calls it."""
    lists: Mapping[str, str]
    """Name -> id."""

    def ok(self, *args: str) -> str:
        """Run a command that has to go well, and return what it printed."""
        environ = {**self.service.environ(), **self.crm.environ()}
        result = CliRunner().invoke(cli, list(args), env=environ)
        assert result.exit_code == 0, f"{args}: {result.exit_code}\n{result.output}"
        return result.stdout

    def json(self, *args: str) -> Any:
        return json.loads(self.ok(*args, "--json"))

    def tally(self, *args: str) -> dict[tuple[str, str], int]:
        """Run, and return result and reason -> how many contacts."""
        found: dict[tuple[str, str], int] = {}
        for run in self.json(*args)["runs"]:
            for one in run["tally"]:
                key = one["result"], one["reason"]
                found[key] = found.get(key, 0) + one["count"]
        return found

    def export(self, *args: str, to: str = "Letter") -> dict[tuple[str, str], int]:
        return self.tally("export", CONNECTION, "--list", to, *args)

    def imports(self) -> dict[tuple[str, str], int]:
        return self.tally("import", CONNECTION)

    def key(self, name: str = "Letter") -> str:
        """Return the opt-in field that a list has on the CRM's contacts."""
        return CONNECTION if self.is_account_wide else f"{CONNECTION}/{self.lists[name]}"

    # --- people and users ------------------------------------------------------------------------------------

    def sign_up(self, address: str, to: str = "Letter", **fields: str) -> None:
        self.service.subscribe(self.lists[to], address, {self.fields[key]: text for key, text in fields.items()})

    def unsubscribe(self, address: str, name: str = "Letter") -> None:
        self.service.unsubscribe(self.lists[name], address)

    # --- what there is to see --------------------------------------------------------------------------------

    def status(self, address: str, name: str = "Letter") -> SubscriberStatus:
        return self.service.status(self.lists[name], address)

    def is_on(self, address: str, name: str) -> bool:
        held = self.service.recipients(self.lists[name]).get(address_key(address))
        return held is not None and held.is_member

    def at_service(self, address: str, field: str) -> Any:
        """Return a field as the service keeps it, by the CRM's key."""
        return self.service.recipients(self.lists["Letter"])[address_key(address)].fields.get(self.fields[field])

    def contact(self, address: str) -> HeldContact:
        [found] = [one for one in self.crm.contacts().values() if address_key(one.email or "") == address]
        return found

    def addresses(self) -> set[str]:
        return {address_key(one.email or "") for one in self.crm.contacts().values()}


@pytest.fixture(params=SERVICES)
def service_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=CRMS)
def crm_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service_name: str, crm_name: str) -> Iterator[Desk]:
    """Two lists, Letter and Events, without subscribers; an empty CRM; a rundbrief.toml that names both."""
    monkeypatch.chdir(tmp_path)
    provider = load_provider(service_name)
    service, crm = provider.sandbox(), load_crm(crm_name).sandbox()
    assert service is not None
    assert crm is not None
    lists = {name: service.add_list(name) for name in ("Letter", "Events")}
    with ExitStack() as served:
        crm_url = served.enter_context(crm.application.serve()) if crm.application else ""
        service_url = served.enter_context(service.serve())
        is_account_wide = provider.info.scope is ConsentScope.ACCOUNT
        settings = {
            **service.settings(service_url),
            **({"list": "Letter"} if is_account_wide else {}),
            "fields": {remote: key for key, remote in FIELDS[service_name].items()},
            "max_withdrawals": 1.0,
        }
        text = crm_table(crm.settings(crm_url)) + "\n" + connection_table(CONNECTION, settings)
        (tmp_path / "rundbrief.toml").write_text(text, encoding="utf-8")
        yield Desk(service, crm, is_account_wide, FIELDS[service_name], lists)
