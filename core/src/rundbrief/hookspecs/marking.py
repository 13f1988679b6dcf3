"""What marks a function as a hook, and the version that all specs have together."""

import pluggy

__all__ = [
    "CRM_GROUP",
    "OBSERVER_GROUP",
    "OLDEST_SPEC_VERSION",
    "PROJECT",
    "PROVIDER_GROUP",
    "SPEC_VERSION",
    "hookimpl",
    "hookspec",
]

PROJECT = "rundbrief"
PROVIDER_GROUP = "rundbrief.providers"
CRM_GROUP = "rundbrief.crms"
OBSERVER_GROUP = "rundbrief.observers"
SPEC_VERSION = 1
"""The version of the hook specs. It grows when a plugin that is right could break; each plugin says in its info
for which one it was written."""
OLDEST_SPEC_VERSION = 1
"""Plugins written for an older one are refused."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
