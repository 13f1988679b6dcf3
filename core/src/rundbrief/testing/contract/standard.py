"""The standard itself: all rules in one class."""

from typing import Any

from rundbrief.testing.contract.erasing import Erasing
from rundbrief.testing.contract.loading import Loading
from rundbrief.testing.contract.making import MakingFields
from rundbrief.testing.contract.reading import ReadingCorrectly
from rundbrief.testing.contract.robust import Robustly
from rundbrief.testing.contract.rules import refuse_changes
from rundbrief.testing.contract.trustworthy import Trustworthily
from rundbrief.testing.contract.writing import WritingCorrectly

__all__ = ["ProviderContract"]


# pytest collects the tests of the last base first.
class ProviderContract(
    Erasing, Trustworthily, Robustly, MakingFields, WritingCorrectly, ReadingCorrectly, Loading
):
    """Every rule for a provider. A subclass names it: `provider = "paperboy"`.

    Raises:
        TypeError: the subclass drops or overrides a rule without saying openly that it is expected to fail.
    """

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        refuse_changes(cls, ProviderContract)
