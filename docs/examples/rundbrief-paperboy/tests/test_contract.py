"""Paperboy keeps the contract of all providers."""

from rundbrief.testing import ProviderContract


class TestPaperboy(ProviderContract):
    provider = "paperboy"
