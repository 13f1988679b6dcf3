"""The contracts: what is asked of a plugin, rule by rule."""

from collections.abc import Mapping, Sequence

from rundbrief.testing.contract import RULES, Level, Rule
from rundbrief.testing.crm_contract import CRM_RULES

__all__ = ["crm_contract", "provider_contract"]

PROVIDER_LEVELS = {
    Level.CORRECT: "It does what the hooks ask for, on a good day.",
    Level.ROBUST: "Nobody is lost, doubled or given away on a bad one.",
    Level.TRUSTWORTHY: "It never makes a yes out of a no.",
}
CRM_LEVELS = {
    **PROVIDER_LEVELS,
    Level.CORRECT: "It does what the protocol asks for, on a good day.",
    Level.TRUSTWORTHY: "It overwrites nothing that its users have written, and nobody's no.",
}


def provider_contract() -> str:
    """Return what is asked of a provider."""
    return _contract(RULES, PROVIDER_LEVELS)


def crm_contract() -> str:
    """Return what is asked of a CRM."""
    return _contract(CRM_RULES, CRM_LEVELS)


def _contract(rules: Sequence[Rule], levels: Mapping[Level, str]) -> str:
    """Return one section for each level and, in it, one for each rule: number, what it asks, and why."""
    return "\n\n".join(
        "\n\n".join([f"## Level *{level.value}*", text, *(_rule(rule) for rule in rules if rule.level is level)])
        for level, text in levels.items()
    )


def _rule(rule: Rule) -> str:
    parts = [f"### {rule.number} ({rule.level.value})", rule.title, rule.details, f"*Why:* {rule.why}"]
    return "\n\n".join(part for part in parts if part)
