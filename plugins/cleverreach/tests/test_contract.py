"""CleverReach keeps the contract of all providers."""

from rundbrief.testing import ProviderContract


class TestCleverReach(ProviderContract):
    provider = "cleverreach"
