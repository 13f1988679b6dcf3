"""Conditions: read, bound to the fields of a CRM, asked about a contact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from rundbrief.fields import CrmField
from rundbrief.models import Contact
from rundbrief.where.binding import bind
from rundbrief.where.evaluation import Predicate, predicate
from rundbrief.where.excerpt import Mistake, veiled
from rundbrief.where.spelling import unparse
from rundbrief.where.tree import And, Node, Operand, OptInState, Target

__all__ = ["BoundCondition", "Condition", "parse"]


@dataclass(frozen=True, slots=True, repr=False)
class Condition:
    """A condition whose form is right. What it speaks of is not known yet; see `bind`.

    `str()` gives the canonical text, which reads back as an equal `root`.
    """

    text: str
    """As it was written."""
    root: Node

    def bind(self, fields: Sequence[CrmField], opt_in_keys: Sequence[str] = ()) -> "BoundCondition":
        """Find the fields that the condition speaks of, and check that its values fit them.

        Args:
            fields: what `Crm.fields` returns.
            opt_in_keys: the keys of the opt-in fields there are.

        Raises:
            InputError: there is no such field, or a value or operator does not fit it; with the place.
        """
        try:
            targets = bind(self.root, fields, opt_in_keys)
        except Mistake as mistake:
            raise mistake.within(self.text) from None
        return BoundCondition(self, MappingProxyType(dict(targets)), predicate(self.root, targets))

    def __str__(self) -> str:
        return unparse(self.root)

    def __repr__(self) -> str:
        return f"Condition({veiled(self.text)!r})"


@dataclass(frozen=True, slots=True, repr=False)
class BoundCondition:
    """A condition on the contacts of one CRM."""

    condition: Condition
    targets: Mapping[Operand, Target] = field(hash=False)
    """What each operand in `condition.root` means: a built-in name, a field of the CRM, or an opt-in field."""
    _predicate: Predicate = field(compare=False)

    def holds(self, contact: Contact) -> bool:
        """Tell whether a contact fulfils the condition. Never raises."""
        return self._predicate(contact)

    @property
    def conjuncts(self) -> tuple[Node, ...]:
        """The parts that must all hold.

        A CRM that can search translates those it is sure of, leaves out the others, and may return more contacts
        than the condition holds for, but never fewer: `holds` looks at each of them again.
        """
        root = self.condition.root
        return root.parts if isinstance(root, And) else (root,)

    @property
    def field_keys(self) -> frozenset[str]:
        """The keys of the CRM's fields that `holds` looks at."""
        return frozenset(target.key for target in self.targets.values() if isinstance(target, CrmField))

    @property
    def opt_in_keys(self) -> frozenset[str]:
        """The keys of the opt-in fields that `holds` looks at."""
        return frozenset(target.key for target in self.targets.values() if isinstance(target, OptInState))

    def __str__(self) -> str:
        return str(self.condition)

    def __repr__(self) -> str:
        return f"BoundCondition({veiled(self.condition.text)!r})"


def parse(text: str) -> Condition:
    """Read a condition.

    Raises:
        InputError: it cannot be read, or is longer or deeper than allowed. The message shows the line with a caret
            below the place.
    """
    # The library behind it is slow to import, and commands without a condition need not wait for it.
    from rundbrief.where.reading import read

    try:
        return Condition(text, read(text))
    except Mistake as mistake:
        raise mistake.within(text) from None
