"""The services the machine knows, each with what only a reader of its requests can say."""

from machine.services.brevo import BREVO
from machine.services.cleverreach import CLEVERREACH
from machine.services.mailchimp import MAILCHIMP
from machine.services.service import Attempt, Service

__all__ = ["MAILCHIMP", "SERVICES", "Attempt", "Service"]

SERVICES = {one.name: one for one in (MAILCHIMP, CLEVERREACH, BREVO)}
