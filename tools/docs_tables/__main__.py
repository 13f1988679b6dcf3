"""`make docs-tables` renews what is made from the code, in place; with names of markers, that alone.

With `--check` nothing is written; the exit code is 1, and the stale pages are named, when a page differs from the
code.
"""

import sys

from docs_tables.pages import DOCS, MARKERS, SLOW, renewed


def main(arguments: list[str]) -> int:
    """Renew pages, or with `--check` name the stale ones; return the exit code."""
    if "--check" in arguments:
        return _check()
    for marker in arguments or MARKERS:
        if found := renewed(marker):
            page, text = found
            page.write_text(text, encoding="utf-8")
    return 0


def _check() -> int:
    stale = [found[0] for marker in MARKERS if marker not in SLOW and (found := renewed(marker))]
    for page in stale:
        sys.stderr.write(f"docs/{page.relative_to(DOCS)} is stale: run `make docs-tables`.\n")
    return 1 if stale else 0


sys.exit(main(sys.argv[1:]))
