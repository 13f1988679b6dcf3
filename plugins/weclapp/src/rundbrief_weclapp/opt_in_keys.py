"""Where an opt-in field is kept at weclapp: the key of its custom attribute.

An attribute is found again by its `attributeKey`, which is unique per tenant and up to 256 characters long
(OpenAPI description of `customAttributeDefinition`). Which characters it may hold is said nowhere: ASCII letters,
digits and `_` are safe.
"""

import re

__all__ = ["attribute_key", "beside", "opt_in_key_of"]

_PREFIX = "newsletter_"


def attribute_key(opt_in_key: str) -> str:
    """Return the attribute key for an opt-in field: `newsletter_news__1001` for `news/1001`.

    Whatever is no ASCII letter or digit becomes its code point between two `_`: two fields never share a key.
    """
    parts = (re.sub(r"[^a-zA-Z0-9]", _code, part) for part in opt_in_key.split("/"))
    return _PREFIX + "__".join(parts)


def opt_in_key_of(key: str) -> str | None:
    """Return the opt-in field that an attribute key stands for; None: it stands for none."""
    if not key.startswith(_PREFIX):
        return None
    text = re.sub(r"__|_([0-9a-f]{2,6})_", _character, key.removeprefix(_PREFIX))
    return text if attribute_key(text) == key else None


def beside(key: str, what: str) -> str:
    """Return the key of an attribute that stands beside an opt-in's: `since`, `until` or `source`."""
    return f"{key}_{what}"


def _code(found: re.Match[str]) -> str:
    return f"_{ord(found[0]):02x}_"


def _character(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else "/"
