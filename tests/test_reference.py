"""The reference leaves nothing out, and says of everything what the code says. Nothing here asks the generator."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib import import_module
from pathlib import Path

import click
import pytest
from documentation.structure import Section, sections_of
from installing import ROOT
from marshmallow import Schema

from rundbrief import errors, hookspecs
from rundbrief.cli.app import cli
from rundbrief.config.schemas import ConnectionSchema, CrmSchema, FieldSchema, FileSchema, StateSchema
from rundbrief.errors import PluginBroken, RundbriefError
from rundbrief.hookspecs import CRM_GROUP, OBSERVER_GROUP, PROVIDER_GROUP
from rundbrief.models import WriteKind
from rundbrief.plugins import installed, load_crm, load_observer, load_provider

REFERENCE = ROOT / "docs/reference"


def section(page: str, title: str) -> Section:
    """Return the one section of a page with this title."""
    [found] = [one for one in sections_of(REFERENCE / page) if one.title == title]
    return found


# --- hooks ------------------------------------------------------------------------------------------------

SPECS = [one for name, one in vars(hookspecs).items() if name.endswith("Spec") and inspect.isclass(one)]
HOOKS = [
    pytest.param(hook.__func__, id=f"{spec.__name__}.{name}")
    for spec in SPECS
    for name, hook in vars(spec).items()
    if isinstance(hook, staticmethod)
]


def test_there_are_hooks() -> None:
    assert len(HOOKS) >= 13


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_there_with_its_exact_signature(hook: Callable[..., object]) -> None:
    sections = [one for one in sections_of(REFERENCE / "hooks.md") if one.title == hook.__name__]
    assert signature_of(hook) in [signature_on(one) for one in sections]


def signature_of(hook: Callable[..., object]) -> tuple[dict[str, str], str]:
    """Return parameter -> type, and the type of the answer, as the function itself has them."""
    signature = inspect.signature(hook)
    parameters = {name: spelt(one.annotation) for name, one in signature.parameters.items()}
    return parameters, spelt(signature.return_annotation)


def spelt(annotation: object) -> str:
    """Return a type without the modules that its parts come from."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"(?:\w+\.)+(?=\w)", "", text)


def signature_on(one: Section) -> tuple[dict[str, str], str]:
    block = re.search(r"```python\n(.*?)```", one.text, re.DOTALL)
    assert block
    [function] = ast.parse(block[1]).body
    assert isinstance(function, ast.FunctionDef)
    assert function.returns
    parameters = {parameter.arg: ast.unparse(parameter.annotation) for parameter in function.args.args}
    return parameters, ast.unparse(function.returns)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_there_with_its_example(hook: Callable[..., object]) -> None:
    sections = [one.text for one in sections_of(REFERENCE / "hooks.md") if one.title == hook.__name__]
    assert all(f"@hookimpl\ndef {hook.__name__}(" in text for text in sections)


@pytest.mark.parametrize(
    ("group", "load", "title"),
    [
        (PROVIDER_GROUP, load_provider, "Hooks of a newsletter service"),
        (CRM_GROUP, load_crm, "Hooks of a CRM or ERP"),
        (OBSERVER_GROUP, load_observer, "Hooks of a plugin that is told what runs did"),
    ],
)
def test_the_hooks_that_the_host_insists_on_are_the_required_ones(
    group: str, load: Callable[[str], object], title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = tmp_path / "rundbrief_hollow-1.0.dist-info"
    metadata.mkdir()
    metadata.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: rundbrief-hollow\nVersion: 1.0\n")
    metadata.joinpath("entry_points.txt").write_text(f"[{group}]\nhollow = rundbrief_hollow\n")
    tmp_path.joinpath("rundbrief_hollow.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(PluginBroken, match="does not implement") as told:
        load("hollow")
    insisted = re.search(r"does not implement ([\w, ]+)", str(told.value))
    assert insisted
    assert required_below(title) == set(insisted[1].split(", "))


def required_below(title: str) -> set[str]:
    """Return the hooks that are marked as required between a heading of level 2 and the next."""
    found, is_below = set[str](), False
    for one in sections_of(REFERENCE / "hooks.md"):
        if one.level == 2:
            is_below = one.title == title
        elif is_below and one.text.strip().startswith("*Required.*"):
            found.add(one.title)
    return found


# --- models and the rest that plugins meet ----------------------------------------------------------------

SHARED = [
    (page, module, name)
    for page, modules in {
        "models.md": ("rundbrief.models", "rundbrief.fields", "rundbrief.crm"),
        "hooks.md": ("rundbrief.session", "rundbrief.field_matching", "rundbrief.paging", "rundbrief.masking"),
        "sandboxes.md": ("rundbrief.testing.sandbox", "rundbrief.testing.crm_sandbox", "rundbrief.testing.faults"),
    }.items()
    for module in modules
    for name in import_module(module).__all__
] + [
    ("hooks.md", "rundbrief.hookspecs", name)
    for name in hookspecs.__all__
    if inspect.isclass(one := getattr(hookspecs, name)) and one not in SPECS
]


@pytest.mark.parametrize(("page", "module", "name"), SHARED)
def test_a_public_name_is_there_with_all_it_has(page: str, module: str, name: str) -> None:
    one = getattr(import_module(module), name)
    text = section(page, name).text
    assert [part for part in parts_of(one) if part not in text] == []


def parts_of(one: object) -> Iterator[str]:
    if is_dataclass(one):
        yield from (f"* `{field.name}` (" for field in fields(one))
    elif inspect.isclass(one) and issubclass(one, Enum):
        yield from (f'* `{member.name}` = `"{member.value}"`' for member in one)
    elif inspect.isfunction(one):
        yield f"def {one.__name__}("
        yield from (f"{parameter}:" for parameter in inspect.signature(one).parameters)
    if inspect.isclass(one):
        own = {name: made for name, made in vars(one).items() if not name.startswith("_")}
        yield from (f"def {name}(" for name, made in own.items() if inspect.isfunction(made))
        yield from (f"* `{name}` (" for name, made in own.items() if isinstance(made, property))


# --- errors -----------------------------------------------------------------------------------------------

ERRORS = [
    one
    for one in vars(errors).values()
    if inspect.isclass(one) and issubclass(one, RundbriefError) and one is not RundbriefError
]


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_is_there_with_its_exit_code(error: type[RundbriefError]) -> None:
    page = (REFERENCE / "exit-codes.md").read_text(encoding="utf-8")
    assert f"| {error.exit_code} | `{error.__name__}` | " in page


# --- commands ---------------------------------------------------------------------------------------------


def commands(context: click.Context) -> Iterator[click.Context]:
    """Yield each command with its path, groups before what is in them."""
    assert isinstance(context.command, click.Group)
    for name in context.command.list_commands(context):
        command = context.command.get_command(context, name)
        assert command
        below = click.Context(command, info_name=name, parent=context)
        yield below
        if isinstance(command, click.Group):
            yield from commands(below)


ROOT_CONTEXT = click.Context(cli, info_name="rundbrief")
COMMANDS = list(commands(ROOT_CONTEXT))


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 20


@pytest.mark.parametrize("context", COMMANDS, ids=lambda context: context.command_path)
def test_a_command_is_there_with_its_arguments_and_options(context: click.Context) -> None:
    assert context.command.help
    text = plain(section("commands.md", context.command_path).text)
    assert [one for one in named_by(context) if one not in text] == []
    assert plain(context.command.help) in text


def test_the_global_options_are_there() -> None:
    text = plain(section("commands.md", "Global options").text)
    assert [one for one in named_by(ROOT_CONTEXT) if one not in text] == []


def named_by(context: click.Context) -> Iterator[str]:
    for parameter in context.command.params:
        if isinstance(parameter, click.Argument):
            yield parameter.make_metavar(context)
        elif isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help, parameter.name
            yield from parameter.opts
            yield plain(parameter.help)


def plain(text: str) -> str:
    """Return a text without what marks code, and with one blank between words."""
    return " ".join(text.replace("`", "").split())


# --- settings ---------------------------------------------------------------------------------------------

PLUGINS = [load_crm(one.name) for one in installed(CRM_GROUP)] + [load_provider(one.name) for one in installed()]
SETTINGS: list[tuple[str, type[Schema]]] = [
    ("The table `[state]`", StateSchema),
    ("The table `[crm]`", CrmSchema),
    ("The tables `[connections.NAME]`", ConnectionSchema),
    ("The tables `[connections.NAME.fields]`", FieldSchema),
    *((one.info.title, one.info.settings) for one in PLUGINS),
]


@pytest.mark.parametrize(("title", "schema"), SETTINGS)
def test_a_setting_is_there_with_what_it_is_for(title: str, schema: type[Schema]) -> None:
    rows = {cells[0]: cells for cells in rows_of(section("configuration.md", title))}
    for name, field in schema().fields.items():
        key, _, default, meaning = rows.pop(f"`{field.data_key or name}`")
        assert meaning == field.metadata.get("description"), key
        assert meaning.endswith("."), key
        assert (default == "**required**") is field.required, key
    assert list(rows) == ["Key", "---"]


def test_every_table_of_the_file_is_there() -> None:
    titles = " ".join(one.title for one in sections_of(REFERENCE / "configuration.md"))
    assert [name for name in FileSchema().fields if f"[{name}" not in titles] == []


def rows_of(one: Section) -> list[list[str]]:
    lines = [line for line in one.text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


# --- what a service can do --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [one.name for one in installed()])
def test_the_page_of_a_service_says_what_it_can_do(name: str) -> None:
    provider = load_provider(name)
    page = ROOT / f"docs/providers/{name}.md"
    cells = {row[0]: row[1] for one in sections_of(page) for row in rows_of(one) if len(row) == 2}
    asked_again = next(answer for words, answer in cells.items() if "double opt-in mail" in words)
    assert asked_again.startswith("yes") is (WriteKind.CONFIRM in provider.info.batch_sizes)
    sizes = {
        int(size.replace(",", ""))
        for text in cells.values()
        for size in re.findall(r"batches of up to ([\d,]+)", text)
    }
    assert sizes == set(provider.info.batch_sizes.values())
    makes_fields = next(answer for words, answer in cells.items() if "rundbrief fields --push" in words)
    assert (makes_fields == "yes") is ("create_fields" in provider.capabilities)
