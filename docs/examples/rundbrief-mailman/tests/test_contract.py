"""Mailman keeps the contract of all providers, but for what a service cannot do that forgets who left."""

from contract import MailmanContract


class TestMailman(MailmanContract):
    crowd = 5_000
