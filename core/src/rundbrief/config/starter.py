"""The configuration that `rundbrief init` writes."""

import re
from collections.abc import Sequence

__all__ = ["starter_config"]

_HEAD = """\
# rundbrief: which CRM, which newsletter services.
# A wrong key is an error that names the right one; `rundbrief connections check NAME` tries a connection.

[crm]
plugin = "local"            # the embedded CRM
path = "contacts.db"

# [state]
# path = "rundbrief.db"     # what was synchronised, and the consent journal: back it up
"""

_CONNECTION = """
# [connections.{name}]
# provider = "{provider}"
# api_key = {{ env = "{variable}" }}   # or {{ file = "key.txt" }} or {{ keyring = "service/user" }}
# reconsent = "hold"        # an opt-in in the CRM after a withdrawal: "hold", or "confirm" by mail
# withdrawals = "push"      # the CRM withdraws: "push" it to the service, or only "report" it;
#                           # "everywhere": push, and a withdrawal at this service counts for all others
# address_change = "move"   # an address changes in the CRM: "move" the opt-in along, or let the new one "confirm"
#                           # by double opt-in, or "hold" it until its owner signs up
# max_withdrawals = 0.10    # a run that would take away a larger share of opt-ins stops first
# full_import_days = 7      # how often an import reads everything again, to notice who is gone
#
# [connections.{name}.fields]
# FNAME = "first_name"      # remote field = CRM field; see `rundbrief fields {name} LIST`
# LNAME = "last_name"
"""


def starter_config(providers: Sequence[str]) -> str:
    """Return a commented rundbrief.toml with an example connection for each provider."""
    examples = [
        _CONNECTION.format(name=provider, provider=provider, variable=_variable(provider))
        for provider in providers or ["mailchimp"]
    ]
    return "".join([_HEAD, *examples])


def _variable(provider: str) -> str:
    """Return a name that every shell can export: a provider may be called `my-service`."""
    return re.sub(r"[^A-Z0-9]", "_", provider.upper()) + "_API_KEY"
