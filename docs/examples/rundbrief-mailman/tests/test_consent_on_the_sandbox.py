"""Moderators, several lists and forgetting, on the sandbox."""

import pytest
from consent import Consent
from rundbrief_mailman.testing import MailmanSandbox


class TestOnTheSandbox(Consent):
    @pytest.fixture
    def box(self):
        return MailmanSandbox()
