"""Which lists a service has, and which of them a run is about."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from rundbrief.crm import Crm
from rundbrief.engine.workspace import Connection, Workspace
from rundbrief.errors import GuardRail, ListUnknown, SettingsError
from rundbrief.models import MailingList
from rundbrief.store import ACCOUNT_SCOPE, WHOLE_ACCOUNT, Store

__all__ = ["find_list", "lists_to_import", "lists_to_sync", "pull_lists", "whole_account"]

LISTS_STAY_FRESH = 3600.0
"""Seconds for which a list's settings (name, double opt-in) are taken from the state instead of the service."""


def pull_lists(workspace: Workspace, connection: Connection) -> Sequence[MailingList]:
    """Read the service's lists, remember them, and give the CRM an opt-in field for each consent scope."""
    return _pull_lists(workspace, connection, workspace.store, workspace.crm)


def find_list(workspace: Workspace, connection: Connection, list_id: str, store: Store, crm: Crm) -> MailingList:
    """Return a list by id or exact name, with settings no older than an hour.

    Raises:
        ListUnknown: the service has no such list.
    """
    with store.transaction() as transaction:
        pulled = transaction.lists(connection.name).all()
    fresh = [
        one.mailing_list for one in pulled if (workspace.now() - one.pulled_at).total_seconds() < LISTS_STAY_FRESH
    ]
    found = _named(fresh, list_id)
    if found:
        return found
    lists = _pull_lists(workspace, connection, store, crm)
    found = _named(lists, list_id)
    if found:
        return found
    raise _unknown(connection, list_id, lists)


def whole_account() -> MailingList:
    """Return what stands for the list where a run is about everybody in the account."""
    return MailingList(ACCOUNT_SCOPE, WHOLE_ACCOUNT)


def lists_to_import(workspace: Workspace, name: str, *, dry_run: bool = False) -> list[str]:
    """Return the ids of the lists that an import of a whole connection visits. A dry run remembers no list.

    Raises:
        GuardRail: the service has none of the lists that the connection had.
    """
    connection = workspace.connection(name)
    lists = _lists_of(workspace, connection, dry_run=dry_run)
    return [ACCOUNT_SCOPE] if connection.is_account_wide else [one.id for one in lists]


def lists_to_sync(workspace: Workspace, name: str, *, dry_run: bool = False) -> list[str]:
    """Return the ids of the lists that a sync of a whole connection visits: all, each with the consent it has.

    Where one consent is good for all lists, that would put everybody on each of them. There it is the one that
    the configuration names, or the only one.

    Raises:
        GuardRail: the service has none of the lists that the connection had.
        SettingsError: there are several, and the configuration names none.
        ListUnknown: there is none of that name.
    """
    connection = workspace.connection(name)
    lists = _lists_of(workspace, connection, dry_run=dry_run)
    if not connection.is_account_wide:
        return [one.id for one in lists]
    if wanted := connection.config.list:
        found = _named(lists, wanted)
        if not found:
            raise _unknown(connection, wanted, lists)
        return [found.id]
    if len(lists) == 1:
        return [lists[0].id]
    names = ", ".join(one.name for one in lists)
    raise SettingsError(
        f"{connection.title} has {len(lists)} lists and one opt-in for all; which one should a sync fill?",
        hint=f'Say so in rundbrief.toml: list = "..." below [connections.{name}]. There are: {names}.',
    )


def _lists_of(workspace: Workspace, connection: Connection, *, dry_run: bool) -> Sequence[MailingList]:
    lists = list(connection.provider.import_lists(connection.session))
    _refuse_another_account(workspace, connection, lists)
    return lists if dry_run else _remember(workspace, connection, lists, workspace.store, workspace.crm)


def _refuse_another_account(workspace: Workspace, connection: Connection, lists: Sequence[MailingList]) -> None:
    """Let nobody import another account under the name of this one, where not even one list is the same.

    Raises:
        GuardRail: there were lists, and none of them is there.
    """
    with workspace.store.transaction() as transaction:
        known = {one.mailing_list.id for one in transaction.lists(connection.name).all()}
    if not known or known & {one.id for one in lists}:
        return
    name = connection.name
    raise GuardRail(
        f"None of the {len(known)} lists that connection {name!r} had is at {connection.title} any more; "
        f"there are {len(lists)} others. Nothing was written.",
        hint="Look whether the key belongs to the right account. Another account is another connection: give it a "
        f"name of its own. If the lists were all made anew: rundbrief lists {name} --pull",
    )


def _pull_lists(workspace: Workspace, connection: Connection, store: Store, crm: Crm) -> Sequence[MailingList]:
    lists = list(connection.provider.import_lists(connection.session))
    return _remember(workspace, connection, lists, store, crm)


def _remember(
    workspace: Workspace, connection: Connection, lists: Sequence[MailingList], store: Store, crm: Crm
) -> Sequence[MailingList]:
    crm.ensure_opt_in_fields(list({connection.opt_in_field(one): None for one in lists}))
    with store.transaction() as transaction:
        transaction.lists(connection.name).put(lists, workspace.now())
    return lists


def _unknown(connection: Connection, list_id: str, lists: Sequence[MailingList]) -> ListUnknown:
    names = {text: f"{one.name} ({one.id})" for one in lists for text in (one.id, one.name)}
    near = get_close_matches(list_id, names, n=1)
    if near:
        hint = f"Did you mean {names[near[0]]}?"
    else:
        hint = f"It has: {', '.join(dict.fromkeys(names.values())) or 'no list at all'}."
    return ListUnknown(
        f"{connection.title} has no list {list_id!r} for connection {connection.name!r}.", hint=hint
    )


def _named(lists: Iterable[MailingList], text: str) -> MailingList | None:
    return next((one for one in lists if text in (one.id, one.name)), None)
