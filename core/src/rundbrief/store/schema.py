"""The tables of the state database.

`scope` is what one opt-in is good for: a list's id, or `*` where consent is account-wide. `address` is always
`models.address_key` of an address. Migrations in `migrations/` make these tables; a test compares the two.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    false,
    text,
)

from rundbrief.columns import FieldValues, Moment, Names

__all__ = [
    "candidates",
    "cursors",
    "erased",
    "field_maps",
    "inbox",
    "intents",
    "journal",
    "links",
    "lists",
    "metadata",
    "outbox",
    "outcomes",
    "recipients",
    "runs",
    "sent",
]

metadata = MetaData()

lists = Table(
    "lists",
    metadata,
    Column("connection", String, primary_key=True),
    Column("list_id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("double_opt_in", Boolean, nullable=False),
    Column("size", Integer),
    Column("pulled_at", Moment, nullable=False),
)
"""The services' lists as last pulled."""

cursors = Table(
    "cursors",
    metadata,
    Column("connection", String, primary_key=True),
    Column("scope", String, primary_key=True),
    Column("cursor", String),
    Column("reading", Boolean, nullable=False),
    Column("full_read", Boolean, nullable=False),
    Column("full_read_at", Moment),
)
"""Where reading goes on. `reading` is true from the first page of a read to its last, `full_read` while it began
from nothing. `full_read_at` is the end of the last complete one; without it no export may run."""

field_maps = Table(
    "field_maps",
    metadata,
    Column("connection", String, primary_key=True),
    Column("list_id", String, primary_key=True),
    Column("signature", String, nullable=False),
)
"""The field map by which a list's data was sent last; `signature` is `Translation.signature`."""

inbox = Table(
    "inbox",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("connection", String, nullable=False),
    Column("scope", String, nullable=False),
    Column("remote_id", String, nullable=False),
    Column("address", String, nullable=False),
    Column("spelling", String, nullable=False),
    Column("status", String, nullable=False),
    Column("since", Moment),
    Column("source", String, nullable=False),
    Column("fields", FieldValues, nullable=False),
    Column("on_lists", Names, nullable=False, server_default="[]"),
    Column("left_lists", Names, nullable=False, server_default="[]"),
    Index("inbox_remote", "connection", "scope", "remote_id", unique=True),
    Index("inbox_address", "connection", "scope", "address"),
    Index("inbox_order", "connection", "scope", "seq"),
    sqlite_autoincrement=True,
)
"""What was read and not yet acted on. It survives a crash, and lets a run count before it writes."""

recipients = Table(
    "recipients",
    metadata,
    Column("connection", String, primary_key=True),
    Column("scope", String, primary_key=True),
    Column("address", String, primary_key=True),
    Column("spelling", String, nullable=False),
    Column("remote_id", String),
    Column("status", String, nullable=False),
    Column("since", Moment),
    Column("source", String, nullable=False),
    Column("agreed", String),
    Column("withdrawn", Boolean, nullable=False),
    Column("on_lists", Names, nullable=False, server_default="[]"),
    Column("left_lists", Names, nullable=False, server_default="[]"),
    Index("recipients_remote", "connection", "scope", "remote_id"),
)
"""What we know of an address in a consent scope: the service's word, the last agreed opt-in, and whether a
withdrawal stands. Rows are never deleted: gone is not forgotten. Lists are kept where consent is account-wide."""

links = Table(
    "links",
    metadata,
    Column("connection", String, primary_key=True),
    Column("scope", String, primary_key=True),
    Column("contact_id", String, primary_key=True),
    Column("crm_address", String, nullable=False),
    Column("address", String, nullable=False),
    Index("links_address", "connection", "scope", "address"),
)
"""Contact <-> recipient. `crm_address` is the contact's address when they were last in step, `address` the
recipient's: they differ when the person changed it at the service."""

sent = Table(
    "sent",
    metadata,
    Column("connection", String, primary_key=True),
    Column("scope", String, primary_key=True),
    Column("address", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("result", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("not_before", Moment),
)
"""The data last sent, or last refused, per address and consent scope."""

journal = Table(
    "journal",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("recorded_at", Moment, nullable=False),
    Column("connection", String, nullable=False),
    Column("scope", String, nullable=False),
    Column("address", String, nullable=False),
    Column("contact_id", String),
    Column("place", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("was", String, nullable=False),
    Column("became", String, nullable=False),
    Column("stated_at", Moment),
    Column("evidence", String, nullable=False),
    Column("run_id", Integer, nullable=False),
    Column("other_address", String),
    Column("salt", LargeBinary),
    Column("sealed", LargeBinary, nullable=False, server_default=text("x''")),
    Column("chain", LargeBinary, nullable=False, server_default=text("x''")),
    Index("journal_address", "address"),
    Index("journal_contact", "contact_id"),
    Index("journal_run", "run_id"),
    Index("journal_other_address", "other_address"),
    sqlite_autoincrement=True,
)
"""The consent journal; append-only, also by triggers, and chained (`journal_chain`). The triggers allow one
change: that an erasure puts a pseudonym in the place of a person, and drops the salt."""

erased = Table(
    "erased",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("connection", String, primary_key=True),
    Column("scope", String, primary_key=True),
    Column("erased_at", Moment, nullable=False),
    Column("is_finished", Boolean, nullable=False),
    Column("key_id", LargeBinary, nullable=False),
)
"""Whose *no* holds although nothing else is known of them: keyed hashes of their addresses. Connection and scope
are `*` for the person, who has one such row; further rows say where a service is known to mail her no more."""

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("connection", String, nullable=False),
    Column("list_id", String),
    Column("scope", String),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("state", String, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("message", String, nullable=False),
    sqlite_autoincrement=True,
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("address", String, nullable=False),
    Column("contact_id", String),
    Column("result", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("detail", String, nullable=False),
    Index("outcomes_run", "run_id"),
    sqlite_autoincrement=True,
)
"""One line per contact that was changed, held or refused."""

intents = Table(
    "intents",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("connection", String, nullable=False),
    Column("address", String, nullable=False),
    Column("contact_id", String, nullable=False),
    Column("opt_in_key", String, nullable=False),
    Column("was", String, nullable=False),
    Column("became", String, nullable=False),
    Column("since", Moment),
    Column("source", String, nullable=False),
)
"""What an import, or an erasure, is about to set in the CRM. A row that is still there tells that it was killed
before it could put on record what it had done."""

observations = Table(
    "observations",
    metadata,
    Column("observer", String, primary_key=True),
    Column("connection", String, primary_key=True),
    Column("run_id", Integer, nullable=False),
    Column("entry", Integer, nullable=False),
    Column("line", Integer, nullable=False),
)
"""How far each observer has been told about a connection: the last run as a whole, the last entry of the journal,
and the last line of a report."""

candidates = Table(
    "candidates",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("run_id", Integer, nullable=False),
    Column("contact_id", String, nullable=False),
    Column("address", String, nullable=False),
    Column("spelling", String, nullable=False),
    Column("opt_in", String, nullable=False),
    Column("since", Moment),
    Column("source", String, nullable=False),
    Column("changed_at", Moment),
    Column("selected", Boolean, nullable=False),
    Column("fields", FieldValues, nullable=False),
    Index("candidates_address", "run_id", "address", "contact_id", unique=True),
)
"""The contacts of an export, staged so that those who share an address are seen together. `selected` is false
for one who was not asked for, but shares an address with one who was."""

outbox = Table(
    "outbox",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("run_id", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("address", String, nullable=False),
    Column("spelling", String, nullable=False),
    Column("crm_address", String, nullable=False),
    Column("contact_ids", JSON, nullable=False),
    Column("remote_id", String),
    Column("moved_from", String),
    Column("fields", FieldValues, nullable=False),
    Column("fingerprint", String),
    Column("since", Moment),
    Column("source", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("crm_value", String),
    Column("crm_expected", JSON, nullable=False),
    Column("agreed", String),
    Column("withdrawn", Boolean, nullable=False),
    Column("joins", Boolean, nullable=False, server_default=false()),
    Column("sent", Boolean, nullable=False, server_default=false()),
    Index("outbox_kind", "run_id", "kind", "seq"),
    sqlite_autoincrement=True,
)
"""What an export is going to do: planned as a whole and counted, before the first write. `sent` is set right
before a step is sent: with a run that was killed, it tells what the service may have done."""
