"""The standard itself: all rules for CRMs in one class, and a way to run them without a test suite."""

from collections.abc import Callable, Collection
from typing import Any

from rundbrief.plugins import installed
from rundbrief.testing.contract.installed import CRM
from rundbrief.testing.contract.report import ContractReport, RuleResult
from rundbrief.testing.contract.rules import refuse_changes
from rundbrief.testing.contract.runner import run_contract
from rundbrief.testing.crm_contract.frame import CROWD, MANY
from rundbrief.testing.crm_contract.loading import Loading
from rundbrief.testing.crm_contract.reading import ReadingCorrectly
from rundbrief.testing.crm_contract.robust import Robustly
from rundbrief.testing.crm_contract.trustworthy import Trustworthily
from rundbrief.testing.crm_contract.writing import WritingCorrectly

__all__ = ["CrmContract", "check_crm"]


# pytest collects the tests of the last base first.
class CrmContract(Trustworthily, Robustly, WritingCorrectly, ReadingCorrectly, Loading):
    """Every rule for a CRM. A subclass names it: `crm = "cardbox"`.

    Raises:
        TypeError: the subclass drops or overrides a rule without saying openly that it is expected to fail.
    """

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        refuse_changes(cls, CrmContract)


def check_crm(
    name: str,
    *,
    rules: Collection[str] = (),
    crowd: int = CROWD,
    many: int = MANY,
    tell: Callable[[RuleResult], object] = lambda _: None,
) -> ContractReport:
    """Run the rules for a CRM with the sandbox that its plugin ships, and return what has come of each.

    Args:
        name: the entry point's name.
        rules: numbers such as C07; none: all rules.
        crowd: how many contacts stream by where memory is measured.
        many: more contacts than the CRM sends in one page.
        tell: called with each result as it comes.

    Raises:
        PluginMissing: no installed distribution offers it. One that is installed and broken has a report instead.
        Interrupted: the user has stopped it.
    """
    if name not in {plugin.name for plugin in installed(CRM.group)}:
        CRM.load(name)
    return run_contract(CrmContract, "crm", name, rules, tell, crowd=crowd, many=many)
