"""The frame of every run: one at a time per connection, numbered, reported, whatever its end."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from rundbrief.consent import Decision, Standing, decide
from rundbrief.crm import Crm
from rundbrief.engine.locks import only_run
from rundbrief.engine.progress import Progress, Silent
from rundbrief.engine.resuming import resumption
from rundbrief.engine.scopes import opt_in_key, scope_of
from rundbrief.engine.waiting import StopSignal
from rundbrief.engine.workspace import Connection, Workspace
from rundbrief.errors import GuardRail, Interrupted, RundbriefError
from rundbrief.fields import FieldMap, Translation
from rundbrief.models import MailingList, Reason, Result
from rundbrief.rails import USUAL_WITHDRAWALS, allowed
from rundbrief.store import JournalEntry, Leftovers, OutcomeLine, Store, Transaction

__all__ = ["RunContext", "RunOptions", "RunReport", "guard", "running", "sum_up"]

_UNFINISHED = "An erasure was begun and has not ended: run rundbrief erase with the same address again."


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a user may ask of one run."""

    full: bool = False
    """Read everything again, not only what changed."""
    dry_run: bool = False
    allow_withdrawals: bool = False
    """Go past the guard rail, where consents would be taken away."""
    allow_additions: bool = False
    """Go past the guard rail, where consents would come."""
    prune: bool = False
    """Unsubscribe those whose contact was deleted in the CRM."""
    progress: Progress = field(default_factory=Silent)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did."""

    run_id: int
    kind: str
    connection: str
    list_name: str
    dry_run: bool
    counts: Mapping[str, int]
    tally: Mapping[tuple[Result, Reason], int]
    requests: int
    """HTTP requests sent, repeated ones included."""
    problems: Sequence[str] = ()
    """Sentences about the configuration that the run could work around."""
    lines: Sequence[OutcomeLine] = ()
    """One per contact, for a dry run; a real run's are in the state (`rundbrief runs ID`)."""


@dataclass(slots=True)
class RunContext:
    """What the steps of one run share."""

    run_id: int
    kind: str
    connection: Connection
    mailing_list: MailingList
    store: Store
    crm: Crm
    options: RunOptions
    stop: StopSignal
    now: Callable[[], datetime]
    left: Leftovers = field(default_factory=Leftovers)
    """What earlier runs left to do."""
    resumed: str = ""
    """The same in words; empty when there is nothing to say."""
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    _field_map: FieldMap | None = None
    _translation: Translation | None = None

    @property
    def scope(self) -> str:
        return self.connection.scope(self.mailing_list)

    @property
    def opt_in_key(self) -> str:
        return opt_in_key(self.connection.name, self.scope)

    @property
    def progress(self) -> Progress:
        return self.options.progress

    @property
    def place(self) -> str:
        """What the consent is for, as a person would name it."""
        if self.connection.is_account_wide:
            return self.connection.title
        return f"{self.connection.title}, list {self.mailing_list.name}"

    def decide(self, standing: Standing) -> Decision:
        return decide(standing, self.connection.policy)

    def field_map(self) -> FieldMap:
        """Read the list's remote fields, once per run and only when something needs them."""
        if self._field_map is None:
            crm_fields = {one.key: one for one in self.crm.fields()}
            wishes = self.connection.wishes(crm_fields)
            provider, session = self.connection.provider, self.connection.session
            self._field_map = provider.map_custom_fields(session, self.mailing_list, wishes)
            self.problems += [*self.connection.unknown_fields(crm_fields), *self._field_map.problems]
        return self._field_map

    def translation(self) -> Translation:
        """Return the field map at work, as the configuration wants it; it is made once per run."""
        if self._translation is None:
            crm_fields = {one.key: one for one in self.crm.fields()}
            config = self.connection.config
            self._translation = Translation(self.field_map(), crm_fields, config.field_policies, config.habits)
        return self._translation

    def entry(
        self,
        address: str,
        place: str,
        actor: str,
        was: str,
        became: str,
        evidence: str,
        *,
        stated_at: datetime | None = None,
        contact_id: str | None = None,
        other_address: str | None = None,
        key: str | None = None,
    ) -> JournalEntry:
        """Make a journal entry of this run.

        Args:
            evidence: on what grounds, in words without an address, which an erasure would have to look for.
            other_address: where an address was changed, the other one.
            key: the opt-in field that was set; None: it is about this run's own consent scope.
        """
        connection, scope = scope_of(key) if key else (self.connection.name, self.scope)
        return JournalEntry(
            connection,
            scope,
            address,
            place,
            actor,
            was,
            became,
            evidence,
            self.run_id,
            stated_at=stated_at,
            contact_id=contact_id,
            other_address=other_address,
        )

    def report(self, transaction: Transaction, lines: Iterable[OutcomeLine]) -> None:
        transaction.runs.add_outcomes(self.run_id, lines)


@contextmanager
def running(
    workspace: Workspace,
    connection: Connection,
    kind: str,
    mailing_list: MailingList,
    options: RunOptions,
    store: Store,
    crm: Crm,
) -> Iterator[RunContext]:
    """Hold the connection's lock, number the run, and note its end, however it ends.

    Raises:
        RunLocked: another run of this connection is under way.
        Interrupted: the user stopped it.
    """
    with only_run(store.path, connection.name):
        with store.transaction() as transaction:
            transaction.erased.check()
            unfinished = transaction.erased.unfinished()
            scope = connection.scope(mailing_list)
            cut_off = transaction.runs.close_cut_off(connection.name)
            run_id = transaction.runs.begin(kind, connection.name, mailing_list.id, workspace.now(), scope=scope)
            left = transaction.leftovers(connection.name, scope, opt_in_key(connection.name, scope), run_id)
        resumed = "" if options.dry_run else resumption(cut_off, scope, left)
        if resumed:
            options.progress.say(resumed)
        context = RunContext(
            run_id,
            kind,
            connection,
            mailing_list,
            store,
            crm,
            options,
            workspace.stop,
            workspace.now,
            left=left,
            resumed=resumed,
        )
        if unfinished:
            context.problems.append(_UNFINISHED)
        try:
            yield context
        except KeyboardInterrupt:
            _end(context, "stopped", "interrupted")
            raise Interrupted("Stopped.", hint="What was done is saved; the next run goes on.") from None
        except RundbriefError as error:
            _end(context, "stopped" if isinstance(error, Interrupted | GuardRail) else "failed", str(error))
            raise
        except BaseException as error:
            _end(context, "failed", type(error).__name__)
            raise
        _end(context, "done", "")


def sum_up(context: RunContext, requests_before: int) -> RunReport:
    """Sum up a run that has ended well."""
    with context.store.transaction() as transaction:
        tally = transaction.runs.tally(context.run_id)
        lines = list(transaction.runs.outcomes(context.run_id)) if context.options.dry_run else []
    return RunReport(
        run_id=context.run_id,
        kind=context.kind,
        connection=context.connection.name,
        list_name=context.mailing_list.name,
        dry_run=context.options.dry_run,
        counts=dict(context.counts),
        tally=tally,
        requests=context.connection.client.requests_sent - requests_before,
        problems=tuple(dict.fromkeys(context.problems)),
        lines=lines,
    )


def guard(context: RunContext, clearings: int, base: int, *, written: str = "Nothing was written.") -> None:
    """Stop a run that would take away more consents than the configuration allows, before it does.

    Args:
        clearings: consents the run would take away.
        base: consents there are.
        written: what the run has written so far, as a sentence.

    Raises:
        GuardRail: too many, and not allowed by hand.
    """
    share = context.connection.config.max_withdrawals
    limit = allowed(share, base, USUAL_WITHDRAWALS)
    if clearings <= limit or context.options.allow_withdrawals:
        return
    raise GuardRail(
        f"This {context.kind} of {context.place} would take away {clearings} of {base} opt-ins; "
        f"{limit} are allowed ({share:.0%}, at least {USUAL_WITHDRAWALS}). {written}",
        hint="Look at the list and the CRM first. If it is right, run again with --allow-withdrawals.",
    )


def _end(context: RunContext, state: str, message: str) -> None:
    sentences = " ".join(one for one in (context.resumed, message) if one)
    with context.store.transaction() as transaction:
        transaction.runs.end(context.run_id, context.now(), state, context.counts, sentences)
