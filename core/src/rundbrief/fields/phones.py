"""Telephone numbers as services want them: E.164, by the rules of the number's country.

`phonenumbers` is Google's library of numbering plans. It is large, so it comes in when a number does.
"""

from functools import lru_cache

__all__ = ["as_e164"]


@lru_cache(maxsize=4096)
def as_e164(number: str, country: str | None) -> str | None:
    """Return `+493511234567` for `0351 / 123 45 67` in Germany; None for what cannot be a number there.

    Args:
        country: two letters (ISO 3166), for numbers without a country code; None: such numbers cannot be read.
    """
    import phonenumbers

    text = f"+{number.strip()[2:]}" if number.strip().startswith("00") else number
    try:
        found = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(found):
        return None
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
