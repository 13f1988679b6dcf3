"""What others rely on changes in the open: in `__all__`, in the changelog, and nowhere else."""

import ast
import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from installing import ROOT, tool

BASELINE = ROOT / "tests/public_interface.txt"
"""The interface as of the last release. A release renews it: `make interface`."""

public_interface = tool("public_interface")
PUBLIC = public_interface.PUBLIC

OTHERS = sorted(
    [
        *ROOT.glob("plugins/*/src/**/*.py"),
        *ROOT.glob("docs/examples/*/src/**/*.py"),
        *ROOT.glob("core/src/rundbrief/scaffold/template/package/*.tmpl"),
    ]
)
"""The modules of plugins, of ours and of the examples."""


def test_a_change_of_the_interface_is_in_the_changelog() -> None:
    before = set(BASELINE.read_text(encoding="utf-8").splitlines())
    now = set(public_interface.interface())
    missing = unmentioned(before, now, newest_section())
    assert missing == [], f"name it in backticks in CHANGELOG.md (what is gone: {sorted(before - now)})"


def newest_section() -> str:
    return re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1]


def unmentioned(before: set[str], now: set[str], changelog: str) -> list[str]:
    """Return the lines that have changed, come or gone without a word in the changelog."""
    words = {word for span in re.findall(r"`([^`]+)`", changelog) for word in re.findall(r"-*[\w-]+", span)}
    return sorted(line for line in before ^ now if name_of(line) not in words)


def name_of(line: str) -> str:
    """Return what a changelog calls this line of the interface."""
    if line.startswith(("command ", "exit code ")):
        return next(word for word in reversed(line.split()) if re.fullmatch(r"-*[\w-]+", word))
    return re.split(r"[(:= ]", line.removeprefix("setting "))[0].rpartition(".")[2]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("command rundbrief sync --every", "--every"),
        ("command rundbrief sync [CONNECTION]...", "sync"),
        ("exit code 31 RateLimited", "RateLimited"),
        ("setting connections.NAME.reconsent", "reconsent"),
        (
            "rundbrief.hookspecs.ProviderSpec.import_lists(session: Session) -> Iterator[MailingList]",
            "import_lists",
        ),
        ("rundbrief.models.Contact.email: str | None = …", "email"),
    ],
)
def test_a_change_without_a_word_is_noticed(line: str, name: str) -> None:
    """This is the test of the test: for each kind of line, one that came and one that went."""
    for before, now in (({line}, set[str]()), (set[str](), {line})):
        assert unmentioned(before, now, "Something else: `sandbox`.") == [line]
        assert unmentioned(before, now, f"New: `{name}`.") == []


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names_are_in_all_and_exist(module: str) -> None:
    home = import_module(module)
    assert set(public_interface.public_names(module)) <= set(home.__all__)
    assert all(hasattr(home, name) for name in home.__all__)


def test_the_page_on_stability_names_every_public_module() -> None:
    page = (ROOT / "docs/reference/stability.md").read_text(encoding="utf-8")
    assert [module for module in PUBLIC if f"`{module}`" not in page] == []
    restricted = [name for names in PUBLIC.values() for name in names or ()]
    assert [name for name in restricted if f"`{name}`" not in page] == []


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_plugin_imports_only_what_is_public(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".tmpl":
        source = re.sub(r"\$\{\w+\}", "name", source)
    wrong = [one for one in imports_of(source) if not is_public(*one)]
    assert wrong == []


def imports_of(source: str) -> Iterator[tuple[str, str]]:
    """Yield (module, name) for whatever is imported from rundbrief, inside functions as well."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == "rundbrief":
            yield from ((node.module, alias.name) for alias in node.names)
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name.partition(".")[0] == "rundbrief")


def is_public(module: str, name: str) -> bool:
    return module in PUBLIC and name in public_names_of(module)


def public_names_of(module: str) -> Iterable[str]:
    names: Iterable[str] = public_interface.public_names(module)
    return names


def test_an_import_that_is_not_public_is_noticed() -> None:
    found = list(
        imports_of("def f():\n    from rundbrief.http.client import open_client\nimport rundbrief.engine\n")
    )
    assert found == [("rundbrief.engine", ""), ("rundbrief.http.client", "open_client")]
    assert not any(is_public(*one) for one in found)
