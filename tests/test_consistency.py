"""What is said in two places is the same in both; what is promised in a file is true."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.notebooks.parts import ROOT, Notebook, notebook_paths


def text(name: str) -> str:
    """Return the text of a file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def python(*arguments: str, **options) -> subprocess.CompletedProcess:
    """Run this Python in the root of the repository."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", **options,
    )  # fmt: skip


PYPROJECT = tomllib.loads(text("pyproject.toml"))
REGISTRY = tomllib.loads(text("data/registry.toml"))
WORKFLOW = ".github/workflows/ci.yml"

# --- Requirements ---------------------------------------------------------------------------------


def requirement_lines(name: str) -> list[str]:
    """Return the lines of a requirements file that name a package."""
    return [line for line in text(name).splitlines() if re.match(r"[A-Za-z]", line)]


def requirements(name: str) -> list[Requirement]:
    """Return what a requirements file asks for."""
    return [Requirement(line.partition("#")[0].strip()) for line in requirement_lines(name)]


def test_every_requirement_says_what_it_is_for():
    bare = [line for line in requirement_lines("requirements.txt") if not re.search(r"# \w", line)]
    assert not bare, f"add a comment that says what it is for: {bare}"


def test_every_requirement_is_bounded_below():
    for requirement in requirements("requirements.txt"):
        operators = {each.operator for each in requirement.specifier}
        assert ">=" in operators and "==" not in operators, requirement


def test_lock_fulfils_the_requirements():
    locked: dict[str, list[Requirement]] = {}
    for pin in requirements("requirements.lock"):
        assert [each.operator for each in pin.specifier] == ["=="], f"not pinned: {pin}"
        locked.setdefault(canonicalize_name(pin.name), []).append(pin)
    for wanted in requirements("requirements.txt"):
        pins = locked.get(canonicalize_name(wanted.name), [])
        assert pins, f"{wanted.name} is not in requirements.lock; run `make lock`"
        for pin in pins:
            (version,) = (each.version for each in pin.specifier)
            assert wanted.specifier.contains(version), f"{pin} against {wanted}; run `make lock`"


def test_lock_says_nothing_about_the_machine_it_was_made_on():
    assert not re.search(r"--(extra-)?index-url|file://|@ /|/home/", text("requirements.lock"))


def test_binder_installs_the_lock():
    assert text("binder/requirements.txt") == text("requirements.lock"), "run `make lock`"


def test_package_has_lower_bounds_only_and_the_same_floors():
    floors = {canonicalize_name(r.name): r.specifier for r in requirements("requirements.txt")}
    for line in PYPROJECT["project"]["dependencies"]:
        wanted = Requirement(line)
        name = canonicalize_name(wanted.name)
        assert {each.operator for each in wanted.specifier} == {">="}, f"lower bound only: {line}"
        assert name in floors, f"{name} is not in requirements.txt"
        (floor,) = (each.version for each in floors[name] if each.operator == ">=")
        assert [each.version for each in wanted.specifier] == [floor], f"{line}: floor is {floor}"


# --- Versions of Python ---------------------------------------------------------------------------


def supported() -> list[str]:
    """Return the supported versions of Python, ``["3.11", …]``, as supported_python.py says."""
    from course_utils.supported_python import NEWEST, OLDEST

    return [f"3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]


def test_requires_python_is_what_supported_python_says():
    specifier = SpecifierSet(PYPROJECT["project"]["requires-python"])
    assert [f"3.{n}" for n in range(6, 30) if f"3.{n}.1" in specifier] == supported()


def test_binder_runs_a_supported_python():
    version = text("binder/runtime.txt").strip().removeprefix("python-")
    assert version in supported()


def test_workflow_runs_the_oldest_and_the_newest_python():
    jobs = yaml.safe_load(text(WORKFLOW))["jobs"]
    (matrix,) = (job["strategy"]["matrix"] for job in jobs.values())
    assert matrix["python"] == [supported()[0], supported()[-1]]
    assert {system.split("-")[0] for system in matrix["os"]} == {"ubuntu", "macos", "windows"}


def test_readme_names_the_supported_pythons():
    listed = " ".join(text("README.md").split())
    *first, last = supported()
    assert f"Python {', '.join(first)} or {last}" in listed


# --- Commands -------------------------------------------------------------------------------------


def recipes() -> dict[str, list[str]]:
    """Return target → commands of the Makefile, with `make setup` under its own name."""
    found: dict[str, list[str]] = {}
    target = ""
    for line in text("Makefile").splitlines():
        if match := re.match(r"([a-z-]+|\$\(READY\)):(?!=)", line):
            target = {"$(READY)": "setup"}.get(match[1], match[1])
            found.setdefault(target, [])
        elif line.startswith("\t") and target:
            found[target].append(line.strip())
    return found


def normal(command: str) -> str:
    """Return a command without the ways of naming Python, folders and silence."""
    command = command.replace("$(VENV)", ".venv").replace("\\", "/")
    command = re.sub(r"--(quiet|disable-pip-version-check)\s*", "", command)
    interpreters = r"^(\$\(PY\)|\$\(PYTHON\)|\.venv/(bin|Scripts)/python|python3?|py)\s+"
    return re.sub(r"\s+", " ", re.sub(interpreters, "python ", command)).strip()


def commands_in(document: str) -> list[str]:
    """Return what a Markdown document shows as code, line by line."""
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", document, flags=re.S))
    for block in re.findall(r"```\w*\n(.*?)```", document, re.S):
        spans += block.splitlines()
    return [span.strip().removeprefix("$ ") for span in spans]


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_in_a_document_exists(document):
    targets = [c.split()[1] for c in commands_in(text(document)) if re.match(r"make [a-z]", c)]
    assert targets
    assert set(targets) <= set(recipes()), "a target that the Makefile does not have"


@pytest.mark.parametrize("target", ["setup", "lab", "test"])
def test_readme_shows_the_plain_commands(target):
    shown = {normal(command) for command in commands_in(text("README.md"))}
    for command in recipes()[target]:
        if not command.startswith("@"):
            assert normal(command) in shown, f"README does not show {command!r} of make {target}"


def test_readme_shows_the_same_commands_for_windows():
    """Each plain command of the set-up stands there in both dialects."""
    commands = commands_in(text("README.md"))
    for command in recipes()["setup"] + recipes()["lab"]:
        if not command.startswith("@"):
            dialects = [each for each in commands if normal(each) == normal(command)]
            assert any("py " in d or "\\" in d for d in dialects), command


def test_workflow_runs_the_commands_of_the_makefile():
    steps = yaml.safe_load(text(WORKFLOW))["jobs"]["test"]["steps"]
    run = {normal(line) for step in steps for line in step.get("run", "").splitlines()}
    for command in recipes()["setup"] + recipes()["test"]:
        if not command.startswith("@"):
            assert normal(command) in run or "make test" in run, command
            assert normal(command) in run, f"plain commands (Windows): {command}"


def modules_with_a_command_line() -> list[str]:
    """Return the modules that can be run with ``python -m``."""
    found = []
    plain = {"course_utils.supported_python"}  # takes no options: any Python must get through it
    for folder in ("course_utils", "tests"):  # a benchmark takes no options and runs for minutes
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            last = tree.body[-1] if tree.body else None
            if isinstance(last, ast.If) and "__main__" in ast.unparse(last.test):
                found.append(path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."))
    return [name for name in found if name not in plain]


@pytest.mark.parametrize("module", modules_with_a_command_line())
def test_a_module_with_a_command_line_explains_itself(module):
    done = python("-m", module, "--help", timeout=120)
    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout.lower()


# --- Metadata -------------------------------------------------------------------------------------


def test_versions_agree():
    from course_utils import __version__

    citation = yaml.safe_load(text("CITATION.cff"))
    assert str(citation["version"]) == PYPROJECT["project"]["version"] == __version__


def test_citation_is_complete():
    citation = yaml.safe_load(text("CITATION.cff"))
    assert {"cff-version", "message", "title", "authors", "license"} <= set(citation)
    assert citation["license"] == PYPROJECT["project"]["license"]


def test_licences_are_there():
    for name in PYPROJECT["project"]["license-files"]:
        assert len(text(name)) > 500, f"{name} is empty"


# --- Data -----------------------------------------------------------------------------------------


def tables(node, path: str = ""):
    """Yield (path, table) of every table inside a TOML document."""
    if isinstance(node, dict):
        yield path, node
        for key, value in node.items():
            yield from tables(value, f"{path}.{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from tables(value, f"{path}[{number}]")


def test_registry_files_are_well_formed():
    seen = 0
    for path, table in tables(REGISTRY):
        if "urls" not in table:
            continue
        seen += 1
        assert {"name", "bytes", "sha256"} <= set(table), path
        assert re.fullmatch(r"[0-9a-f]{64}", table["sha256"]), path
        assert isinstance(table["bytes"], int) and table["bytes"] > 0, path
        assert table["urls"] and all(url.startswith("https://") for url in table["urls"]), path
        assert "/" not in table["name"] and "\\" not in table["name"], path
    assert seen >= 2


def test_registry_data_sets_are_well_formed():
    for name, table in REGISTRY["datasets"].items():
        assert table["licence"] and table["citation"], name
        assert table["homepage"].startswith("https://"), name
        for digest in table["content"].values():
            assert re.fullmatch(r"[0-9a-f]{64}", digest), name


def digests() -> dict[str, str]:
    """Return file name → SHA-256 of what is registered as trained."""
    found = {}
    for name, table in REGISTRY.get("trained", {}).items():
        found[name] = table["sha256"]
        found[name.replace(".keras", ".json")] = table["facts_sha256"]
    return found


def test_trained_files_are_the_registered_ones():
    """Every stored network and its record, and nothing that is not registered."""
    there = {path.name for path in (ROOT / "data/trained").iterdir()}
    stored = {name for name in there if name.endswith((".keras", ".json"))}
    assert stored == set(digests())
    for name, digest in digests().items():
        content = (ROOT / "data/trained" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest, name
        assert len(content) < 2_000_000, name


def test_no_data_set_is_committed():
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout")
    names = [n for n in done.stdout.split("\n") if re.search(r"\.(npz|gz|zip|pkl|bin)$", n)]
    assert not names


# --- The table of notebooks -----------------------------------------------------------------------


def table_rows() -> list[list[str]]:
    """Return the rows of README's table of notebooks, cell by cell."""
    lines = [line for line in text("README.md").splitlines() if "](notebooks/" in line]
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines if "|" in line]


def test_readme_lists_the_notebooks_that_exist():
    links = [re.search(r"\]\(notebooks/([^)]+)\)", " ".join(row))[1] for row in table_rows()]
    assert links == [path.name for path in notebook_paths()]


@pytest.mark.parametrize("path", notebook_paths(), ids=lambda path: path.stem[:2])
def test_readme_has_title_and_minutes_of_the_notebook(path):
    notebook = Notebook.read(path)
    (row,) = (row for row in table_rows() if f"(notebooks/{path.name})" in " ".join(row))
    assert str(notebook.stated_minutes) in row, f"{notebook.stated_minutes} minutes"
    assert f"[{notebook.title}]" in " ".join(row) or f"· {notebook.title}]" in " ".join(row)
    assert path.name[:2] in " ".join(row[:2])


def test_readmes_results_are_the_measured_ones():
    section = text("README.md").partition("## How far it gets")[2].partition("\n## ")[0]
    quoted = [line for line in section.splitlines() if line.startswith("| ")]
    assert len(quoted) > 8
    measured = text("benchmarks/results/time_to_accuracy.md").splitlines()
    assert not [line for line in quoted if line not in measured]
    longer = text("benchmarks/results/long_cifar10.md")
    for what, words in (
        ("test accuracy, answers averaged", "reaches\n{}"),
        ("CPU time ÷ that of TensorFlow's tutorial", "for {} times the CPU seconds"),
    ):
        (value,) = re.findall(rf"\| {what} \| (.*) \|", longer)
        assert words.format(value) in section


def test_links_of_the_documents_resolve():
    for document in sorted([*ROOT.glob("*.md"), *ROOT.glob("instructor/*.md")]):
        content = re.sub(r"```.*?```|`[^`\n]*`", "", document.read_text("utf-8"), flags=re.S)
        for target in re.findall(r"\]\(([^)#\s]+)", content):
            if not re.match(r"(https|mailto):", target):
                assert (document.parent / target).exists(), f"{document.name}: {target}"


# --- The package ----------------------------------------------------------------------------------

HEAVY = ("tensorflow", "keras", "matplotlib.pyplot", "sklearn", "scipy", "pooch", "IPython")
TEACHING = ("datasets", "checks", "stand_ins", "environment", "trained", "exercises")


def imported_by(statement: str) -> set[str]:
    """Return the modules that a fresh Python has loaded after a statement."""
    done = python("-c", f"{statement}; import sys; print('\\n'.join(sys.modules))", timeout=120)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_importing_the_package_imports_nothing_heavy():
    loaded = imported_by("import course_utils")
    assert not loaded & {*HEAVY, "numpy"}


@pytest.mark.parametrize("module", TEACHING)
def test_importing_a_module_imports_neither_tensorflow_nor_pyplot(module):
    loaded = imported_by(f"import course_utils.{module}")
    assert not loaded & {"tensorflow", "keras", "matplotlib.pyplot", "sklearn"}


@pytest.mark.parametrize("module", ["plots", "widgets"])
def test_importing_pictures_does_not_import_tensorflow(module):
    assert not imported_by(f"import course_utils.{module}") & {"tensorflow", "keras", "sklearn"}


def test_what_the_wheel_takes_along_exists():
    wheel = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["course_utils"]
    for source, destination in wheel["force-include"].items():
        assert (ROOT / source).exists()
        assert destination.startswith("course_utils/_data/")


def test_the_wheel_holds_registry_trained_networks_and_results(tmp_path):
    """Built without a network, by the build backend that is installed."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed, and building must not use the network")
    done = python("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
                  "--disable-pip-version-check", "--wheel-dir", str(tmp_path), ".")  # fmt: skip
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert "course_utils/_data/registry.toml" in names
    assert {f"course_utils/_data/trained/{name}" for name in digests()} <= names
    shown = {
        name
        for path in notebook_paths()
        for cell in Notebook.read(path).code
        for name in re.findall(r'measured\.load\("(\w+)"\)', cell.source)
    }
    assert shown
    assert {f"course_utils/_data/results/{name}.json" for name in shown} <= names
    modules = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("course_utils/**/*.py")}
    assert modules <= names
    assets = {p.relative_to(ROOT).as_posix() for p in ROOT.glob("course_utils/widgets/static/*.*")}
    assert assets and assets <= names
    assert not any(name.startswith(("tests/", "notebooks/")) for name in names)


# --- Style ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("check",), ("format", "--check")], ids=lambda a: a[0])
def test_ruff(arguments):
    done = python("-m", "ruff", *arguments, ".")
    assert done.returncode == 0, done.stdout + done.stderr


def test_spelling():
    done = python("-m", "codespell_lib")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_test_folder_is_a_package():
    """Two test modules may then have the same name."""
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert all((folder / "__init__.py").exists() for folder in folders)


def test_paths_are_portable():
    """No two names that differ in case only, no name that Windows refuses."""
    tracked = [
        path for folder in ("course_utils", "tests", "notebooks", "data", "benchmarks")
        for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts
    ]  # fmt: skip
    names = [path.relative_to(ROOT).as_posix() for path in tracked]
    assert len({name.lower() for name in names}) == len(names)
    assert not [name for name in names if re.search(r'[<>:"|?*\\]', name)]


def test_the_root_is_the_repository():
    assert (ROOT / "pyproject.toml").exists() and Path(__file__).is_relative_to(ROOT)
