"""The real server, once for all tests, where it is installed."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from server import RealServer, running

VARIABLE = "RUNDBRIEF_MAILMAN"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("real_server")


@pytest.fixture(scope="session")
def mailman() -> Iterator[RealServer]:
    environment = os.environ.get(VARIABLE)
    if not environment:
        pytest.skip(f"GNU Mailman is not installed: {VARIABLE} names no environment of it (`make test-mailman`).")
    with running(Path(environment)) as server:
        yield server
