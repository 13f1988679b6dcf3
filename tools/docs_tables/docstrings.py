"""From docstrings to Markdown. Ours are nearly that already; their sections and examples are not."""

import re
from collections.abc import Iterator

from docs_tables.markdown import bullet, code

__all__ = ["markdown"]

_TITLES = {"Args:", "Returns:", "Raises:", "Yields:"}


def markdown(docstring: str) -> str:
    """Return the same in Markdown: sections as lists, examples as blocks of Python."""
    first, *rest = docstring.strip().split("\n")
    if first in _TITLES:
        # What stands below an opening line loses its indentation when a docstring is cleaned.
        rest = [f"    {line}" for line in rest]
    return "\n\n".join(_blocks([first, *rest]))


def _blocks(lines: list[str]) -> Iterator[str]:
    paragraph: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        is_code = line.endswith("::")
        if line.strip() in _TITLES or is_code:
            end = _end_of_indented(lines, number)
            body = [one.removeprefix("    ") for one in lines[number:end]]
            if is_code:
                yield "\n".join([*paragraph, line.removesuffix(":")])
                yield code("\n".join(body), "python")
            else:
                if paragraph:
                    yield "\n".join(paragraph)
                yield from _section(line.strip(), body)
            paragraph, number = [], end
        elif line.strip():
            paragraph.append(line)
        elif paragraph:
            yield "\n".join(paragraph)
            paragraph = []
    if paragraph:
        yield "\n".join(paragraph)


def _end_of_indented(lines: list[str], begin: int) -> int:
    number = begin
    while number < len(lines) and (not lines[number].strip() or lines[number].startswith("    ")):
        number += 1
    return number


def _section(title: str, body: list[str]) -> Iterator[str]:
    """Yield a section: what comes out as a sentence, parameters and errors as a list."""
    text = "\n".join(body).strip()
    if title in ("Returns:", "Yields:"):
        yield bullet(f"*{title.removesuffix(':')}* {text}")
        return
    yield f"*{title.removesuffix(':')}*"
    entries = re.split(r"\n(?! )", text)
    yield "\n".join(bullet(_entry(one)) for one in entries)


def _entry(text: str) -> str:
    names, _, meaning = text.partition(":")
    return f"{', '.join(f'`{name.strip()}`' for name in names.split(','))}: {meaning.strip()}"
