"""What a plugin's author tests with: sandboxes, fault injection, contracts."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rundbrief.testing.contract import ProviderContract
    from rundbrief.testing.crm_contract import CrmContract

__all__ = ["CrmContract", "ProviderContract"]

_HOMES = {"CrmContract": "rundbrief.testing.crm_contract", "ProviderContract": "rundbrief.testing.contract"}


def __getattr__(name: str) -> Any:
    """Bring in a contract when it is asked for: it needs pytest, which a sandbox does not."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
