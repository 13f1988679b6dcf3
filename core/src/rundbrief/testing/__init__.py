"""What a plugin's author tests with: sandboxes, fault injection, contracts."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rundbrief.testing.contract import ProviderContract

__all__ = ["ProviderContract"]


def __getattr__(name: str) -> Any:
    """Bring in the contract when it is asked for: it needs pytest, which a sandbox does not."""
    if name in __all__:
        return getattr(import_module("rundbrief.testing.contract"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
