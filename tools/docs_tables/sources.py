"""What the source says beside the code: docstrings of attributes, types and defaults as they are spelt there."""

import ast
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType

__all__ = [
    "Attribute",
    "Definition",
    "attributes",
    "definition",
    "first_line",
    "functions",
    "in_order",
    "signature",
]

LONGEST_SIGNATURE = 88
"""Characters; a longer one has a line for each parameter."""


@dataclass(frozen=True, slots=True)
class Definition:
    """Where a public name comes from."""

    name: str
    node: ast.stmt
    docstring: str
    source: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a class: a field of a dataclass, or a member of an enum."""

    name: str
    type: str
    default: str
    is_empty: bool
    """The default is made anew each time, with nothing in it."""
    docstring: str


def definition(module: ModuleType, name: str) -> Definition:
    """Return the definition of a name that a module has, or has from a module below it.

    Raises:
        LookupError: there is none.
    """
    for one in (module, *_below(module)):
        if name in (found := _definitions(one)):
            return found[name]
    raise LookupError(f"{module.__name__} does not define {name}")


def in_order(module: ModuleType, names: Sequence[str]) -> Sequence[str]:
    """Return the names that the module itself defines, in its order; for a package all of them, as they are."""
    if hasattr(module, "__path__"):
        return names
    return [name for name in _definitions(module) if name in names]


def attributes(node: ast.ClassDef) -> Iterator[Attribute]:
    """Yield the public attributes and properties of a class in their order, each with the text about it."""
    for statement, docstring in _with_docstrings(node.body):
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                found = Attribute(name, _type(annotation), *_default(value), docstring)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found = Attribute(name, "", *_default(value), docstring)
            case ast.FunctionDef() if _is_property(statement):
                text = ast.get_docstring(statement) or ""
                found = Attribute(statement.name, _type(statement.returns), "", False, text)
            case _:
                continue
        if not found.name.startswith("_"):
            yield found


def functions(node: ast.ClassDef) -> Iterator[ast.FunctionDef]:
    """Yield the public methods of a class in their order."""
    for statement in node.body:
        match statement:
            case ast.FunctionDef(name=name) if not name.startswith("_") and not _is_property(statement):
                yield statement


def signature(node: ast.FunctionDef) -> str:
    """Return a function without its body: parameters, types and defaults; no `self`."""
    parameters = _parameters(node.args)
    answer = f" -> {_type(node.returns)}" if node.returns else ""
    line = f"def {node.name}({', '.join(parameters)}){answer}: ..."
    if len(line) <= LONGEST_SIGNATURE:
        return line
    return "\n".join([f"def {node.name}(", *(f"    {one}," for one in parameters), f"){answer}: ..."])


def first_line(docstring: str) -> tuple[str, str]:
    """Return the first sentence of a docstring, without its full stop, and the rest."""
    first, _, rest = docstring.partition("\n")
    return first.strip().removesuffix("."), rest.strip()


def _is_property(function: ast.FunctionDef) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "property" for one in function.decorator_list)


@cache
def _below(module: ModuleType) -> tuple[ModuleType, ...]:
    if not hasattr(module, "__path__"):
        return ()
    names = [one.name for one in walk_packages(module.__path__, f"{module.__name__}.")]
    return tuple(import_module(name) for name in names)


@cache
def _definitions(module: ModuleType) -> Mapping[str, Definition]:
    source = inspect.getsource(module)
    found = {}
    for node, below in _with_docstrings(ast.parse(source).body):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                docstring = ast.get_docstring(node) or ""
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                docstring = below
            case _:
                continue
        found[name] = Definition(name, node, docstring, ast.get_source_segment(source, node) or "")
    return found


def _with_docstrings(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, str]]:
    """Yield each statement with the text directly below it, which Python itself forgets."""
    for statement, below in zip(body, [*body[1:], None], strict=True):
        match below:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield statement, inspect.cleandoc(text)
            case _:
                yield statement, ""


def _parameters(arguments: ast.arguments) -> list[str]:
    """Return each parameter with its type and default; a bare `*` before those that have to be named."""
    plain = [one for one in (*arguments.posonlyargs, *arguments.args) if one.arg not in ("self", "cls")]
    defaults = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    found = [_parameter(one, value) for one, value in zip(plain, defaults, strict=True)]
    if arguments.kwonlyargs:
        found.append("*")
        found += map(_parameter, arguments.kwonlyargs, arguments.kw_defaults)
    return found


def _parameter(argument: ast.arg, default: ast.expr | None) -> str:
    typed = f"{argument.arg}: {_type(argument.annotation)}" if argument.annotation else argument.arg
    return f"{typed} = {_value(default)}" if default else typed


def _type(annotation: ast.expr | None) -> str:
    """Return a type; one that stands in quotes, since its module is imported late, without them."""
    match annotation:
        case None:
            return ""
        case ast.Constant(value=str(text)):
            return text
        case _:
            return ast.unparse(annotation)


def _default(value: ast.expr | None) -> tuple[str, bool]:
    """Return the default of a dataclass's field, and whether it is something empty that a factory makes."""
    match value:
        case None:
            return "", False
        case ast.Call(func=ast.Name(id="field"), keywords=keywords):
            return "", any(one.arg == "default_factory" for one in keywords)
        case _:
            return _value(value), False


def _value(value: ast.expr) -> str:
    """Return a value; texts in double quotes, as they stand in the source."""
    match value:
        case ast.Constant(value=str(text)) if '"' not in text:
            return f'"{text}"'
        case _:
            return ast.unparse(value)
