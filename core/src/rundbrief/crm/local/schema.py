"""The tables of the embedded CRM.

`address` is `models.address_key` of the e-mail address; `customer_number` and `namesake` are made by `identity`.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table

from rundbrief.columns import FieldValues, Moment

__all__ = ["campaigns", "contacts", "custom_fields", "metadata", "opt_in_fields", "opt_ins", "participants"]

metadata = MetaData()

contacts = Table(
    "contacts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("party", String, nullable=False),
    Column("email", String),
    Column("address", String),
    Column("customer_number", String),
    Column("namesake", String),
    Column("fields", FieldValues, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Index("contacts_address", "address"),
    Index("contacts_customer_number", "customer_number"),
    Index("contacts_namesake", "namesake"),
    sqlite_autoincrement=True,
)
"""Persons and organisations. AUTOINCREMENT, so that the id of a deleted contact is never given again. `namesake`
is filled for those without an address only."""

custom_fields = Table(
    "custom_fields",
    metadata,
    Column("key", String, primary_key=True),
    Column("label", String, nullable=False),
    Column("type", String, nullable=False),
)

opt_in_fields = Table(
    "opt_in_fields",
    metadata,
    Column("key", String, primary_key=True),
    Column("label", String, nullable=False),
)

opt_ins = Table(
    "opt_ins",
    metadata,
    Column("contact_id", ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
    Column("since", Moment),
    Column("source", String, nullable=False),
)
"""A missing row is *unknown*."""

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    sqlite_autoincrement=True,
)

participants = Table(
    "participants",
    metadata,
    Column("campaign_id", ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True),
    Column("contact_id", ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True),
)
