"""Finding plugins, loading the one that is asked for, and a typed face for each kind.

Discovery reads entry-point metadata and imports nothing; a plugin is imported when a connection, or a run that has
ended, needs it. One broken plugin never breaks the others.
"""

from rundbrief.plugins.crm import CrmPlugin, load_crm
from rundbrief.plugins.discovery import InstalledPlugin, installed
from rundbrief.plugins.observer import Observer, load_observer
from rundbrief.plugins.provider import Provider, load_provider

__all__ = [
    "CrmPlugin",
    "InstalledPlugin",
    "Observer",
    "Provider",
    "installed",
    "load_crm",
    "load_observer",
    "load_provider",
]
