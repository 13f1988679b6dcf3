"""Erasing a person: from the services, from the state, from its files; her *no* stays, as a keyed hash.

The order survives a kill at any point, and the same call again completes what is left:

1. the hash is saved, so that nothing that follows can lose the *no*;
2. the opt-ins of her contacts in the CRM are cleared, so that no change of address takes a *yes* along;
3. each service is asked to erase her, or else to unsubscribe her;
4. the state lets go of her, in one step, once every service has answered;
5. its files are written anew, so that no deleted row can be read in them; what a killed dry run left is removed.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from rundbrief.engine.erasing_at_service import Answer, Place, ask_service
from rundbrief.engine.lists import whole_account
from rundbrief.engine.locks import only_run
from rundbrief.engine.lookups import by_ids
from rundbrief.engine.scopes import scope_of
from rundbrief.engine.state_copy import remove_abandoned
from rundbrief.engine.workspace import Connection, Workspace
from rundbrief.errors import ErasureUnfinished, RundbriefError
from rundbrief.models import Contact, CrmOptIn, MailingList, OptIn, OptInChange, Reason, Result, address_key
from rundbrief.store import Intent, JournalEntry, OutcomeLine, Recipient, Transaction, new_pseudonym

__all__ = ["Findings", "erase_person", "find_person"]

_GROUNDS = "the person asked to be erased"
_SOURCE = f"rundbrief: {_GROUNDS}"
_TRIES = 3
"""How often the CRM's opt-ins are looked at again, when somebody edits a contact at the same time."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Where a person was found, and what became of it."""

    address: str
    """An `address_key`."""
    contacts: Sequence[Contact]
    """Hers in the CRM: those with the address, and those that the state takes for the recipient's."""
    places: Sequence[Place]
    """Each consent scope of each configured connection."""
    not_configured: Sequence[str]
    """Connections that know her, and stand in rundbrief.toml no more: nobody can ask their services."""
    rows: dict[str, int]
    """Table of the state -> rows about her."""
    connected: Sequence[str]
    """Other addresses that the state takes for hers."""
    erased_at: datetime | None
    """When she was erased before."""


def find_person(workspace: Workspace, address: str) -> Findings:
    """Tell where a person is known, without a request to a service."""
    key = address_key(address)
    with workspace.store.transaction() as transaction:
        known = {(connection, scope): one for connection, scope, one in transaction.everywhere(key)}
        traces = transaction.traces(key)
        rows, connected, linked = traces.counts(), traces.connected(), traces.contact_ids()
        erased_at = transaction.erased.when(key)
    contacts = {one.id: one for one in workspace.crm.by_addresses([key]).get(key, ())}
    contacts |= by_ids(workspace.crm, linked)
    return Findings(
        key,
        list(contacts.values()),
        [place for name in workspace.config.connections for place in _places(workspace, name, key, known)],
        sorted({connection for connection, _ in known} - workspace.config.connections.keys()),
        rows,
        connected,
        erased_at,
    )


def erase_person(workspace: Workspace, address: str) -> Findings:
    """Erase the owner of an address wherever it can be done, and return what became of it.

    Raises:
        RunLocked: a run is under way.
        ErasureUnfinished: a service, or the CRM, could not be asked; the same call goes on where this one ended.
        StateUnwritable: the state has let go of her, and its files could not be cleaned yet.
    """
    with _nobody_runs(workspace):
        found = find_person(workspace, address)
        with workspace.store.transaction() as transaction:
            was_begun = transaction.erased.is_unfinished(found.address)
            transaction.erased.begin(found.address, workspace.now())
        cleared = _clear_opt_ins(workspace, found)
        places = [ask_service(workspace, one) for one in found.places]
        found = replace(found, places=[_erased_before(one) for one in places] if was_begun else places)
        _refuse_to_forget_too_early(found)
        with workspace.store.transaction() as transaction:
            _take_out(transaction, found, cleared, workspace.now())
        remove_abandoned(workspace.store.path)
        workspace.store.wipe()
        with workspace.store.transaction() as transaction:
            transaction.erased.finish(found.address)
    return found


@contextmanager
def _nobody_runs(workspace: Workspace) -> Iterator[None]:
    """Hold the locks of all connections that there are or were: their runs would bring her back."""
    with workspace.store.transaction() as transaction:
        names = {*transaction.connections(), *workspace.config.connections}
    with ExitStack() as locks:
        for name in sorted(names):
            locks.enter_context(only_run(workspace.store.path, name))
        yield


def _places(
    workspace: Workspace, name: str, address: str, known: dict[tuple[str, str], Recipient]
) -> Iterator[Place]:
    """Yield where the service of a connection may have her: each of its lists, or the account as a whole."""
    here = {scope: recipient for (connection, scope), recipient in known.items() if connection == name}
    try:
        connection = workspace.connection(name)
    except RundbriefError as error:
        yield Place(name, name, MailingList("*", ""), Recipient(address, address), Answer.UNREACHABLE, str(error))
        return
    for mailing_list in _lists(workspace, connection, here):
        scope = connection.scope(mailing_list)
        yield Place(name, connection.title, mailing_list, here.get(scope, Recipient(address, address)))


def _lists(workspace: Workspace, connection: Connection, here: dict[str, Recipient]) -> list[MailingList]:
    if connection.is_account_wide:
        return [whole_account()]
    with workspace.store.transaction() as transaction:
        pulled = {one.mailing_list.id: one.mailing_list for one in transaction.lists(connection.name).all()}
    return list({**{scope: MailingList(scope, scope) for scope in here}, **pulled}.values())


def _erased_before(place: Place) -> Place:
    """A service that has lost her since an erasure was begun did so at the bidding of the call that was killed."""
    is_gone = place.is_known_there and place.answer is Answer.NOT_THERE
    return replace(place, answer=Answer.ERASED) if is_gone else place


def _clear_opt_ins(workspace: Workspace, found: Findings) -> Sequence[OptInChange]:
    """Set every opt-in of hers in the CRM that is *yes* to *no*.

    Returns:
        What was set, also what a call set that was killed.
    """
    ids = [one.id for one in found.contacts]
    opt_in = CrmOptIn(OptIn.NO, workspace.now(), _SOURCE)
    for _ in range(_TRIES):
        changes = [
            OptInChange(contact.id, key, OptIn.YES, opt_in)
            for contact in by_ids(workspace.crm, ids).values()
            for key, one in contact.opt_ins.items()
            if one.value is OptIn.YES
        ]
        if not changes:
            return _cleared(workspace, found.address)
        _announce(workspace, found.address, changes)
        workspace.crm.set_opt_ins(changes)
    raise ErasureUnfinished("A contact is being edited in the CRM.", hint="Run the same command again.")


def _announce(workspace: Workspace, address: str, changes: Sequence[OptInChange]) -> None:
    """Note what is about to be set, so that a call that is killed in between owes the journal nothing for good."""
    with workspace.store.transaction() as transaction:
        for change in changes:
            connection, _ = scope_of(change.key)
            transaction.intents(connection, change.key).put([Intent(address, change)])


def _cleared(workspace: Workspace, address: str) -> Sequence[OptInChange]:
    """Return what was announced and is so by now; of several tries at the same field the first."""
    with workspace.store.transaction() as transaction:
        announced = [one.change for one in reversed(transaction.traces(address).intents())]
    changes = {(one.contact_id, one.key): one for one in announced if one.opt_in.source == _SOURCE}
    contacts = by_ids(workspace.crm, (contact_id for contact_id, _ in changes))
    return [
        change
        for (contact_id, key), change in changes.items()
        if contact_id in contacts and contacts[contact_id].opt_in(key).value is OptIn.NO
    ]


def _refuse_to_forget_too_early(found: Findings) -> None:
    """The state has to know her until each service has answered: it is what the next try goes by.

    Raises:
        ErasureUnfinished: one has not.
    """
    open_ones = [place for place in found.places if place.answer in (Answer.UNREACHABLE, Answer.MOVED)]
    if not open_ones:
        return
    why = " ".join(dict.fromkeys(f"{place.title}: {place.detail}" for place in open_ones))
    raise ErasureUnfinished(
        f"Not everything could be erased yet, so nothing was taken out of the state. {why}",
        hint="Run the same command again. If a service is out of reach for good, take its connection out of"
        " rundbrief.toml first.",
    )


def _take_out(transaction: Transaction, found: Findings, cleared: Sequence[OptInChange], now: datetime) -> None:
    """Let the state forget her, and put on record, under a pseudonym, that and where a consent has ended."""
    pseudonym = new_pseudonym()
    transaction.traces(found.address).erase(pseudonym)
    for place in found.places:
        if place.mails_her_no_more:
            transaction.erased.left(found.address, place.connection, place.scope, now)
    entries = [*_ended_at_services(found, pseudonym), *_ended_in_the_crm(cleared, pseudonym)]
    for name in sorted({one.connection for one in entries}):
        run_id = transaction.runs.begin("erase", name, "*", now)
        hers = [replace(one, run_id=run_id) for one in entries if one.connection == name]
        transaction.journal.add(hers, now)
        transaction.runs.add_outcomes(run_id, [OutcomeLine(pseudonym, Result.DONE, Reason.ERASED)])
        transaction.runs.end(run_id, now, "done", {})


def _ended_at_services(found: Findings, pseudonym: str) -> Iterator[JournalEntry]:
    became = {Answer.ERASED: "erased", Answer.UNSUBSCRIBED: "unsubscribed"}
    for place in found.places:
        if place.is_known_there and place.answer in became:
            was, is_now = place.recipient.status.value, became[place.answer]
            yield JournalEntry(
                place.connection, place.scope, pseudonym, "service", "rundbrief", was, is_now, _GROUNDS, 0
            )


def _ended_in_the_crm(cleared: Sequence[OptInChange], pseudonym: str) -> Iterator[JournalEntry]:
    for change in cleared:
        connection, scope = scope_of(change.key)
        yield JournalEntry(connection, scope, pseudonym, "crm", "rundbrief", "yes", "no", _GROUNDS, 0)
