"""A new plugin to start from: a complete package that installs, and whose contract tells what is left to do.

The files are templates of the standard library's kind (`string.Template`) that come with rundbrief itself, so that
they always fit the installed hooks. A generator such as copier would have to be installed, fetched and kept in
step beside it, for a handful of names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from rundbrief.errors import InputError

__all__ = ["PluginNames", "new_plugin"]

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TITLE = re.compile(r"[\w .&+'-]{1,40}")
_ENDING = ".tmpl"

_HOMES = {
    "contract": "tests",
    "gitignore": ".gitignore",
    "github": ".github/workflows",
    "package": "src/{package}",
}
"""Where files of the template go that have other names here. Wheels have neither hidden files nor tests."""


@dataclass(frozen=True, slots=True)
class PluginNames:
    """What a new plugin is called.

    Args:
        name: the entry point's name, and what `provider` in rundbrief.toml says.
        title: how people call the service.

    Raises:
        InputError: one of them cannot be used.
    """

    name: str
    title: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InputError(
                f"A plugin cannot be called {self.name!r}.",
                hint="Use lower-case letters, digits and hyphens: rundbrief plugins new paperboy",
            )
        if not _TITLE.fullmatch(self.title):
            raise InputError(
                "The title cannot be used.", hint="Use up to 40 letters, digits, spaces and the signs . & + ' -"
            )

    @property
    def distribution(self) -> str:
        return f"rundbrief-{self.name}"

    @property
    def package(self) -> str:
        return f"rundbrief_{self.name.replace('-', '_')}"

    def words(self) -> Mapping[str, str]:
        """Return what stands for each name in the template."""
        return {
            "name": self.name,
            "title": self.title,
            "distribution": self.distribution,
            "package": self.package,
            "Class": "".join(word.capitalize() for word in self.name.split("-")),
            "VARIABLE": self.name.replace("-", "_").upper(),
        }


def new_plugin(names: PluginNames, into: Path) -> Path:
    """Write the package of a new provider into a new folder below `into`, and return that folder.

    Raises:
        InputError: there is such a folder already, or it cannot be written.
    """
    home = into / names.distribution
    try:
        home.mkdir(parents=True)
    except FileExistsError:
        raise InputError(f"{home} exists already; it was left as it is.", hint="Choose another name.") from None
    except OSError as error:
        raise InputError(f"{home} cannot be made: {error.strerror}.") from None
    _write(files("rundbrief.scaffold") / "template", home, names)
    return home


def _write(source: Traversable, target: Path, names: PluginNames) -> None:
    for one in source.iterdir():
        name = one.name.removesuffix(_ENDING)
        place = target / _HOMES.get(name, name).format(package=names.package)
        if one.is_dir():
            place.mkdir(parents=True)
            _write(one, place, names)
        elif one.name.endswith(_ENDING):
            text = Template(one.read_text(encoding="utf-8")).substitute(names.words())
            place.write_text(text, encoding="utf-8")
