"""Consent scopes, and the CRM's opt-in fields that stand for them."""

from rundbrief.store import ACCOUNT_SCOPE

__all__ = ["opt_in_key", "scope_of"]


def opt_in_key(connection: str, scope: str) -> str:
    """Return the key of the opt-in field: `connection/list id`, or `connection` where consent is account-wide."""
    return connection if scope == ACCOUNT_SCOPE else f"{connection}/{scope}"


def scope_of(key: str) -> tuple[str, str]:
    """Return connection and consent scope of an opt-in field. A connection's name holds no slash."""
    connection, _, list_id = key.partition("/")
    return connection, list_id or ACCOUNT_SCOPE
