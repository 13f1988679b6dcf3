"""What kinds of fields there are."""

from enum import StrEnum

__all__ = ["FieldType"]


class FieldType(StrEnum):
    """What a field holds, on either side. In brackets the type of its values."""

    TEXT = "text"
    """A line of text (str)."""
    LONG_TEXT = "long text"
    """Text with line breaks (str)."""
    INTEGER = "integer"
    """A whole number (int)."""
    NUMBER = "number"
    """A number with decimals (Decimal; int as well)."""
    BOOLEAN = "boolean"
    """Yes or no (bool)."""
    DATE = "date"
    """A day (date)."""
    DATETIME = "datetime"
    """A moment (datetime, with a time zone)."""
    BIRTHDAY = "birthday"
    """Month and day without a year (str, `02-29`)."""
    CHOICE = "choice"
    """One of several texts (str)."""
    CHOICES = "choices"
    """Any of several texts (tuple of str)."""
    EMAIL = "email"
    """An e-mail address (str)."""
    PHONE = "phone"
    """A telephone number (str); E.164 at a service, `+493511234567`."""
    URL = "url"
    """A web address (str)."""
    ADDRESS = "address"
    """A postal address (`PostalAddress`)."""
    LANGUAGE = "language"
    """A language, as its code or name (str)."""
    COUNTRY = "country"
    """A country, as its code or name (str)."""
