"""Wheels of ours in fresh environments, without a network."""

import importlib.util
import socket
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

__all__ = [
    "DISTRIBUTIONS",
    "ROOT",
    "Environment",
    "build_wheels",
    "clean_variables",
    "fresh_environment",
    "served_sandbox",
    "tool",
    "wheel_of",
]

ROOT = Path(__file__).parents[1]
DISTRIBUTIONS = [ROOT / "core", *sorted(one.parent for one in ROOT.glob("plugins/*/pyproject.toml"))]


def build_wheels(folder: Path, sources: Sequence[Path] = DISTRIBUTIONS) -> Path:
    """Put a wheel of each distribution into a folder, and return it."""
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, *sources)
    return folder


def wheel_of(wheels: Path, package: str) -> Path:
    [wheel] = wheels.glob(f"{package}-*.whl")
    return wheel


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment with wheels of ours, and exactly the third-party packages that they ask for."""

    folder: Path

    @property
    def command(self) -> str:
        return str(self.folder / "bin" / "rundbrief")

    def rundbrief(self, *arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return self._run(self.command, *arguments, cwd=cwd, **variables)

    def python(self, code: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return self._run(str(self.folder / "bin" / "python"), "-c", code, cwd=cwd)

    def _run(self, *command: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = clean_variables(cwd) | variables
        return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)


def tool(name: str) -> ModuleType:
    """Return a module of `tools/`, which is no package that could be imported."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"tools/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def clean_variables(home: Path) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C.UTF-8"}


def fresh_environment(
    folder: Path, wheels: Path, *packages: str, extra: str = "", tools: Sequence[str] = ()
) -> Environment:
    """Make an environment.

    Args:
        packages: import names of the wheels that are installed.
        extra: of core, whose dependencies are there as well.
        tools: distributions of third parties that are there as well.
    """
    venv.create(folder, symlinks=True)
    [site_packages] = folder.glob("lib/python*/site-packages")
    needed = dependencies("rundbrief", set(), frozenset({"", extra})) - {"rundbrief"}
    borrow(site_packages, needed.union(*(dependencies(tool, set()) for tool in tools)))
    files = [wheel_of(wheels, package) for package in packages]
    pip("--python", folder / "bin" / "python", "install", "--no-deps", *files)
    return Environment(folder)


def borrow(site_packages: Path, names: Iterable[str]) -> None:
    """Link distributions out of this environment; all else stays out of sight."""
    for name in names:
        source = distribution(name)
        for top in {file.parts[0] for file in source.files or ()} - {"..", "__pycache__"}:
            target = site_packages / top
            if not target.exists():
                target.symlink_to(Path(str(source.locate_file(top))).resolve())


def dependencies(name: str, seen: set[str], extras: frozenset[str] = frozenset({""})) -> set[str]:
    """Return the names of a distribution and of everything it needs, transitively."""
    seen.add(canonicalize_name(name))
    for text in distribution(name).requires or ():
        needed = Requirement(text)
        wanted = needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras)
        if wanted and canonicalize_name(needed.name) not in seen:
            dependencies(needed.name, seen, frozenset(needed.extras) | {""})
    return seen


def pip(*arguments: object) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", *(str(one) for one in arguments), "--no-index", "--quiet"],
        check=True,
        capture_output=True,
    )


@contextmanager
def served_sandbox(environment: Environment, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Let the installed command serve Mailchimp's sandbox; yield what it says for rundbrief.toml and the shell."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [environment.command, "sandbox", "mailchimp", "--port", str(port), "--people", "20"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=clean_variables(folder) | {"PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line.strip())
            if line.strip().startswith("export "):
                break
        name, _, key = said[-1].removeprefix("export ").partition("=")
        start = said.index("[connections.sandbox]")
        try:
            yield "\n".join(said[start : said.index("", start)]), {name: key}
        finally:
            process.terminate()  # whoever is started in the background may not hear Ctrl-C
            process.communicate()
