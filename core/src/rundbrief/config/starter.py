"""The configuration that `rundbrief init` writes."""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping

from marshmallow import Schema

from rundbrief.config.schemas import ConnectionSchema, StateSchema, meaning
from rundbrief.config.secrets import SecretField

__all__ = ["starter_config"]

_HEAD = """\
# rundbrief: which CRM, which newsletter services.
# A wrong key is an error that names the right one; `rundbrief connections check NAME` tries a connection.

[crm]
plugin = "local"            # the embedded CRM
path = "contacts.db"

# Every key below has its default. What it is for stands above it, for connections at the first one.

# [state]
"""

_FIELDS = """\
#
# [connections.{name}.fields]
# FNAME = "first_name"      # remote field = CRM field; see `rundbrief fields {name} LIST`
# LNAME = "last_name"
"""

_KEYS = ("reconsent", "withdrawals", "address_change", "max_withdrawals", "max_additions", "full_import_days")
"""What every connection may say, and somebody who begins should know of."""

_WIDTH = 110


def starter_config(providers: Mapping[str, Schema | None]) -> str:
    """Return a commented rundbrief.toml with an example connection for each provider.

    Args:
        providers: name -> its settings; None where they cannot be had.
    """
    parts = [_HEAD, *_comment(StateSchema(), "path"), _key(StateSchema(), "path")]
    for number, (name, schema) in enumerate((providers or {"mailchimp": None}).items()):
        parts += _connection(name, schema, is_explained=number == 0)
    return "".join(parts)


def _connection(name: str, schema: Schema | None, *, is_explained: bool) -> Iterator[str]:
    yield f'\n# [connections.{name}]\n# provider = "{name}"\n'
    if is_explained:
        yield "## The environment variable that the secret is in;\n"
        yield '## or { file = "path" }, or { keyring = "service/user" }.\n'
    for key in _secrets_of(schema) if schema else ["api_key"]:
        yield f'# {key} = {{ env = "{_variable(name, key)}" }}\n'
    for key in _KEYS:
        if is_explained:
            yield from _comment(ConnectionSchema(), key)
        yield _key(ConnectionSchema(), key)
    yield _FIELDS.format(name=name)


def _secrets_of(schema: Schema) -> list[str]:
    """Return the secrets that have to be there; of those that are ways to the same, the first."""
    secrets = {name: one for name, one in schema.fields.items() if isinstance(one, SecretField)}
    return [name for name, one in secrets.items() if one.required] or list(secrets)[:1]


def _comment(schema: Schema, key: str) -> Iterator[str]:
    """Yield what a key is for. When a # is removed before every line, it is still a comment."""
    yield "#\n"
    for line in textwrap.wrap(meaning(schema, key), _WIDTH):
        yield f"## {line}\n"


def _key(schema: Schema, key: str) -> str:
    return f"# {key} = {json.dumps(schema.fields[key].load_default)}\n"


def _variable(provider: str, key: str) -> str:
    """Return a name that every shell can export: a provider may be called `my-service`."""
    return re.sub(r"[^A-Z0-9]", "_", f"{provider}_{key}".upper())
