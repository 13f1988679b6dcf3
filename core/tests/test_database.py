"""Opening a database: created privately, brought up to date once, and refused in plain words."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from rundbrief.database import SNAPSHOT, copy_database, open_database, read_only
from rundbrief.errors import StateBusy, StateCorrupt, StateForeign, StateTooNew, StateUnwritable

FIRST = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0001", None
def upgrade():
    name = sa.Column("name", sa.String, unique=True)
    op.create_table("people", sa.Column("id", sa.Integer, primary_key=True), name)
"""
SECOND = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "0002", "0001"
def upgrade():
    op.add_column("people", sa.Column("city", sa.String))
    op.execute("UPDATE people SET city = 'Bonn'")
    {more}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "state #1?.db"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Make a migrations package with so many revisions, as a release of rundbrief would have."""
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(str(site))

    def make(*revisions: str) -> str:
        folder = site / "the_migrations"
        (folder / "versions").mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").write_text(f'HEAD = "{len(revisions):04}"\n')
        for number, text in enumerate(revisions, 1):
            (folder / "versions" / f"{number:04}.py").write_text(text)
        for old in [name for name in sys.modules if name.startswith("the_migrations")]:
            monkeypatch.delitem(sys.modules, old)
        return "the_migrations"

    # A second package of the same size within a second would be taken for the first one, compiled.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return make


@pytest.fixture
def migrations(package: Callable[..., str]) -> str:
    return package(FIRST)


@pytest.fixture
def engine(path: Path, migrations: str) -> Iterator[Engine]:
    engine = open_database(path, migrations=migrations)
    yield engine
    engine.dispose()


def names(engine: Engine) -> list[str]:
    with engine.begin() as connection:
        return list(connection.exec_driver_sql("SELECT name FROM people ORDER BY id").scalars())


def add(engine: Engine, name: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO people (name) VALUES (?)", (name,))


class TestFile:
    def test_only_its_owner_can_read_it_and_its_journal_files(self, engine: Engine, path: Path) -> None:
        add(engine, "Ann")
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        assert modes == dict.fromkeys((path.name, f"{path.name}-wal", f"{path.name}-shm"), 0o600)

    def test_an_open_umask_makes_no_difference(self, path: Path, migrations: str) -> None:
        before = os.umask(0)
        try:
            open_database(path, migrations=migrations).dispose()
        finally:
            os.umask(before)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_it_is_set_up_for_safety(self, engine: Engine) -> None:
        with engine.begin() as connection:
            pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            found = [connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() for pragma in pragmas]
        assert found == ["wal", 2, 1, 30_000]


class TestTransactions:
    def test_an_exception_takes_back_everything_even_the_tables(self, engine: Engine) -> None:
        script = (
            "INSERT INTO people VALUES (1, 'Ann')",
            "CREATE TABLE more (id)",
            "INSERT INTO people VALUES (1, 'Bob')",
        )

        def run(connection: Connection) -> None:
            for statement in script:
                connection.exec_driver_sql(statement)

        with pytest.raises(IntegrityError), engine.begin() as connection:
            run(connection)
        assert names(engine) == []
        with engine.begin() as connection:
            assert connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'more'").all() == []

    def test_readers_neither_wait_for_a_writer_nor_see_half_of_it(self, engine: Engine) -> None:
        add(engine, "Ann")
        with engine.begin() as writer:
            writer.exec_driver_sql("INSERT INTO people (name) VALUES ('Bob')")
            assert names(read_only(engine)) == ["Ann"]
        assert names(read_only(engine)) == ["Ann", "Bob"]

    def test_writers_take_turns(self, engine: Engine) -> None:
        def count_up(_: int) -> None:
            with engine.begin() as connection:
                number = connection.exec_driver_sql("SELECT count(*) FROM people").scalar_one()
                connection.exec_driver_sql("INSERT INTO people (name) VALUES (?)", (f"p{number}",))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(count_up, range(40)))
        assert names(engine) == [f"p{number}" for number in range(40)]

    def test_a_slip_of_ours_is_no_trouble_with_the_file_and_shows_no_data(self, engine: Engine) -> None:
        add(engine, "ann@example.org")
        with pytest.raises(IntegrityError) as caught:
            add(engine, "ann@example.org")
        assert "ann@example.org" not in str(caught.value)


class TestMigrations:
    def test_an_older_schema_is_brought_up_to_date_with_its_data(
        self, path: Path, package: Callable[..., str]
    ) -> None:
        engine = open_database(path, migrations=package(FIRST))
        add(engine, "Ann")
        engine.dispose()
        engine = open_database(path, migrations=package(FIRST, SECOND.format(more="")))
        with engine.begin() as connection:
            assert connection.exec_driver_sql("SELECT name, city FROM people").all() == [("Ann", "Bonn")]
        engine.dispose()

    def test_a_migration_that_fails_leaves_everything_as_it_was(
        self, path: Path, package: Callable[..., str]
    ) -> None:
        engine = open_database(path, migrations=package(FIRST))
        add(engine, "Ann")
        engine.dispose()
        with pytest.raises(ZeroDivisionError):
            open_database(path, migrations=package(FIRST, SECOND.format(more="1 / 0")))
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT * FROM people").fetchall() == [(1, "Ann")]
            assert connection.execute("SELECT * FROM alembic_version").fetchall() == [("0001",)]

    def test_a_newer_schema_is_refused(self, path: Path, package: Callable[..., str]) -> None:
        open_database(path, migrations=package(FIRST, SECOND.format(more=""))).dispose()
        migrations = package(FIRST)
        (Path(sys.path[0]) / migrations / "versions" / "0002.py").unlink()
        with pytest.raises(StateTooNew, match="newer rundbrief") as caught:
            open_database(path, migrations=migrations)
        assert "pip install --upgrade" in caught.value.hint

    @pytest.mark.parametrize("name", ["rundbrief.store.migrations", "rundbrief.crm.local.migrations"])
    def test_head_names_the_newest_revision(self, name: str) -> None:
        package = import_module(name)
        assert ScriptDirectory(package.__path__[0]).get_current_head() == package.HEAD

    def test_a_new_database_older_than_the_migrations_beside_it_is_brought_up_to_date(
        self, path: Path, package: Callable[..., str]
    ) -> None:
        """A snapshot may be forgotten; a database without the newest columns may not."""
        migrations = package(FIRST, SECOND.format(more=""))
        Path(sys.path[0], migrations, SNAPSHOT).write_text(
            "CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR UNIQUE)\n\n"
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)\n\n"
            "INSERT INTO alembic_version VALUES ('0001')\n"
        )
        engine = open_database(path, migrations=migrations)
        with engine.begin() as connection:
            assert connection.exec_driver_sql("SELECT name, city FROM people").all() == []
            assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").all() == [("0002",)]
        engine.dispose()

    def test_alembic_is_imported_neither_for_a_new_schema_nor_for_one_that_is_up_to_date(
        self, tmp_path: Path
    ) -> None:
        program = (
            "import sys; from pathlib import Path; from rundbrief.database import open_database;"
            "open_database(Path(sys.argv[1]), migrations='rundbrief.crm.local.migrations').dispose();"
            "print('alembic' in sys.modules)"
        )
        outputs = [
            subprocess.run(
                [sys.executable, "-c", program, str(tmp_path / "x.db")], capture_output=True, text=True, check=True
            ).stdout.strip()
            for _ in range(2)
        ]
        assert outputs == ["False", "False"]


class TestFirstOpening:
    def test_threads_may_race(self, path: Path, migrations: str) -> None:
        together = threading.Barrier(4)

        def open_and_add(number: int) -> None:
            together.wait()
            engine = open_database(path, migrations=migrations)
            add(engine, f"p{number}")
            engine.dispose()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(open_and_add, range(4)))
        engine = open_database(path, migrations=migrations)
        assert sorted(names(engine)) == ["p0", "p1", "p2", "p3"]
        engine.dispose()

    def test_processes_may_race(self, tmp_path: Path) -> None:
        program = (
            "import sys; from pathlib import Path; from rundbrief.database import open_database;"
            "print(); sys.stdout.flush(); sys.stdin.readline();"
            "open_database(Path(sys.argv[1]), migrations='rundbrief.crm.local.migrations').dispose()"
        )
        racers = [
            subprocess.Popen(
                [sys.executable, "-c", program, str(tmp_path / "x.db")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        for racer in racers:
            assert racer.stdout is not None
            racer.stdout.readline()  # it has imported everything and stands at the line
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("\n")
            racer.stdin.flush()
        assert [racer.communicate()[1] for racer in racers] == ["", "", ""]
        assert [racer.returncode for racer in racers] == [0, 0, 0]


class TestRefusals:
    def test_a_folder_that_is_a_file(self, tmp_path: Path, migrations: str) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(StateUnwritable, match=r"file/x\.db") as caught:
            open_database(tmp_path / "file" / "x.db", migrations=migrations)
        assert caught.value.hint

    def test_a_folder_in_place_of_the_file(self, tmp_path: Path, migrations: str) -> None:
        with pytest.raises(StateUnwritable, match="directory"):
            open_database(tmp_path, migrations=migrations)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_a_file_without_the_right_to_write(self, path: Path, engine: Engine, migrations: str) -> None:
        engine.dispose()
        path.chmod(0o400)
        with pytest.raises(StateUnwritable, match="Permission denied"):
            open_database(path, migrations=migrations)

    def test_a_file_that_is_no_database_is_left_alone(self, tmp_path: Path, migrations: str) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("Buy milk, bread, and ink. " * 100)
        with pytest.raises(StateCorrupt, match=r"notes\.txt"):
            open_database(path, migrations=migrations)
        assert path.read_text().startswith("Buy milk")

    def test_a_database_of_another_program_is_left_alone(self, tmp_path: Path, migrations: str) -> None:
        path = tmp_path / "cookbook.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE recipes (name)")
        with pytest.raises(StateForeign, match="something else"):
            open_database(path, migrations=migrations)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]

    def test_two_databases_of_rundbrief_are_not_mixed_up(self, tmp_path: Path) -> None:
        open_database(tmp_path / "x.db", migrations="rundbrief.store.migrations").dispose()
        with pytest.raises(StateForeign, match="something else"):
            open_database(tmp_path / "x.db", migrations="rundbrief.crm.local.migrations")

    def test_damage_that_shows_later(self, engine: Engine, path: Path) -> None:
        many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n LIMIT 5000)"
        with engine.begin() as connection:
            connection.exec_driver_sql(f"{many} INSERT INTO people SELECT i, i FROM n")
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
        with path.open("r+b") as file:
            file.seek(8 * 4096)
            file.write(b"\xff" * 4096 * 8)
        with pytest.raises(StateCorrupt, match="damaged"), engine.begin() as connection:
            connection.exec_driver_sql("SELECT sum(length(name)) FROM people NOT INDEXED").all()

    def test_a_lock_that_is_held_too_long(self, path: Path, migrations: str) -> None:
        engine = open_database(path, migrations=migrations, patience=0.0)
        with engine.begin(), pytest.raises(StateBusy, match="locked"):
            add(engine, "Ann")
        engine.dispose()


class TestCopy:
    def test_it_holds_what_was_saved_and_is_private(self, engine: Engine, tmp_path: Path, migrations: str) -> None:
        add(engine, "Ann")
        target = tmp_path / "copies" / "copy.db"
        copy_database(engine, target)
        add(engine, "Bob")
        copy = open_database(target, migrations=migrations)
        assert names(copy) == ["Ann"]
        copy.dispose()
        assert stat.S_IMODE(target.stat().st_mode) == 0o600

    def test_a_writer_in_the_middle_is_no_obstacle(self, engine: Engine, tmp_path: Path, migrations: str) -> None:
        add(engine, "Ann")
        with engine.begin() as writer:
            writer.exec_driver_sql("INSERT INTO people (name) VALUES ('Bob')")
            copy_database(engine, tmp_path / "copy.db")
        copy = open_database(tmp_path / "copy.db", migrations=migrations)
        assert names(copy) == ["Ann"]
        copy.dispose()

    def test_a_place_that_cannot_be_written(self, engine: Engine, tmp_path: Path) -> None:
        with pytest.raises(StateUnwritable, match="cannot be written"):
            copy_database(engine, tmp_path)
