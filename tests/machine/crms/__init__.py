"""The CRMs the machine knows: how the engine opens each, and what its users do."""

from machine.crms.crm import MachineCrm
from machine.crms.embedded import EmbeddedCrm
from machine.crms.weclapp import WeclappMachineCrm

__all__ = ["CRMS", "MachineCrm"]

CRMS: dict[str, type[MachineCrm]] = {"local": EmbeddedCrm, "weclapp": WeclappMachineCrm}
