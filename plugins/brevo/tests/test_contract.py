"""Brevo keeps the contract of all providers."""

from rundbrief.testing import ProviderContract


class TestBrevo(ProviderContract):
    provider = "brevo"
    crowd = 20_000
    """The whole crowd streams by where the plugin is checked alone, by `tests/test_workspace.py`."""
