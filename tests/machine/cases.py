"""The cases in which the machine runs: which services, which CRM, how many people."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from machine.crms import CRMS
from machine.rules import ConsentMachine, CrowdedMachine, EverywhereMachine, KilledMachine
from machine.services import SERVICES

__all__ = ["CASES", "PAIRS", "Case"]


@dataclass(frozen=True)
class Case:
    name: str
    base: type[ConsentMachine]
    services: Sequence[str]
    crm: str

    def machine(self, tally: Counter[str] | None = None) -> type[ConsentMachine]:
        """Return a machine of this case.

        Args:
            tally: counts what happens.
        """
        return type(
            "Machine",
            (self.base,),
            {
                "services": tuple(SERVICES[one] for one in self.services),
                "crm": self.crm,
                "tally": Counter() if tally is None else tally,
            },
        )


PAIRS = {
    f"{service}-{crm}": Case(f"{service}-{crm}", ConsentMachine, (service,), crm)
    for service in SERVICES
    for crm in CRMS
}
"""Each service with each CRM."""

_CROWDED = {
    f"{name}-crowd": replace(case, name=f"{name}-crowd", base=CrowdedMachine) for name, case in PAIRS.items()
}
_KILLED = {
    f"{name}-killed": replace(case, name=f"{name}-killed", base=KilledMachine) for name, case in PAIRS.items()
}
_TOGETHER = {
    f"{first}+{second}-{crm}": Case(f"{first}+{second}-{crm}", EverywhereMachine, (first, second), crm)
    for first, second in combinations(SERVICES, 2)
    for crm in CRMS
}

CASES = PAIRS | _CROWDED | _KILLED | _TOGETHER
"""Name -> case."""
