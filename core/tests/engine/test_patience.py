"""How long a service out of reach is waited for: a run at night is patient, a person at a prompt is not."""

from pathlib import Path

import pytest

from rundbrief.config import Config, ConnectionConfig
from rundbrief.engine import Workspace
from rundbrief.errors import ServiceUnavailable
from rundbrief.http import wsgi_transport
from rundbrief.testing.faults import answer_with, refused
from rundbrief_mailchimp.testing import MailchimpSandbox


@pytest.mark.parametrize("fault", [answer_with(503), refused])
@pytest.mark.parametrize(("patience", "at_least", "at_most"), [(20.0, 0.0, 20.0), (None, 120.0, 300.0)])
def test_a_service_out_of_reach_is_waited_for_as_long_as_asked(
    tmp_path: Path, fault: object, patience: float | None, at_least: float, at_most: float
) -> None:
    service = MailchimpSandbox()
    settings = dict(service.settings("http://127.0.0.1"))
    connection = ConnectionConfig("news", settings.pop("provider"), settings)
    config = Config(None, tmp_path, tmp_path / "state.db", connections={"news": connection})
    service.faults.add(fault, times=1000)
    waits: list[float] = []
    with Workspace(
        config,
        environ=service.environ(),
        transports={"news": wsgi_transport(service)},
        wait=waits.append,
        patience=patience,
    ) as workspace:
        opened = workspace.connection("news")
        with pytest.raises(ServiceUnavailable):
            opened.provider.check_connection(opened.session)
    assert at_least <= sum(waits) <= at_most
