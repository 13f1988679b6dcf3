"""Putting a block of Python into a file, as a page tells its reader to."""

import ast
from collections.abc import Sequence

__all__ = ["put_into"]

Import = (ast.Import, ast.ImportFrom)


def put_into(source: str, block: str) -> str:
    """Return a module with a block's definitions in the places of those of the same names.

    A new one stands beside its neighbour in the block, or at the end. Imports go to the others.
    """
    nodes = ast.parse(block).body
    definitions = [(_names(one), _text(block, one)) for one in nodes if not isinstance(one, Import)]
    known = {name for one in ast.parse(source).body for name in _names(one)}
    lines = source.splitlines()
    before: list[str] = []
    neighbour = ""
    for names, text in definitions:
        if known.isdisjoint(names):
            if neighbour:
                lines = _beside(lines, neighbour, text)
            else:
                before += ["", "", text]
                continue
        else:
            lines = _instead(lines, names[0], [*before[2:], "", "", text] if before else [text])
            before = []
        known.update(names)
        neighbour = names[0]
    lines += before
    imports = [ast.unparse(one) for one in nodes if isinstance(one, Import)]
    return "\n".join(_with_imports(lines, imports)).rstrip("\n") + "\n"


def _instead(lines: Sequence[str], name: str, new: Sequence[str]) -> list[str]:
    begin, end = _place(lines, name)
    return "\n".join([*lines[:begin], *new, *lines[end:]]).splitlines()


def _beside(lines: Sequence[str], neighbour: str, new: str) -> list[str]:
    _, end = _place(lines, neighbour)
    return "\n".join([*lines[:end], "", "", new, *lines[end:]]).splitlines()


def _place(lines: Sequence[str], name: str) -> tuple[int, int]:
    """Return the lines that a definition takes, decorators included."""
    [node] = [one for one in ast.parse("\n".join(lines)).body if name in _names(one)]
    return _begin(node) - 1, node.end_lineno or 0


def _with_imports(lines: Sequence[str], imports: Sequence[str]) -> list[str]:
    body = ast.parse("\n".join(lines)).body
    last = max(one.end_lineno or 0 for one in body if isinstance(one, Import))
    return [*lines[:last], *imports, *lines[last:]]


def _text(block: str, node: ast.stmt) -> str:
    return "\n".join(block.splitlines()[_begin(node) - 1 : node.end_lineno])


def _begin(node: ast.stmt) -> int:
    return min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])


def _names(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Assign():
            return [one.id for one in node.targets if isinstance(one, ast.Name)]
        case ast.AnnAssign(target=ast.Name() as target):
            return [target.id]
    return []
