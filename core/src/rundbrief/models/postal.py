"""Postal addresses, for services that keep one as a whole."""

from dataclasses import dataclass

__all__ = ["PostalAddress"]


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """An address in its parts; a part that is not known is empty."""

    street: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""

    def __str__(self) -> str:
        place = " ".join(filter(None, (self.postcode, self.city)))
        return ", ".join(filter(None, (self.street, place, self.state, self.country)))
