"""Both sides of a list's fields, what becomes of values between them, and making what is missing."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from rundbrief.engine.lists import find_list
from rundbrief.engine.workspace import Connection, Workspace
from rundbrief.errors import InputError, ProtocolError
from rundbrief.fields import POSTAL_ADDRESS, Cell, CrmField, FieldMap, FieldType, RemoteField, cell
from rundbrief.models import MailingList

__all__ = ["FieldRow", "FieldView", "push_fields", "view_fields"]


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of the CRM, and where it goes."""

    crm: CrmField
    remote: RemoteField | None
    is_configured: bool = False
    """rundbrief.toml says so; otherwise it is what fits by name."""
    is_kept_back: bool = False
    """rundbrief.toml names it nowhere, and lets nothing else go along."""

    @property
    def cell(self) -> Cell | None:
        return cell(self.crm.type, self.remote.type) if self.remote else None

    @property
    def is_astray(self) -> bool:
        """rundbrief.toml names a field that is not there, or that this one does not fit."""
        return self.is_configured and self.remote is None

    @property
    def is_homeless(self) -> bool:
        """It would go along if there were a field for it."""
        return self.remote is None and not self.is_configured and not self.is_kept_back


@dataclass(slots=True)
class FieldView:
    """All fields of the CRM beside those of a list."""

    connection: Connection
    mailing_list: MailingList
    rows: list[FieldRow]
    problems: list[str] = field(default_factory=list)
    new_choices: dict[str, list[str]] = field(default_factory=dict)
    """Remote key -> choices of the CRM that the field there lacked; they are added by a push."""
    unused: list[RemoteField] = field(default_factory=list)
    """Fields of the list that nothing goes into."""
    limit: str = ""
    """Of a push: the service's limit, in a sentence."""

    @property
    def linked(self) -> dict[str, str]:
        """Return remote key -> CRM key, of all that goes along."""
        return {one.remote.key: one.crm.key for one in self.rows if one.remote}


def view_fields(workspace: Workspace, name: str, list_id: str) -> FieldView:
    """Read both sides and the map between them. Nothing is changed.

    Raises:
        ConnectionUnknown, ListUnknown: there is no such connection or list.
    """
    connection = workspace.connection(name)
    mailing_list = find_list(workspace, connection, list_id, workspace.store, workspace.crm)
    crm_fields = {one.key: one for one in workspace.crm.fields()}
    wishes = connection.wishes(crm_fields)
    field_map = connection.provider.map_custom_fields(connection.session, mailing_list, wishes)
    known = {wish.field.key: wish.field for wish in wishes if wish.field.key in {*crm_fields, POSTAL_ADDRESS}}
    kept_back = crm_fields.keys() - known.keys()
    rows = _rows({**crm_fields, **known}.values(), field_map, set(connection.config.fields.values()), kept_back)
    order = list(crm_fields)
    rows.sort(key=lambda row: order.index(row.crm.key) if row.crm.key in order else len(order))
    problems = [*connection.unknown_fields(crm_fields), *field_map.problems]
    return FieldView(connection, mailing_list, rows, problems, unused=list(field_map.unused))


def push_fields(view: FieldView, only: Collection[str] = (), *, dry_run: bool = False) -> list[CrmField]:
    """Make a field at the service for those of the CRM that have none there, and the choices that a field lacks.

    What was made is added to the view.

    Args:
        only: keys of CRM fields; empty: all that go nowhere, but for those that the configuration sends astray or
            keeps back. The field of the former may only have another name now, and a second one would begin empty.
        dry_run: only return what would be made.

    Returns:
        The fields for which one was to be made.

    Raises:
        InputError: a key is no field of the CRM, or the service's plugin cannot make any.
    """
    known = {row.crm.key for row in view.rows}
    if strangers := sorted(set(only) - known):
        raise InputError(f"The CRM has no field {strangers[0]!r}.", hint=f"It has: {', '.join(sorted(known))}.")
    missing = [
        row.crm for row in view.rows if row.remote is None and (row.crm.key in only if only else row.is_homeless)
    ]
    missing = [one for one in missing if one.type is not FieldType.ADDRESS]
    _push_choices(view, only, dry_run=dry_run)
    missing = _with_room(view, missing, dry_run=dry_run)
    if dry_run or not missing:
        return missing
    connection = view.connection
    made = connection.provider.create_fields(connection.session, view.mailing_list, missing)
    if made is None:
        raise InputError(
            f"The plugin for {connection.title} cannot make fields.",
            hint="Make them there, and run this command again: fields of the same name are found.",
        )
    remotes = {link.crm_key: link.remote for link in made.links}
    view.rows = [replace(row, remote=row.remote or remotes.get(row.crm.key)) for row in view.rows]
    view.problems += made.problems
    return missing


def _with_room(view: FieldView, missing: list[CrmField], *, dry_run: bool) -> list[CrmField]:
    """Return the fields that the service has room for; the others are named among the problems.

    So are those for which the account's plan may have none, as long as nobody has tried.
    """
    room = (
        view.connection.provider.room_for_fields(view.connection.session, view.mailing_list) if missing else None
    )
    if room is None:
        return missing
    view.limit = room.rule
    fitting, others = missing[: max(room.left, 0)], missing[max(room.left, 0) :]
    if others:
        view.problems.append(f"There is no room for {_labels(others)}. {room.rule}")
    if dry_run and room.certain is not None and (doubtful := fitting[max(room.certain, 0) :]):
        view.problems.append(f"The account's plan may have no room for {_labels(doubtful)}. {room.rule}")
    return fitting


def _labels(fields: Sequence[CrmField]) -> str:
    return ", ".join(one.label for one in fields)


def _push_choices(view: FieldView, only: Collection[str], *, dry_run: bool) -> None:
    """Add to each field that takes certain choices alone those of the CRM's field that it lacks."""
    for index, row in enumerate(view.rows):
        remote = row.remote
        if remote is None or not remote.choices or (only and row.crm.key not in only):
            continue
        known = {one.casefold() for one in remote.choices}
        new = [one for one in row.crm.choices if one.casefold() not in known]
        if not new:
            continue
        if not dry_run:
            longer = _with_choices(view, remote, new)
            if longer is None:
                continue
            view.rows[index] = replace(row, remote=longer)
        view.new_choices[remote.key] = new


def _with_choices(view: FieldView, remote: RemoteField, new: Sequence[str]) -> RemoteField | None:
    """Add choices to one field; None where that does not work, which costs the other fields nothing."""
    connection = view.connection
    try:
        longer = connection.provider.add_choices(connection.session, view.mailing_list, remote, new)
    except ProtocolError as error:
        view.problems.append(f"{remote.key} has no new choices. {error}")
        return None
    if longer is None:
        view.problems.append(f"The plugin for {connection.title} cannot add choices to {remote.key}.")
    return longer


def _rows(
    crm_fields: Iterable[CrmField], field_map: FieldMap, configured: Collection[str], kept_back: Collection[str]
) -> list[FieldRow]:
    remotes: dict[str, list[RemoteField | None]] = {}
    for link in field_map.links:
        remotes.setdefault(link.crm_key, []).append(link.remote)
    return [
        FieldRow(one, remote, one.key in configured, one.key in kept_back)
        for one in crm_fields
        for remote in remotes.get(one.key, [None])
    ]
