"""Describe what others may rely on, a line for each name.

For plugins that is the names in `__all__` of certain modules; for operators the commands with their options, the
settings, and the exit codes.

`python tools/public_interface.py` prints it. `tests/test_interface.py` holds it against what it was at the last
release: whatever has changed since has to stand in the changelog.
"""

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from types import ModuleType

import click

from rundbrief import errors
from rundbrief.cli.app import cli
from rundbrief.config.schemas import ConnectionSchema, CrmSchema, FieldSchema, StateSchema

PUBLIC: Mapping[str, Sequence[str] | None] = {
    "rundbrief.hookspecs": None,
    "rundbrief.models": None,
    "rundbrief.fields": None,
    "rundbrief.field_matching": None,
    "rundbrief.session": None,
    "rundbrief.errors": None,
    "rundbrief.paging": None,
    "rundbrief.masking": None,
    "rundbrief.http": ("Rows", "WireSchema", "decoded", "load"),
    "rundbrief.config": ("SecretField",),
    "rundbrief.crm": None,
    "rundbrief.testing": None,
    "rundbrief.testing.application": None,
    "rundbrief.testing.connecting": None,
    "rundbrief.testing.contract": None,
    "rundbrief.testing.crm_contract": None,
    "rundbrief.testing.crm_sandbox": None,
    "rundbrief.testing.faults": None,
    "rundbrief.testing.requestlog": None,
    "rundbrief.testing.routing": None,
    "rundbrief.testing.sandbox": None,
}
"""Module -> the names that plugins may import from it; None: all in its `__all__`."""


def public_names(module: str) -> Sequence[str]:
    """Return the names that plugins may import from a public module."""
    names = PUBLIC[module]
    return names if names is not None else sorted(import_module(module).__all__)


def interface() -> list[str]:
    """Return the whole public interface, sorted."""
    return sorted({*_names(), *_commands(cli, "rundbrief"), *_settings(), *_exit_codes()})


# --- for plugins ------------------------------------------------------------------------------------------


def _names() -> Iterator[str]:
    for module in PUBLIC:
        for name in public_names(module):
            for line in _described(_home(import_module(module), name), name):
                yield f"{module}.{line}"


def _home(module: ModuleType, name: str) -> ModuleType:
    """Return the module that a name is defined in: an alias or a constant has none of its own to tell."""
    defined_in = getattr(getattr(module, name), "__module__", None)
    for candidate in (defined_in, module.__name__, *_imported_from(module, name)):
        if candidate and name in _definitions(candidate):
            return import_module(candidate)
    raise LookupError(f"{module.__name__}.{name} is defined nowhere")


def _imported_from(module: ModuleType, name: str) -> Iterator[str]:
    for node in _tree(module.__name__).body:
        if isinstance(node, ast.ImportFrom) and name in {one.name for one in node.names} and node.module:
            yield node.module
            yield from _imported_from(import_module(node.module), name)


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(inspect.getsource(import_module(module)))


@cache
def _definitions(module: str) -> Mapping[str, ast.stmt]:
    found: dict[str, ast.stmt] = {}
    for node in _tree(module).body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                found[name] = node
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = node
    return found


def _described(home: ModuleType, name: str) -> Iterator[str]:
    node = _definitions(home.__name__)[name]
    match node:
        case ast.ClassDef():
            bases = ", ".join(ast.unparse(one) for one in node.bases)
            yield f"{name}({bases})" if bases else name
            for member in node.body:
                yield from (f"{name}.{line}" for line in _member(member))
        case ast.FunctionDef():
            yield _signature(node)
        case ast.Assign() | ast.AnnAssign():
            yield f"{name} = {ast.unparse(node.value) if node.value else ''}"


def _member(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)) if not name.startswith("_"):
            yield f"{name}: {ast.unparse(node.annotation)}{' = …' if node.value else ''}"
        case ast.Assign(targets=[ast.Name(id=name)]) if not name.startswith("_"):
            yield f"{name} = {ast.unparse(node.value)}"
        case ast.FunctionDef() if not node.name.startswith("_") or node.name == "__init__":
            yield _signature(node)


def _signature(node: ast.FunctionDef) -> str:
    is_property = any(ast.unparse(one) == "property" for one in node.decorator_list)
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{node.name}{'' if is_property else f'({ast.unparse(node.args)})'}{returns}"


# --- for operators ----------------------------------------------------------------------------------------


def _commands(command: click.Command, path: str) -> Iterator[str]:
    context = click.Context(command)
    yield f"command {path}"
    for parameter in command.params:
        names = parameter.opts if isinstance(parameter, click.Option) else [parameter.make_metavar(context)]
        yield from (f"command {path} {name}" for name in [*names, *parameter.secondary_opts])
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from _commands(found, f"{path} {name}")


def _settings() -> Iterator[str]:
    tables = {
        "state": StateSchema,
        "crm": CrmSchema,
        "connections.NAME": ConnectionSchema,
        "connections.NAME.fields.KEY": FieldSchema,
    }
    for table, schema in tables.items():
        for name, field in schema().fields.items():
            yield f"setting {table}.{field.data_key or name}"


def _exit_codes() -> Iterator[str]:
    for name in errors.__all__:
        yield f"exit code {getattr(errors, name).exit_code} {name}"


if __name__ == "__main__":
    sys.stdout.write("\n".join(interface()) + "\n")
