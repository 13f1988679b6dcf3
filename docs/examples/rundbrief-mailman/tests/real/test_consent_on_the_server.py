"""Moderators, several lists and forgetting, on the real server."""

import pytest
from consent import Consent
from mailman_in_a_box import MailmanInABox


class TestOnTheServer(Consent):
    @pytest.fixture
    def box(self, mailman):
        return MailmanInABox(mailman)
