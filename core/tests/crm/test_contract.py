"""The embedded CRM keeps the contract of all CRMs."""

from rundbrief.testing import CrmContract


class TestEmbedded(CrmContract):
    crm = "local"
