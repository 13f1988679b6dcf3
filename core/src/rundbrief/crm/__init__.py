"""The CRM side: what rundbrief needs of the system that leads for data.

The embedded SQLite CRM is `rundbrief.crm.local`; others are plugins of the entry-point group `rundbrief.crms`.
"""

from rundbrief.crm.protocol import Crm

__all__ = ["Crm"]
