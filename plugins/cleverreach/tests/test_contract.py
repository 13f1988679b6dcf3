"""CleverReach keeps the contract of all providers."""

import pytest

from rundbrief.testing import ProviderContract

pytestmark = pytest.mark.contract


class TestCleverReach(ProviderContract):
    provider = "cleverreach"
