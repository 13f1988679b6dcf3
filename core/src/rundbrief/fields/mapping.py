"""The field map, and the map at work: contacts out, subscribers in."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rundbrief.fields.conversion import Convert, Habits, Partly, Unfit, converter
from rundbrief.fields.converting.days import plain_birthday
from rundbrief.fields.model import CrmField, OnEmpty, OnError, RemoteField
from rundbrief.fields.types import FieldType
from rundbrief.models import FieldValue, PostalAddress

__all__ = ["POSTAL_ADDRESS", "FieldLink", "FieldMap", "FieldPolicy", "Incoming", "Outgoing", "Translation"]

POSTAL_ADDRESS = "address"
"""The key of what street, postcode, city and country of a contact make up together."""

_WHOLE_ADDRESS = CrmField(POSTAL_ADDRESS, "Postal address", FieldType.ADDRESS)
_COUNTRY = re.compile("[A-Z]{2}")
_PARTS = ("street", "city", "state", "postcode", "country")


@dataclass(frozen=True, slots=True)
class FieldLink:
    """One line of the map: this CRM field goes into that remote field."""

    crm_key: str
    remote: RemoteField


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Which CRM fields a list takes, and how they are defined there."""

    links: tuple[FieldLink, ...] = ()
    problems: tuple[str, ...] = ()
    """Sentences about wishes that cannot be met, such as a configured key that the list does not have."""
    unused: tuple[RemoteField, ...] = ()
    """Fields of the list that nothing goes into. A required one among them makes the service refuse contacts."""


@dataclass(frozen=True, slots=True)
class FieldPolicy:
    """What the configuration says of one remote field, beside what goes into it."""

    on_empty: OnEmpty = OnEmpty.SKIP
    on_error: OnError = OnError.DROP


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A contact's data as a service gets it."""

    fields: dict[str, FieldValue]
    """Remote key -> value; an empty text empties the field."""
    left_out: list[str] = field(default_factory=list)
    """Sentences about values that do not arrive whole: `BIRTHDAY is no date`. None contains a value."""
    is_refused: bool = False
    """A value that the contact may not go without is among them."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A subscriber's data as the CRM gets it."""

    fields: dict[str, FieldValue]
    """CRM key -> value."""
    left_out: list[str] = field(default_factory=list)
    """As `Outgoing.left_out`."""


class Translation:
    """A field map at work.

    Args:
        crm_fields: key -> field, of the CRM's.
        policies: remote key -> what the configuration says of it.
        habits: how people write here what a service has no type for.
    """

    def __init__(
        self,
        field_map: FieldMap,
        crm_fields: Mapping[str, CrmField],
        policies: Mapping[str, FieldPolicy] | None = None,
        habits: Habits | None = None,
    ) -> None:
        self._habits = habits = habits or Habits()
        policies = policies or {}
        self._out: Sequence[tuple[FieldLink, Convert, FieldPolicy]] = [
            (link, converter(link.remote, habits), policies.get(link.remote.key, FieldPolicy()))
            for link in field_map.links
        ]
        self._known = {*crm_fields, POSTAL_ADDRESS}
        self._of_country: dict[tuple[str, str], Convert] = {}
        self._in: Sequence[tuple[FieldLink, Convert]] = [
            (link, converter(crm_fields.get(link.crm_key, _WHOLE_ADDRESS), habits))
            for link in field_map.links
            if link.crm_key in self._known
        ]

    @property
    def signature(self) -> str:
        """Return what tells this translation from another one: two with the same make the same of any values."""
        lines = sorted(f"{link!r} {policy!r}" for link, _, policy in self._out)
        return hashlib.sha256("\n".join([repr(self._habits), *lines]).encode()).hexdigest()[:32]

    def outward(self, values: Mapping[str, FieldValue]) -> Outgoing:
        """Return what a contact's values become at the service. Values that do not fit are left out and told."""
        found = Outgoing({})
        refused = False
        for link, convert, policy in self._out:
            value = _value_of(link.crm_key, values)
            if value is None:
                # A field that the CRM does not have is not empty: a misspelt key would empty it for everybody.
                if policy.on_empty is OnEmpty.CLEAR and link.crm_key in self._known:
                    found.fields[link.remote.key] = ""
                continue
            if link.remote.type is FieldType.PHONE:
                convert = self._dialled_in(values.get("country"), link.remote, convert)
            try:
                sent = convert(value)
            except Unfit as reason:
                found.left_out.append(f"{link.remote.key} {reason}")
                refused = refused or policy.on_error is OnError.REFUSE
                continue
            if isinstance(sent, Partly):
                found.left_out.append(f"{link.remote.key} {sent.lost}")
                sent = sent.value
            found.fields[link.remote.key] = sent
        return Outgoing(found.fields, found.left_out, refused) if refused else found

    def there(self, values: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
        """Return a subscriber's values as `outward` would have made them, to compare what is there with that."""
        found: dict[str, FieldValue] = {}
        for link, convert, _ in self._out:
            value = _understood(link.remote, _filled(values.get(link.remote.key)))
            if value is None:
                continue
            try:
                same = convert(value)
            except Unfit:
                same = value
            found[link.remote.key] = same.value if isinstance(same, Partly) else same
        return found

    def inward(self, values: Mapping[str, FieldValue]) -> Incoming:
        """Return a subscriber's values as the CRM's, for a contact that an import creates.

        Values that do not fit are left out and told: the service keeps them.
        """
        found = Incoming({})
        for link, convert in self._in:
            value = _understood(link.remote, _filled(values.get(link.remote.key)))
            if value is None:
                continue
            if link.crm_key == POSTAL_ADDRESS:
                self._take_apart(link.remote.key, value, found)
                continue
            try:
                taken = convert(value)
            except Unfit as reason:
                found.left_out.append(f"{link.remote.key} {reason}")
                continue
            if isinstance(taken, Partly):
                found.left_out.append(f"{link.remote.key} {taken.lost}")
                taken = taken.value
            found.fields[link.crm_key] = taken
        return found

    def _take_apart(self, remote_key: str, value: FieldValue, found: Incoming) -> None:
        """Put each part of a postal address into the CRM's field for it."""
        if not isinstance(value, PostalAddress):
            found.left_out.append(f"{remote_key} is no postal address in parts")
            return
        parts = {name: part for name in _PARTS if (part := getattr(value, name))}
        found.fields.update({name: part for name, part in parts.items() if name in self._known})
        homeless = [name for name in parts if name not in self._known]
        if homeless:
            found.left_out.append(f"{remote_key} has a {' and a '.join(homeless)} for which the CRM has no field")

    def _dialled_in(self, country: FieldValue | None, remote: RemoteField, otherwise: Convert) -> Convert:
        """Return the conversion of telephone numbers for somebody in this country, if that is a code."""
        if not isinstance(country, str) or not _COUNTRY.fullmatch(country):
            return otherwise
        key = remote.key, country
        if key not in self._of_country:
            self._of_country[key] = converter(remote, replace(self._habits, country=country))
        return self._of_country[key]


def _understood(remote: RemoteField, value: FieldValue | None) -> FieldValue | None:
    """Return the choice that a code of the service stands for, and `02-29` for a birthday in its own spelling.

    Any other value is returned as it is.
    """
    if remote.form and isinstance(value, str):
        return plain_birthday(value, remote.form)
    if remote.codes and isinstance(value, str) and value in remote.codes:
        return remote.choices[remote.codes.index(value)]
    return value


def _value_of(key: str, values: Mapping[str, FieldValue]) -> FieldValue | None:
    if key in values or key != POSTAL_ADDRESS:
        return _filled(values.get(key))
    parts = {name: str(values[name]) for name in _PARTS if _filled(values.get(name)) is not None}
    return PostalAddress(**parts) if parts.keys() - {"country"} else None


def _filled(value: FieldValue | None) -> FieldValue | None:
    """Return a value, or None for one that says nothing: a blank would wipe a name, where `skip` keeps it."""
    is_blank = not value.strip() if isinstance(value, str) else value == ()
    return None if is_blank else value
