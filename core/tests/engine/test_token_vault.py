"""Tokens outlive the process, each connection's for itself."""

from datetime import UTC, datetime
from pathlib import Path

from rundbrief.engine.token_vault import StateVault
from rundbrief.http import StoredTokens
from rundbrief.session import Secret
from rundbrief.store import Store

LATER = datetime(2026, 12, 1, tzinfo=UTC)
TOKENS = StoredTokens(Secret("access-1"), LATER, Secret("refresh-1"), "credentials-1")


def test_what_was_saved_is_there_for_the_next_process(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "state.db")
    StateVault(lambda: store, "news").save(TOKENS)
    store.close()
    again = Store.open(tmp_path / "state.db")
    assert StateVault(lambda: again, "news").load() == TOKENS
    assert StateVault(lambda: again, "other").load() is None
    again.close()


def test_the_newest_replace_those_before(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "state.db")
    vault = StateVault(lambda: store, "news")
    vault.save(TOKENS)
    newest = StoredTokens(Secret("access-2"), LATER, None, "credentials-2")
    vault.save(newest)
    assert vault.load() == newest
    store.close()


def test_the_state_is_opened_only_for_a_connection_that_has_tokens(tmp_path: Path) -> None:
    def store() -> Store:
        raise AssertionError("opened")

    StateVault(store, "news")
    assert not list(tmp_path.iterdir())


def test_no_repr_shows_a_token(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "state.db")
    StateVault(lambda: store, "news").save(TOKENS)
    with store.transaction() as transaction:
        shown = repr(transaction.tokens.get("news"))
    assert not {"access-1", "refresh-1", "credentials-1"} & set(shown.replace("'", " ").split())
    store.close()
