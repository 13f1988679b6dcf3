"""A service with one opt-in for the whole account: its lists are places to put people, and no consent."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rundbrief.config import Config, ConnectionConfig
from rundbrief.crm.local import LocalCrm
from rundbrief.engine import (
    RunReport,
    Workspace,
    export_list,
    import_list,
    lists_to_import,
    lists_to_sync,
    pull_lists,
    sync_list,
)
from rundbrief.errors import ListUnknown, SettingsError
from rundbrief.models import MailingList, OptIn, Reason, Result, Selection, WriteKind

KEY = "board"
"""The account's one opt-in field."""


@pytest.fixture(scope="session")
def noticeboard(paperboy: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    site = tmp_path_factory.mktemp("site")
    metadata = site / "rundbrief_noticeboard-1.0.dist-info"
    metadata.mkdir()
    metadata.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: rundbrief-noticeboard\nVersion: 1.0\n")
    metadata.joinpath("entry_points.txt").write_text("[rundbrief.providers]\nnoticeboard = noticeboard\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        yield importlib.import_module("noticeboard")


class Board:
    """The service, the CRM, and the runs between them."""

    def __init__(self, service: Any, folder: Path, **settings: Any) -> None:
        self.service = service
        connection = ConnectionConfig("board", "noticeboard", {"account": folder.name}, **settings)
        config = Config(None, folder, folder / "state.db", connections={"board": connection})
        self.workspace = Workspace(config, environ={}, wait=lambda seconds: None)

    @property
    def crm(self) -> LocalCrm:
        assert isinstance(self.workspace.crm, LocalCrm)
        return self.workspace.crm

    def add(self, email: str, opt_in: OptIn = OptIn.YES, name: str = "Ann") -> str:
        pull_lists(self.workspace, self.workspace.connection("board"))
        contact = self.crm.add(email=email, fields={"first_name": name})
        self.crm.set_opt_in(contact.id, KEY, opt_in, "by hand")
        return contact.id

    def imports(self, list_id: str = "*") -> RunReport:
        return import_list(self.workspace, "board", list_id)

    def exports(self, list_id: str, *contacts: str) -> RunReport:
        return export_list(self.workspace, "board", list_id, Selection(contacts))

    def outcomes(self, report: RunReport) -> dict[str, tuple[Result, Reason]]:
        with self.workspace.store.transaction() as transaction:
            return {one.address: (one.result, one.reason) for one in transaction.runs.outcomes(report.run_id)}

    def opt_in(self, email: str) -> OptIn:
        return self.crm.find(email).opt_in(KEY).value

    def writes(self) -> list[tuple[WriteKind, str, bool]]:
        """Return what was written since the last look: kind, address, and whether it joined the list."""
        found = [(kind, one.address, one.join) for kind, one in self.service.writes]
        self.service.writes.clear()
        return found


@pytest.fixture
def make_board(noticeboard: Any, tmp_path: Path) -> Iterator[Any]:
    boards: list[Board] = []

    def make(**settings: Any) -> Board:
        service = noticeboard.ACCOUNTS[tmp_path.name] = noticeboard.Noticeboard()
        service.lists = {"1": MailingList("1", "Customers"), "2": MailingList("2", "Press")}
        boards.append(Board(service, tmp_path, **settings))
        return boards[-1]

    yield make
    for board in boards:
        board.workspace.close()


@pytest.fixture
def board(make_board: Any) -> Board:
    one = make_board()
    assert isinstance(one, Board)
    return one


def test_an_import_reads_the_account_once_and_sets_one_opt_in(board: Board) -> None:
    board.service.sign_up("ann@example.org", "1")
    board.service.sign_up("bob@example.org", "2")
    board.service.sign_up("shop@example.org")
    assert lists_to_import(board.workspace, "board") == ["*"]
    report = board.imports()
    assert report.list_name == "the whole account"
    assert board.service.reads == 1
    assert [one.key for one in board.crm.opt_in_fields()] == [KEY]
    assert (board.opt_in("ann@example.org"), board.opt_in("bob@example.org")) == (OptIn.YES, OptIn.YES)
    assert board.crm.by_addresses(["shop@example.org"]) == {}


def test_an_export_after_an_import_of_any_list_knows_the_whole_account(board: Board) -> None:
    board.service.sign_up("ann@example.org", "1")
    board.imports("2")
    assert board.outcomes(board.exports("1")) == {}
    assert board.writes() == []


def test_a_new_contact_is_created_on_the_list_and_a_known_one_joins_it_once(board: Board) -> None:
    board.service.sign_up("ann@example.org", "1")
    board.imports()
    board.add("bob@example.org")
    board.exports("2")
    assert sorted(board.writes()) == [
        (WriteKind.CREATE, "bob@example.org", False),
        (WriteKind.UPDATE, "ann@example.org", True),
    ]
    assert board.service.people["ann@example.org"].lists == {"1", "2"}
    board.exports("2")
    assert board.writes() == []
    board.exports("1")
    assert board.writes() == [(WriteKind.UPDATE, "bob@example.org", True)]


def test_changed_data_is_sent_once_for_all_lists_and_joins_none(board: Board) -> None:
    board.service.sign_up("ann@example.org", "1", "2")
    board.imports()
    board.crm.edit(board.crm.find("ann@example.org").id, fields={"first_name": "Anna"})
    board.exports("1")
    assert board.writes() == [(WriteKind.UPDATE, "ann@example.org", False)]
    board.exports("2")
    assert board.writes() == []


def test_whoever_left_one_list_is_not_put_on_it_again(board: Board) -> None:
    board.service.sign_up("ann@example.org", "1", "2")
    board.service.leave("ann@example.org", "2")
    board.imports()
    assert board.opt_in("ann@example.org") is OptIn.YES
    report = board.exports("2")
    assert board.outcomes(report) == {"ann@example.org": (Result.HELD, Reason.LEFT_THE_LIST)}
    assert board.writes() == []


def test_whoever_was_taken_off_a_list_is_not_put_on_it_again(board: Board) -> None:
    """The service keeps no word of who left by an administrator's hand; our memory of the list does."""
    board.service.sign_up("ann@example.org", "1")
    board.imports()
    board.exports("2")
    board.writes()
    board.service.people["ann@example.org"].lists.discard("2")
    report = board.exports("2")
    assert board.outcomes(report) == {"ann@example.org": (Result.HELD, Reason.LEFT_THE_LIST)}
    board.service.sign_up("ann@example.org", "2")
    assert board.outcomes(board.exports("2")) == {}
    assert board.service.people["ann@example.org"].lists == {"1", "2"}


@pytest.mark.parametrize("by", ["the CRM", "the service"])
def test_a_list_that_was_left_stays_left_under_both_addresses_when_one_follows_the_other(
    board: Board, by: str
) -> None:
    board.service.sign_up("old@example.org", "1", "2")
    board.service.leave("old@example.org", "2")
    board.imports()
    if by == "the CRM":
        board.crm.edit("old@example.org", email="new@example.org")
        board.exports("1")
    else:
        board.service.move("old@example.org", "new@example.org")
        board.imports()
        board.crm.edit("old@example.org", email="new@example.org")
    assert set(board.service.people) == {"new@example.org"}
    board.add("old@example.org")
    report = board.exports("2")
    assert board.outcomes(report) == dict.fromkeys(
        ["new@example.org", "old@example.org"], (Result.HELD, Reason.LEFT_THE_LIST)
    )
    assert board.service.people["new@example.org"].lists == {"1"}


def test_a_withdrawal_at_the_service_counts_for_every_list(board: Board) -> None:
    board.service.sign_up("ann@example.org", "1", "2")
    board.imports()
    board.service.people["ann@example.org"].blocked = True
    board.exports("1")
    assert board.opt_in("ann@example.org") is OptIn.NO
    board.crm.set_opt_in(board.crm.find("ann@example.org").id, KEY, OptIn.YES, "by hand")
    report = board.exports("2")
    assert board.outcomes(report) == {"ann@example.org": (Result.HELD, Reason.WITHDRAWN_AT_SERVICE)}
    assert board.writes() == []


def test_where_nobody_can_be_asked_a_new_opt_in_is_held(make_board: Any) -> None:
    board = make_board(reconsent="confirm")
    board.service.sign_up("ann@example.org", "1")
    board.imports()
    board.service.people["ann@example.org"].blocked = True
    board.imports()
    board.crm.set_opt_in(board.crm.find("ann@example.org").id, KEY, OptIn.YES, "by hand")
    report = board.exports("1")
    assert board.outcomes(report) == {"ann@example.org": (Result.HELD, Reason.WITHDRAWN_AT_SERVICE)}
    assert report.problems == (
        'Noticeboard cannot ask for a new opt-in by mail: reconsent = "confirm" holds back instead.',
    )


def test_a_withdrawal_in_the_crm_is_told_once(board: Board) -> None:
    board.service.sign_up("ann@example.org", "1", "2")
    board.imports()
    board.crm.set_opt_in(board.crm.find("ann@example.org").id, KEY, OptIn.NO, "by letter")
    board.exports("1")
    board.exports("2")
    assert board.writes() == [(WriteKind.WITHDRAW, "ann@example.org", False)]


def test_a_sync_fills_the_list_that_the_configuration_names(make_board: Any) -> None:
    board = make_board(list="Press")
    board.add("bob@example.org")
    assert lists_to_sync(board.workspace, "board") == ["2"]
    sync_list(board.workspace, "board", "2")
    assert board.service.people["bob@example.org"].lists == {"2"}


def test_a_sync_that_could_mean_several_lists_asks_which(make_board: Any) -> None:
    board = make_board()
    with pytest.raises(SettingsError, match="which one should a sync fill") as caught:
        lists_to_sync(board.workspace, "board")
    assert caught.value.hint is not None
    assert "Customers, Press" in caught.value.hint
    del board.service.lists["2"]
    assert lists_to_sync(board.workspace, "board") == ["1"]


def test_a_list_that_the_configuration_names_has_to_be_there(make_board: Any) -> None:
    with pytest.raises(ListUnknown, match="Pres"):
        lists_to_sync(make_board(list="Pres").workspace, "board")
