"""The contract of CRMs: what a correct, robust and trustworthy one is, as tests that any plugin can run.

A plugin's own tests hold four lines of it::

    from rundbrief.testing import CrmContract

    class TestCardbox(CrmContract):
        crm = "cardbox"

It is a black box, as `rundbrief.testing.contract` is for providers: the CRM is opened as a host opens it, its
users act at its own sandbox, and only the sandbox says what is true. For a CRM without an API whatever can go
wrong on the way is skipped.
"""

from rundbrief.testing.contract.rules import rules_of
from rundbrief.testing.crm_contract.standard import CrmContract, check_crm

__all__ = ["CRM_RULES", "CrmContract", "check_crm"]

CRM_RULES = rules_of(CrmContract)
"""All rules, by level and number."""
