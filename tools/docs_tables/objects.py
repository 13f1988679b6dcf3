"""Public names of a module, each with a section: its fields, members or parameters, and what they mean."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

from docs_tables.docstrings import markdown
from docs_tables.markdown import bullet, code, prose
from docs_tables.sources import Attribute, Definition, attributes, definition, functions, signature

__all__ = ["Meanings", "sections"]

Meanings = Mapping[str, str]
"""`Class.MEMBER` -> what it means, where that is said elsewhere than below the member."""


def sections(module: str, names: Sequence[str], meanings: Meanings | None = None) -> str:
    """Return a section, at level 3, for each of these names of a module."""
    source = import_module(module)
    return "\n\n".join(_section(definition(source, name), meanings or {}) for name in names)


def _section(one: Definition, meanings: Meanings) -> str:
    return "\n\n".join([f"### {one.name}", *(part for part in _parts(one, meanings) if part)])


def _parts(one: Definition, meanings: Meanings) -> Iterator[str]:
    match one.node:
        case ast.FunctionDef() as function:
            yield code(signature(function), "python")
            yield markdown(one.docstring)
        case ast.ClassDef() as made:
            yield markdown(one.docstring)
            yield _Class(made, meanings).text()
        case _:
            yield code(one.source, "python")
            yield markdown(one.docstring)


@dataclass(frozen=True, slots=True)
class _Class:
    """What is in a class."""

    node: ast.ClassDef
    meanings: Meanings

    def text(self) -> str:
        bases = {ast.unparse(one) for one in self.node.bases}
        methods = map(self._method, functions(self.node))
        line = self._member if "StrEnum" in bases else self._field
        fields = "\n".join(map(line, attributes(self.node)))
        return "\n\n".join(filter(None, [fields, *methods]))

    def _field(self, one: Attribute) -> str:
        default = "empty by default" if one.is_empty else f"default `{one.default}`" if one.default else ""
        more = ", ".join(filter(None, [one.type and f"`{one.type}`", default]))
        return _entry(f"`{one.name}` ({more})", one.docstring)

    def _member(self, one: Attribute) -> str:
        meaning = one.docstring or self.meanings.get(f"{self.node.name}.{one.name}", "")
        return _entry(f"`{one.name}` = `{one.default}`", meaning)

    def _method(self, function: ast.FunctionDef) -> str:
        text = markdown(ast.get_docstring(function) or "")
        return "\n\n".join(filter(None, [code(signature(function), "python"), text]))


def _entry(name: str, meaning: str) -> str:
    return bullet(f"{name}: {prose(meaning)}" if meaning else name)
