"""The contract on the real server: every rule that does not need thousands of members, which take it minutes."""

import pytest
from contract import MailmanContract
from mailman_in_a_box import MailmanInABox


class TestRealMailman(MailmanContract):
    @pytest.fixture(autouse=True)
    def _server(self, mailman):
        self.server = mailman

    def make_sandbox(self, provider):
        return MailmanInABox(self.server)
