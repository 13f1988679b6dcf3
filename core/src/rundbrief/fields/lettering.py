"""Names in plain letters, for keys and for telling whether two names are one."""

import unicodedata

__all__ = ["spell_out"]

_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "æ": "ae", "ø": "oe", "å": "aa"})


def spell_out(text: str) -> str:
    """Return a text in small letters without umlauts and accents: Straße -> strasse, Größe -> groesse."""
    small = unicodedata.normalize("NFC", text).casefold().translate(_LETTERS)
    return "".join(one for one in unicodedata.normalize("NFKD", small) if not unicodedata.combining(one))
