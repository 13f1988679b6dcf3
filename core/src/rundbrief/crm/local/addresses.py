"""Is it an e-mail address? A rule for slips of the pen, not for the whole of RFC 5322."""

import unicodedata

__all__ = ["address_problem", "is_plausible_address"]

_NEVER_BARE = frozenset('()<>[]:;,\\"')
"""RFC 5322 allows these in quoted local parts alone, which no newsletter service takes."""


def is_plausible_address(address: str) -> bool:
    """Tell whether mail could be sent there: one @, a domain with a dot, the lengths of RFC 5321, no odd marks.

    Plus signs, umlauts on both sides (RFC 6531) and new top-level domains are fine.
    """
    return address_problem(address) is None


def address_problem(address: str) -> str | None:
    """Return in words what keeps a text from being an address, without repeating it; None when nothing does."""
    local, at, domain = address.rpartition("@")
    if not at:
        return "has no @"
    if "@" in local:
        return "has more than one @"
    if not local or not domain:
        return "lacks the part before or after the @"
    if not address.isprintable() or " " in address:
        return "holds a space or an invisible character"
    if _NEVER_BARE.intersection(local):
        return "holds a character that no address has"
    if len(local.encode()) > 64 or len(address.encode()) > 254:
        return "is longer than an address can be"
    return _domain_problem(domain)


def _domain_problem(domain: str) -> str | None:
    labels = domain.split(".")
    if len(labels) < 2:
        return "has a domain without a dot"
    if not all(_is_label(label) for label in labels) or labels[-1].isdecimal():
        return "has an impossible domain"
    return None


def _is_label(label: str) -> bool:
    if not 0 < len(label) <= 63 or label.startswith("-") or label.endswith("-"):
        return False
    others = (one for one in label if not one.isalnum() and one != "-")
    return all(unicodedata.category(one).startswith("M") for one in others)  # vowel signs, accents set apart
