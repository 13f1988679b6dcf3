"""The contract: what a correct, robust and trustworthy provider is, as tests that any plugin can run.

A plugin's own tests hold four lines of it::

    from rundbrief.testing import ProviderContract

    class TestPaperboy(ProviderContract):
        provider = "paperboy"

It is a black box. The provider is loaded as a host loads it, and driven through the facade with the real HTTP
client against its own sandbox; clocks and waits take no time. What a provider cannot do is skipped with a
sentence.

A rule that it cannot keep is said openly, by overriding the test with `@pytest.mark.xfail(reason="...")`.
"""

from rundbrief.testing.contract.report import ContractReport, RuleResult, Verdict
from rundbrief.testing.contract.rules import Level, Rule, rules_of
from rundbrief.testing.contract.runner import check_provider
from rundbrief.testing.contract.standard import ProviderContract

__all__ = [
    "RULES",
    "ContractReport",
    "Level",
    "ProviderContract",
    "Rule",
    "RuleResult",
    "Verdict",
    "check_provider",
]

RULES = rules_of(ProviderContract)
"""All rules, by level and number."""
