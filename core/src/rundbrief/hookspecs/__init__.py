"""The hooks: all that a plugin has to implement.

A plugin is a module of functions, marked with `hookimpl` and named in an entry point::

    [project.entry-points."rundbrief.providers"]
    paperboy = "rundbrief_paperboy"

Providers are newsletter services, CRMs stand in the group `rundbrief.crms`, and plugins that are told what runs
did in `rundbrief.observers`. An implementation may leave out parameters it does not need; it may not rename them,
add its own, or make them keyword-only. Trouble with one contact is an `Outcome`; trouble with the service is an
exception from `rundbrief.errors`. Modules are imported only when they are needed. Nothing may touch the network
at import.
"""

from rundbrief.hookspecs.crm import CrmFile, CrmInfo, CrmSpec
from rundbrief.hookspecs.marking import (
    CRM_GROUP,
    OBSERVER_GROUP,
    OLDEST_SPEC_VERSION,
    PROJECT,
    PROVIDER_GROUP,
    SPEC_VERSION,
    hookimpl,
)
from rundbrief.hookspecs.observer import ConsentChange, ObservedRun, ObserverInfo, ObserverSpec, UnwrittenContact
from rundbrief.hookspecs.provider import ProviderSpec
from rundbrief.hookspecs.provider_info import ERASED_AT_ONCE, ConsentScope, FieldWish, ProviderInfo

__all__ = [
    "CRM_GROUP",
    "ERASED_AT_ONCE",
    "OBSERVER_GROUP",
    "OLDEST_SPEC_VERSION",
    "PROJECT",
    "PROVIDER_GROUP",
    "SPEC_VERSION",
    "ConsentChange",
    "ConsentScope",
    "CrmFile",
    "CrmInfo",
    "CrmSpec",
    "FieldWish",
    "ObservedRun",
    "ObserverInfo",
    "ObserverSpec",
    "ProviderInfo",
    "ProviderSpec",
    "UnwrittenContact",
    "hookimpl",
]
