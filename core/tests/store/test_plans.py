"""What is asked for page by page is found by an index: a page costs the same, however many others there are."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from rundbrief.store import Store, Transaction

MANY = [f"{number}@example.org" for number in range(500)]
"""As many as a page has: SQLite plans otherwise for a few."""

PAGES: dict[str, Callable[[Transaction], Any]] = {
    "the inbox": lambda state: state.inbox("news", "1").page(7, 500),
    "recipients by address": lambda state: state.recipients("news", "1").by_address(MANY),
    "recipients by the service's id": lambda state: state.recipients("news", "1").by_remote_id(MANY),
    "recipients without a contact": lambda state: state.recipients("news", "1").without_candidate(1, "a", 500),
    "links by contact": lambda state: state.links("news", "1").by_contact(MANY),
    "links by address": lambda state: state.links("news", "1").by_address(MANY),
    "what was sent": lambda state: state.sent("news", "1").by_address(MANY),
    "addresses of contacts": lambda state: state.candidates(1).addresses("a", 500),
    "contacts with addresses": lambda state: state.candidates(1).with_addresses(MANY),
    "planned steps": lambda state: state.outbox(1).page("settle", 500, 7),
    "steps that are done": lambda state: state.outbox(1).done(range(500)),
    "recipients that are done": lambda state: state.inbox("news", "1").done(range(500)),
}

WHOLE_SCOPE = ("(connection=? AND scope=?)", "(run_id=?)")


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_is_found_without_looking_at_the_others(store: Store, page: Callable[[Transaction], Any]) -> None:
    plans: list[str] = []

    def explain(_: Any, cursor: Any, statement: str, parameters: Any, *__: Any) -> None:
        if not statement.startswith("BEGIN") and "erased" not in statement:  # of those there are few
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row[3] for row in rows)

    with store.transaction() as transaction:
        event.listen(store._engine, "before_cursor_execute", explain)
        page(transaction)
    assert plans
    slow = [
        step for step in plans if step.startswith("SCAN") or "TEMP B-TREE" in step or step.endswith(WHOLE_SCOPE)
    ]
    assert slow == []
