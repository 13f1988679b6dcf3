"""The distributions as a user installs them, and the repository as a contributor clones it."""

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from installing import DISTRIBUTIONS, ROOT, Environment, fresh_environment, served_sandbox, wheel_of
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import rundbrief
from docs_tables.reports import report

every_distribution = pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)


def project(folder: Path) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


# --- wheels -----------------------------------------------------------------------------------------------


def package_in(folder: Path) -> str:
    """Return the import name of a distribution: it has exactly one package, and that one is typed."""
    [package] = (one.parent.name for one in folder.glob("src/*/py.typed"))
    return package


@every_distribution
def test_a_wheel_has_the_package_its_types_and_its_licence_and_nothing_else(wheels: Path, folder: Path) -> None:
    package = package_in(folder)
    names = ZipFile(wheel_of(wheels, package)).namelist()
    assert f"{package}/__init__.py" in names
    assert f"{package}/py.typed" in names
    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")]
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {package}
    assert not [name for name in names if re.search(r"/tests/|conftest|\.pyc$|\.db$", name)]


def test_the_core_wheel_brings_its_migrations(wheels: Path) -> None:
    names = ZipFile(wheel_of(wheels, "rundbrief")).namelist()
    assert any(re.fullmatch(r"rundbrief/.*migrations/versions/\w+\.py", name) for name in names)


def test_the_core_wheel_brings_the_template_of_plugins(wheels: Path) -> None:
    home = ROOT / "core/src/rundbrief/scaffold"
    names = ZipFile(wheel_of(wheels, "rundbrief")).namelist()
    template = {str(one.relative_to(home.parents[1])) for one in home.rglob("*.tmpl")}
    assert len(template) > 8
    assert template <= set(names)


# --- a fresh environment ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installed(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return fresh_environment(tmp_path_factory.mktemp("full"), wheels, "rundbrief", "rundbrief_mailchimp")


@pytest.fixture(scope="module")
def core_only(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return fresh_environment(tmp_path_factory.mktemp("core"), wheels, "rundbrief")


def test_every_module_of_core_can_be_imported_with_declared_dependencies_alone(
    core_only: Environment, tmp_path: Path
) -> None:
    """All but `rundbrief.testing`, which has an extra, the migrations, which alembic runs, and `__main__`."""
    code = """
import importlib, pkgutil, rundbrief
for module in pkgutil.walk_packages(rundbrief.__path__, "rundbrief."):
    if not module.name.startswith(("rundbrief.testing.", "rundbrief.store.migrations.", "rundbrief.__main__")):
        importlib.import_module(module.name)
"""
    imported = core_only.python(code, tmp_path)
    assert imported.returncode == 0, imported.stderr


def test_the_installed_packages_are_the_wheels_and_not_this_working_copy(
    installed: Environment, tmp_path: Path
) -> None:
    code = "import rundbrief, rundbrief_mailchimp as plugin; print(rundbrief.__file__, plugin.__file__)"
    where = installed.python(code, tmp_path)
    assert where.returncode == 0, where.stderr
    assert all(Path(one).is_relative_to(installed.folder) for one in where.stdout.split())


# --- the command line, out of the wheels ------------------------------------------------------------------

CONFIGURATION = """\
[crm]
plugin = "local"

[connections.news]
provider = "mailchimp"
api_key = { env = "MAILCHIMP_API_KEY" }
"""


def test_help_answers(installed: Environment, tmp_path: Path) -> None:
    answer = installed.rundbrief("--help", cwd=tmp_path)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "import" in answer.stdout
    assert "export" in answer.stdout


def test_an_installed_plugin_is_listed(installed: Environment, tmp_path: Path) -> None:
    answer = installed.rundbrief("plugins", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert "mailchimp" in answer.stdout


PROVIDERS = [one for one in DISTRIBUTIONS[1:] if "rundbrief.providers" in project(one)["entry-points"]]
CRMS = [one for one in DISTRIBUTIONS[1:] if "rundbrief.crms" in project(one)["entry-points"]]


@pytest.mark.parametrize("folder", PROVIDERS, ids=lambda folder: folder.name)
def test_a_plugin_does_its_job_without_the_others(
    wheels: Path, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, folder: Path
) -> None:
    alone = fresh_environment(
        tmp_path_factory.mktemp("alone"), wheels, "rundbrief", package_in(folder), extra="testing"
    )
    listed = alone.rundbrief("plugins", "--json", cwd=tmp_path)
    named = [one["name"] for one in json.loads(listed.stdout)["plugins"]]
    assert sorted(named) == sorted([folder.name, "local"])
    told = alone.rundbrief("demo", cwd=tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    checked = alone.rundbrief("plugins", "--check", folder.name, "--crowd", "20000", "--json", cwd=tmp_path)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert report_of(checked.stdout) in page("provider-reports"), "run `make docs-tables`"


@pytest.mark.parametrize("folder", CRMS, ids=lambda folder: folder.name)
def test_a_crm_leads_with_one_service_beside_it(
    wheels: Path, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, folder: Path
) -> None:
    packages = ("rundbrief", package_in(folder), "rundbrief_mailchimp")
    both = fresh_environment(tmp_path_factory.mktemp("both"), wheels, *packages, extra="testing")
    told = both.rundbrief("demo", "--crm", folder.name, cwd=tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    checked = both.rundbrief("plugins", "--check", folder.name, "--crowd", "20000", "--json", cwd=tmp_path)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert report_of(checked.stdout) in page("crm-reports"), "run `make docs-tables`"


def page(name: str) -> str:
    return (ROOT / f"docs/reference/{name}.md").read_text(encoding="utf-8")


def report_of(document: str) -> str:
    """Return the section that the docs have for what `rundbrief plugins --check NAME --json` prints."""
    return report(json.loads(document))


def test_a_missing_plugin_is_named_with_the_line_that_installs_it(core_only: Environment, tmp_path: Path) -> None:
    (tmp_path / "rundbrief.toml").write_text(CONFIGURATION, encoding="utf-8")
    answer = core_only.rundbrief("connections", "check", "news", cwd=tmp_path)
    assert answer.returncode == 16
    assert "pip install rundbrief-mailchimp" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_main_job_runs_with_the_wheels_alone(installed: Environment, tmp_path: Path) -> None:
    """Every command of the README, in its order, against the sandbox that the plugin's wheel brings."""
    with served_sandbox(installed, tmp_path) as (table, key):

        def run(*arguments: str) -> str:
            answer = installed.rundbrief(*arguments, cwd=tmp_path, **key)
            assert (answer.returncode, answer.stderr) == (0, ""), arguments
            return answer.stdout

        run("init")
        written = tmp_path / "rundbrief.toml"
        written.write_text(written.read_text(encoding="utf-8") + "\n" + table + "\n", encoding="utf-8")
        assert "mailchimp" in run("plugins")
        assert "Sandbox" in run("connections", "check", "sandbox")
        [pulled] = json.loads(run("--json", "lists", "sandbox", "--pull"))["lists"]
        assert "20" in run("import", "sandbox")
        (tmp_path / "new.csv").write_text(
            f"Vorname;E-Mail;Opt-in {pulled['name']}\nJördis;joerdis@example.org;ja\n", encoding="utf-8"
        )
        run("contacts", "import", "new.csv")
        run("export", "sandbox", "--list", pulled["id"])
        assert "subscribed" in run("opt-ins", "joerdis@example.org")


# --- the repository ---------------------------------------------------------------------------------------


@every_distribution
def test_a_distribution_is_complete(folder: Path) -> None:
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(f"# {project(folder)['name']}\n")
    assert len(readme.splitlines()) > 5, "say what it is and how to begin: users see it before anything else"
    assert (folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert package_in(folder)


def test_the_version_is_the_same_everywhere() -> None:
    assert rundbrief.__version__ == project(ROOT / "core")["version"] == distribution("rundbrief").version
    assert f"## [{rundbrief.__version__}] " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_constraints_pin_every_dependency_and_every_tool_to_one_version() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    pinned = {canonicalize_name(line.partition("==")[0]) for line in pins}
    ours = {canonicalize_name(project(folder)["name"]) for folder in DISTRIBUTIONS}
    assert wanted_packages() - ours - pinned == set(), "run `make constraints`"


def wanted_packages() -> set[str]:
    """Return what pyproject files ask for, and the tools that the Makefile names."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    tools = " ".join(re.findall(r"^TOOLS := (.*)$", makefile, re.MULTILINE)).split()
    needed = [text for folder in DISTRIBUTIONS for text in project(folder)["dependencies"]]
    return {canonicalize_name(Requirement(text).name) for text in needed + tools}


def repository_texts() -> Iterator[tuple[str, str]]:
    """Yield path and text of each file that is, or would be, tracked."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("needs a git working copy")
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.is_file():
            yield name, path.read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(r"pypi[.]org|pythonhosted[.]org|(?:index[-_]url|find[-_]links)\b", id="package index"),
        pytest.param(r"(?<![\w.}])/(?:work|root|home)/", id="path of one machine"),
        pytest.param(r"\b(?:TO[D]O|FIX[M]E)\b", id="unfinished work"),
        pytest.param(r"^(?:<{7}|>{7}) ", id="merge conflict"),
    ],
)
def test_the_repository_is_free_of(pattern: str) -> None:
    found = [
        f"{name}: {line.strip()}"
        for name, text in repository_texts()
        for line in text.splitlines()
        if re.search(pattern, line)
    ]
    assert found == []
