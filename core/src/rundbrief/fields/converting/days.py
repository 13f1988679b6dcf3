"""Days, moments and birthdays. No zone shifts a day: a moment's day is that of UTC."""

import re
from datetime import UTC, date, datetime

from rundbrief.fields.converting.outcome import Convert, Partly, Unfit
from rundbrief.fields.converting.reading import parsed
from rundbrief.fields.types import FieldType
from rundbrief.models import FieldValue

__all__ = ["birthday_in", "plain_birthday", "to_date", "to_moment"]

_MONTH_AND_DAY = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")
_SLASHED = re.compile(r"([0-9]{1,2})/([0-9]{1,2})")
_GERMAN_MONTH_AND_DAY = re.compile(r"([0-9]{1,2})\.\s?([0-9]{1,2})\.")


def to_date(value: FieldValue) -> date | Partly:
    match value:
        case datetime():
            return value.astimezone(UTC).date()
        case date():
            return value
        case str() if _MONTH_AND_DAY.fullmatch(value.strip()):
            raise Unfit("lacks the year")
        case str() if value.strip():
            return parsed(value, FieldType.DATE, date)
    raise Unfit("is no date")


def to_moment(value: FieldValue) -> datetime:
    match value:
        case datetime():
            return value
        case date():
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        case str() if value.strip():
            return parsed(value, FieldType.DATETIME, datetime)
    raise Unfit("is no date with a time")


def birthday_in(form: str) -> Convert:
    """Return what makes a birthday, spelt as the service does (`MM/DD`, `DD/MM`), or else as `MM-DD`."""
    spelt = {"MM/DD": "%m/%d", "DD/MM": "%d/%m"}.get(form, "%m-%d")

    def to_birthday(value: FieldValue) -> str:
        match value:
            case datetime():
                return value.astimezone(UTC).strftime(spelt)
            case date():
                return value.strftime(spelt)
            case str() if value.strip():
                found = _month_and_day(value.strip(), form) or to_date(value)
                assert isinstance(found, date)
                return found.strftime(spelt)
        raise Unfit("is no birthday")

    return to_birthday


def plain_birthday(text: str, form: str) -> str:
    """Return `02-29` for a birthday as a service spells it (`MM/DD`, `DD/MM`); any other text as it is."""
    try:
        found = _month_and_day(text.strip(), form)
    except Unfit:
        return text
    return found.strftime("%m-%d") if found else text


def _month_and_day(text: str, form: str) -> date | None:
    """Return a day of a leap year for `02-29`, `29.2.` and the service's own spelling; None for anything else."""
    if found := _MONTH_AND_DAY.fullmatch(text):
        month, day = map(int, found.groups())
    elif found := _GERMAN_MONTH_AND_DAY.fullmatch(text):
        day, month = map(int, found.groups())
    elif form and (found := _SLASHED.fullmatch(text)):
        first, second = map(int, found.groups())
        month, day = (first, second) if form == "MM/DD" else (second, first)
    else:
        return None
    try:
        return date(2000, month, day)
    except ValueError:
        raise Unfit("is a day that the calendar does not have") from None
