"""Campaigns and who takes part in them."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from rundbrief.crm.local import schema
from rundbrief.errors import InputError
from rundbrief.models import Campaign

__all__ = ["add_participants", "all_campaigns", "campaign_number", "create_campaign"]


def all_campaigns(connection: Connection) -> list[Campaign]:
    statement = (
        select(schema.campaigns.c.id, schema.campaigns.c.name, func.count(schema.participants.c.contact_id))
        .outerjoin(schema.participants)
        .group_by(schema.campaigns.c.id)
        .order_by(schema.campaigns.c.name)
    )
    return [Campaign(str(number), name, people) for number, name, people in connection.execute(statement)]


def campaign_number(connection: Connection, text: str) -> int:
    """Return the row number of a campaign, named by its name or its id; a name counts first.

    Raises:
        InputError: there is none; those there are, are named.
    """
    rows = connection.execute(select(schema.campaigns.c.id, schema.campaigns.c.name)).all()
    found = [number for number, name in rows if name == text] or [
        number for number, _ in rows if str(number) == text
    ]
    if found:
        return int(found[0])
    known = ", ".join(sorted(name for _, name in rows)) or "none yet; see rundbrief campaigns create"
    raise InputError(f"The CRM has no campaign {text!r}.", hint=f"It has: {known}.")


def create_campaign(connection: Connection, name: str) -> Campaign:
    """Add a campaign.

    Raises:
        InputError: it has no name, or there is one of that name.
    """
    name = " ".join(name.split())
    if not name:
        raise InputError("A campaign needs a name.")
    if connection.execute(select(schema.campaigns.c.id).where(schema.campaigns.c.name == name)).first():
        raise InputError(f"There is a campaign {name!r} already.")
    number = connection.execute(
        insert(schema.campaigns).returning(schema.campaigns.c.id), {"name": name}
    ).scalar_one()
    return Campaign(str(number), name, 0)


def add_participants(connection: Connection, campaign: int, contacts: Sequence[int]) -> int:
    """Add contacts to a campaign; return how many were not in it before."""
    if not contacts:
        return 0
    size = select(func.count()).where(schema.participants.c.campaign_id == campaign)
    before = connection.execute(size).scalar_one()
    connection.execute(
        upsert(schema.participants).on_conflict_do_nothing(),
        [{"campaign_id": campaign, "contact_id": number} for number in contacts],
    )
    return connection.execute(size).scalar_one() - before
