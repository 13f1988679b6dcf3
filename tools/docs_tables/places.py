"""What is described where, and links from a name in backticks to its section."""

import re
from collections.abc import Mapping, Sequence
from functools import cache, partial
from importlib import import_module

from docs_tables.sources import in_order
from rundbrief import errors, hookspecs

__all__ = ["ROOMS", "Room", "linked", "links_of", "names_in", "specs"]

Room = tuple[str, str]
"""A title, and the module whose public names are described below it."""

ROOMS: Mapping[str, Sequence[Room]] = {
    "hooks.md": (
        ("What a provider says of itself", "rundbrief.hookspecs.provider_info"),
        ("What a CRM says of itself", "rundbrief.hookspecs.crm"),
        ("What an observer says of itself, and is told", "rundbrief.hookspecs.observer"),
        ("The version of the hooks", "rundbrief.hookspecs.marking"),
        ("What a plugin is handed", "rundbrief.session"),
        ("Ready-made: secrets among the settings", "rundbrief.config"),
        ("Ready-made: answers with a schema", "rundbrief.http"),
        ("Ready-made: which field goes where", "rundbrief.field_matching"),
        ("Ready-made: reading page by page", "rundbrief.paging"),
        ("Ready-made: a service's words without addresses", "rundbrief.masking"),
    ),
    "models.md": (
        ("What a service says", "rundbrief.models.subscribers"),
        ("What is written, and what becomes of it", "rundbrief.models.writes"),
        ("What a CRM holds", "rundbrief.models.contacts"),
        ("Values", "rundbrief.models.values"),
        ("Postal addresses", "rundbrief.models.postal"),
        ("E-mail addresses", "rundbrief.models.addresses"),
        ("Fields, and the map between them", "rundbrief.fields"),
        ("The CRM itself", "rundbrief.crm"),
    ),
    "sandboxes.md": (
        ("What every sandbox has", "rundbrief.testing.application"),
        ("A newsletter service", "rundbrief.testing.sandbox"),
        ("A session with it", "rundbrief.testing.connecting"),
        ("A CRM", "rundbrief.testing.crm_sandbox"),
        ("From a path to its answer", "rundbrief.testing.routing"),
        ("What was asked", "rundbrief.testing.requestlog"),
        ("What goes wrong", "rundbrief.testing.faults"),
    ),
}
"""Page of docs/reference -> what is described on it."""

_ELSEWHERE = frozenset({"PROJECT", "PROVIDER_GROUP", "CRM_GROUP", "OBSERVER_GROUP", "hookimpl", "hookspec"})
"""Public names of the hook specs that the hand-written part of the page is about."""

_FOR_PLUGINS = {"rundbrief.config": ("SecretField",), "rundbrief.http": ("Rows", "WireSchema", "decoded", "load")}
"""What a plugin uses of a module that is for the host otherwise."""

_CODE = re.compile(r"(?<!\[)`([^`\n]+)`")
_NAME = re.compile(r"[A-Za-z_]\w*")


def specs() -> Sequence[type]:
    """Return the classes of hooks, in the order of the rooms."""
    modules = [module for _, module in ROOMS["hooks.md"]]

    def place(spec: type) -> int:
        return next(n for n, module in enumerate(modules) if module.startswith(spec.__module__))

    return sorted((getattr(hookspecs, name) for name in hookspecs.__all__ if name.endswith("Spec")), key=place)


def names_in(module: str) -> Sequence[str]:
    """Return the public names of a module that have a section, in the order of the source."""
    hidden = _ELSEWHERE | {one.__name__ for one in specs()}
    names = _FOR_PLUGINS.get(module) or import_module(module).__all__
    return in_order(import_module(module), [name for name in names if name not in hidden])


def linked(text: str, page: str) -> str:
    """Return a generated text in which names lead to their sections.

    What stands in a heading, a code block or the section about itself stays as it is.
    """
    lines, own, is_code = [], "", False
    for line in text.split("\n"):
        if line.lstrip().startswith("```"):
            is_code = not is_code
        elif line.startswith("#"):
            own = line.lstrip("# ")
        elif not is_code:
            line = _CODE.sub(partial(_link, own, page), line)
        lines.append(line)
    return "\n".join(lines)


def _link(own: str, page: str, found: re.Match[str]) -> str:
    """Return code as a link to the first name in it that has a section, or as it is."""
    is_entry = found.string[: found.start()] == "* "
    for name in _NAME.findall(found[1]):
        if name in _targets() and name != own and not (is_entry and name.islower()):
            return f"[{found[0]}]({_targets()[name].removeprefix(page)})"
    return found[0]


@cache
def _targets() -> Mapping[str, str]:
    """Return name -> page and anchor. Only names that no other word looks like: classes, constants and hooks."""
    found = dict.fromkeys(errors.__all__, "exit-codes.md")
    for page, rooms in ROOMS.items():
        names = (name for _, module in rooms for name in names_in(module))
        found |= {name: f"{page}#{name.lower()}" for name in names if name[0].isupper() or "_" in name}
    hooks = (name for spec in specs() for name in vars(spec) if "_" in name.strip("_"))
    return found | {name: f"hooks.md#{name}" for name in hooks}


def links_of(text: str) -> Sequence[str]:
    """Return the names in a text that have a section, each once."""
    return list(dict.fromkeys(name for name in _NAME.findall(text) if name in _targets()))
