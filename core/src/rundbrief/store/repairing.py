"""Mending the state where the journal tells how it has to be."""

from sqlalchemy import Connection

from rundbrief.store.health import LOST_WITHDRAWALS

__all__ = ["end_cut_off_runs", "pull_observations_back", "restore_withdrawals"]


def restore_withdrawals(transaction: Connection) -> list[str]:
    """Let each withdrawal of the journal count again. Return what was done, as sentences.

    The record becomes as it was after the withdrawal. Had the person come back since, the next full read shows it.
    """
    rows = transaction.exec_driver_sql(LOST_WITHDRAWALS).mappings().all()
    for row in rows:
        transaction.exec_driver_sql(
            "INSERT INTO recipients"
            " (connection, scope, address, spelling, status, since, source, agreed, withdrawn)"
            " VALUES (:connection, :scope, :address, :address, :became, :stated_at, :evidence, 'no', 1)"
            " ON CONFLICT (connection, scope, address)"
            " DO UPDATE SET status = excluded.status, agreed = 'no', withdrawn = 1",
            dict(row),
        )
    return [f"{len(rows):,} withdrawals of the journal count again."] if rows else []


def pull_observations_back(transaction: Connection) -> list[str]:
    """Let no observer be told further than there is something to tell. Return what was done, as sentences."""
    transaction.exec_driver_sql(
        "UPDATE observations SET entry = min(entry, (SELECT coalesce(max(seq), 0) FROM journal)),"
        " line = min(line, (SELECT coalesce(max(seq), 0) FROM outcomes)),"
        " run_id = min(run_id, (SELECT coalesce(max(id), 0) FROM runs))"
    )
    return ["Observers are told of what comes next."]


def end_cut_off_runs(transaction: Connection) -> list[str]:
    """Call runs that nobody ended *cut off*, as their connection's next run would. Return what was done.

    Only called while all connections are locked.
    """
    count = transaction.exec_driver_sql("UPDATE runs SET state = 'cut off' WHERE state = 'running'").rowcount
    return [f"{count:,} runs that were killed are called cut off."] if count else []
