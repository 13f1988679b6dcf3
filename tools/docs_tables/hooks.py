"""The hooks, from their specs; whatever class of specs is added there is on the page as well."""

import ast
from collections.abc import Iterator

from docs_tables.docstrings import markdown
from docs_tables.markdown import code
from docs_tables.objects import sections
from docs_tables.places import ROOMS, linked, links_of, names_in, specs
from docs_tables.sources import definition, first_line, functions, signature
from rundbrief import hookspecs

__all__ = ["hooks"]

OPTIONAL = "Optional."
"""How the docstring of a hook begins that a plugin may leave out."""


def hooks() -> str:
    """Return a section for each hook, and for everything that their authors meet."""
    parts = [part for spec in specs() for part in _spec(spec.__name__)]
    for title, module in ROOMS["hooks.md"]:
        parts += [f"## {title}", sections(module, names_in(module))]
    return linked("\n\n".join(parts), "hooks.md")


def _spec(name: str) -> Iterator[str]:
    found = definition(hookspecs, name)
    assert isinstance(found.node, ast.ClassDef)
    title, more = first_line(found.docstring)
    yield f"## {title}"
    if more:
        yield markdown(more)
    for hook in functions(found.node):
        yield from _hook(hook)


def _hook(hook: ast.FunctionDef) -> Iterator[str]:
    docstring = ast.get_docstring(hook) or ""
    is_optional = docstring.startswith(OPTIONAL)
    yield f"### {hook.name}"
    yield "*Optional.*" if is_optional else "*Required.*"
    yield code(signature(hook), "python")
    if met := links_of(signature(hook).partition(hook.name)[2]):
        yield f"Types: {', '.join(f'`{name}`' for name in met)}."
    yield markdown(docstring.removeprefix(OPTIONAL).strip())
