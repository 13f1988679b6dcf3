"""Several connections at once: each in a thread with a workspace of its own, within its own account's limits."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from rundbrief.engine.lists import lists_to_sync
from rundbrief.engine.run import RunOptions, RunReport
from rundbrief.engine.runs import sync_list
from rundbrief.engine.workspace import Workspace

__all__ = ["ConnectionSync", "sync_connections"]


@dataclass(frozen=True, slots=True)
class ConnectionSync:
    """What became of one connection: the reports of the lists that were done, and what stopped it."""

    connection: str
    reports: Sequence[RunReport]
    error: Exception | None = None


def sync_connections(
    names: Sequence[str],
    open_workspace: Callable[[], Workspace],
    options_of: Callable[[str], RunOptions],
) -> Iterator[ConnectionSync]:
    """Sync every list of these connections, and yield each connection when it has ended.

    Trouble with one connection is its result, and does not keep the others from running.

    Args:
        open_workspace: opens a workspace; they share nothing but files, and the stop signal.
        options_of: connection name -> how to run it, with a progress that its thread tells.
    """
    with open_workspace() as first:
        _ = first.store, first.crm  # whatever has to be migrated is, before several could try to
    with ThreadPoolExecutor(max_workers=len(names), thread_name_prefix="sync") as pool:
        running = [pool.submit(_sync, name, open_workspace, options_of(name)) for name in names]
        for one in as_completed(running):
            yield one.result()


def _sync(name: str, open_workspace: Callable[[], Workspace], options: RunOptions) -> ConnectionSync:
    reports: list[RunReport] = []
    try:
        with open_workspace() as workspace:
            for list_id in lists_to_sync(workspace, name, dry_run=options.dry_run):
                report = sync_list(workspace, name, list_id, options)
                reports.append(report)  # one by one: what was done before an error is told as well
    except Exception as error:  # a bug in one plugin is no reason to stop the others either
        return ConnectionSync(name, reports, error)
    return ConnectionSync(name, reports)
