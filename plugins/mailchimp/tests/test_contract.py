"""Mailchimp keeps the contract of all providers."""

from rundbrief.testing import ProviderContract


class TestMailchimp(ProviderContract):
    provider = "mailchimp"
