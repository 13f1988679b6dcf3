"""Mailchimp keeps the contract of all providers."""

from rundbrief.testing import ProviderContract


class TestMailchimp(ProviderContract):
    provider = "mailchimp"
    crowd = 20_000
    """The whole crowd streams by where the plugin is checked alone, by `tests/test_workspace.py`."""
