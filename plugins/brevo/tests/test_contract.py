"""Brevo keeps the contract of all providers."""

from rundbrief.testing import ProviderContract


class TestBrevo(ProviderContract):
    provider = "brevo"
