"""The pages about the public names of modules: the models, and the sandboxes."""

from docs_tables.objects import Meanings, sections
from docs_tables.places import ROOMS, linked, names_in
from rundbrief.cli.wording import SENTENCES

__all__ = ["models", "sandboxes"]


def models() -> str:
    """Return a section for every word that core and its plugins share; reasons as the reports explain them."""
    return _described("models.md", {f"Reason.{one.name}": sentence for one, sentence in SENTENCES.items()})


def sandboxes() -> str:
    """Return a section for everything that sandboxes are made of."""
    return _described("sandboxes.md", {})


def _described(page: str, meanings: Meanings) -> str:
    parts = []
    for title, module in ROOMS[page]:
        parts += [f"## {title}", sections(module, names_in(module), meanings)]
    return linked("\n\n".join(parts), page)
