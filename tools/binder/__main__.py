"""Try without Docker what Binder does: build the environment, start JupyterLab, run notebooks.

    python -m tools.binder [NN …]     notebooks 00 and 07 by default
    python -m tools.binder --all      every notebook

The steps and their order are repo2docker's for a repository with a folder `binder/`: a clean
environment of the Python that runtime.txt names, `pip install --no-cache-dir -r
binder/requirements.txt` in the root of a copy of what git tracks, then `binder/postBuild`. That one
is run three times: where a step of it fails, it must fail; where the mirrors of the data send it
away once, it must come again and find them; where none can be reached, it must go on and say so.
After the second, the notebooks find the data, after the third notebook 00 is on the stand-in: each
is run through a JupyterLab with Binder's settings, on one core, within 2 GB for server and kernel.

The mirrors are this machine's own and offer the stand-ins under the names of the originals. No
network is needed but that of pip.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nbformat

from tools.binder import mirrors
from tools.binder.session import LIMIT, Outcome, Server
from tools.binder.tree import copy_tree

NOTEBOOKS = ("00", "07")
# What pip needs to know of this machine's network; nothing else of the environment is kept.
KEPT = ("PIP_", "SSL_CERT", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "LANG")
STAND_IN_LINE = "the notebooks use the stand-in"


class Failed(RuntimeError):
    """A step did not end as it must; the message says which."""


def wanted_python(tree: Path) -> str:
    """Return the version that ``runtime.txt`` names, like ``"3.12"``."""
    return (tree / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")


def find_python(version: str) -> str | None:
    """Return the path of a Python of this version, or None where there is none that runs.

    Looks on the PATH, then where pyenv keeps its versions (its command on the PATH need not run).
    """
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [shutil.which(f"python{version}"), sys.executable]
    candidates += sorted(pyenv.glob(f"versions/{version}*/bin/python{version}"))
    check = f"import sys; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    for candidate in filter(None, candidates):
        if subprocess.run([candidate, "-c", check], capture_output=True).returncode == 0:
            return str(candidate)
    return None


def environment(folder: Path, name: str) -> dict[str, str]:
    """Return a clean environment with a home of its own and the new Python first on the PATH."""
    kept = {key: value for key, value in os.environ.items() if key.upper().startswith(KEPT)}
    for place in (".config/pip/pip.conf", ".pip/pip.conf"):
        if (Path.home() / place).is_file():
            kept.setdefault("PIP_CONFIG_FILE", str(Path.home() / place))
    home = folder / f"home-{name}"
    home.mkdir(exist_ok=True)
    path = f"{folder / 'venv' / 'bin'}{os.pathsep}{os.defpath}"
    return kept | {"HOME": str(home), "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def step(name: str, action: Callable[[], object]) -> object:
    """Do one step and print how long it took."""
    print(f"-- {name}", flush=True)
    start = time.perf_counter()
    result = action()
    print(f"   {time.perf_counter() - start:.0f} s", flush=True)
    return result


def install(python: str, tree: Path, folder: Path) -> None:
    """Make the environment, and install what ``binder/requirements.txt`` lists.

    Raises
    ------
    Failed
        If pip ends with an error.
    """
    subprocess.run([python, "-m", "venv", folder / "venv"], check=True)
    command = ["pip", "install", "--quiet", "--no-cache-dir", "-r", "binder/requirements.txt"]
    # Found on the new PATH, as a shell would.
    command[0] = str(folder / "venv" / "bin" / "pip")
    done = subprocess.run(
        command, cwd=tree, env=environment(folder, "build"), capture_output=True, text=True
    )
    if done.returncode:
        raise Failed(f"pip ended with {done.returncode}:\n{done.stderr[-3000:]}")


def post_build(tree: Path, surroundings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run ``binder/postBuild`` as repo2docker does; what it wrote is in `stdout`."""
    script = tree / "binder" / "postBuild"
    script.chmod(0o755)
    return subprocess.run(
        ["./binder/postBuild"],
        cwd=tree,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def expect(holds: bool, sentence: str, said: str = "") -> None:
    """Print what was found to hold.

    Raises
    ------
    Failed
        If it does not, with the end of what was said.
    """
    if not holds:
        raise Failed(f"not so: {sentence}\n{said[-3000:]}".rstrip())
    print(f"   {sentence}", flush=True)


def where_a_step_fails(folder: Path) -> None:
    """Run postBuild on a course that can't be installed."""
    tree = folder / "broken"
    copy_tree(tree, only_tracked=True)
    (tree / "pyproject.toml").write_text("[build-system\n", encoding="utf-8")
    done = post_build(tree, environment(folder, "broken"))
    expect(done.returncode != 0, f"a step that fails ends postBuild: {done.returncode}")


def where_mirrors_answer(folder: Path) -> Path:
    """Run postBuild with mirrors that refuse each file once; return the course it installed."""
    tree = folder / "course"
    files, entries = mirrors.offers()
    with mirrors.Mirror(files, refusals=1) as mirror:
        mirrors.write_registry(tree, entries, mirror.address)
        done = post_build(tree, environment(folder, "course"))
    expect(done.returncode == 0, "postBuild ends well", done.stdout)
    expect(set(mirror.asked.values()) == {2}, "each file was asked for again", done.stdout)
    expect(STAND_IN_LINE not in done.stdout, "no word of the stand-in", done.stdout)
    listed = done.stdout.count("original (verified)  ")
    expect(listed == 3, "MNIST, CIFAR-10 and Iris are listed as verified", done.stdout)
    return tree


def where_no_mirror_answers(folder: Path) -> Path:
    """Run postBuild where no mirror can be reached; return the course it installed."""
    tree = folder / "stand-in"
    copy_tree(tree, only_tracked=True)
    mirrors.write_registry(tree, mirrors.offers()[1], mirrors.closed_address())
    done = post_build(tree, environment(folder, "stand-in"))
    expect(done.returncode == 0, "postBuild ends well", done.stdout)
    expect(STAND_IN_LINE in done.stdout, "it says that the stand-in is used", done.stdout)
    return tree


def run_notebooks(tree: Path, folder: Path, numbers: list[str], *, data: str) -> list[Outcome]:
    """Run notebooks one after the other through one server, as a reader goes through them.

    Raises
    ------
    Failed
        If one does not finish, passes the limit or is not on the copy of the data that is meant.
    """
    outcomes = []
    surroundings = environment(folder, tree.name)
    launcher = [str(folder / "venv" / "bin" / "jupyter-lab")]
    with Server(tree, launcher=launcher, environment=surroundings) as server:
        for path in chosen(tree, numbers):
            outcome = server.run(f"notebooks/{path.name}")
            expect(
                outcome.failure is None,
                f"{path.stem}, on {data}: {outcome.seconds:.0f} s, kernel "
                f"{outcome.kernel_bytes / 1e9:.2f} GB, with server "
                f"{outcome.together_bytes / 1e9:.2f} GB {outcome.failure or ''}".rstrip(),
            )
            text = str(nbformat.read(path, as_version=4).cells)
            if "load_mnist" in text or "load_cifar10" in text:
                on_stand_in = "This is NOT" in text
                expect(on_stand_in == (data == "the stand-in"), "its data are those it must find")
            outcomes.append(outcome)
    return outcomes


def chosen(tree: Path, numbers: list[str]) -> list[Path]:
    """Return the notebooks whose numbers are given, or all.

    Raises
    ------
    Failed
        If there is none of that number.
    """
    paths = sorted((tree / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    missing = set(numbers) - {path.name[:2] for path in paths}
    if missing or not paths:
        raise Failed(f"no notebook {' '.join(sorted(missing))} in notebooks/")
    return [path for path in paths if not numbers or path.name[:2] in numbers]


def dry_run(folder: Path, numbers: list[str], python: str | None = None) -> int:
    """Go through all steps in an empty folder; return how many notebooks were run.

    Raises
    ------
    Failed
        If a step does not end as it must.
    """
    tree = folder / "course"
    count = copy_tree(tree, only_tracked=True)
    chosen(tree, numbers)
    version = wanted_python(tree)
    python = python or find_python(version)
    print(f"{count} files; runtime.txt asks for Python {version}")
    if python is None:
        here = "{}.{}".format(*sys.version_info)
        print(f"THERE IS NO PYTHON {version} ON THIS MACHINE: tried with {here} instead")
        python = sys.executable
    step(
        f"pip install -r binder/requirements.txt ({python})", lambda: install(python, tree, folder)
    )
    step("postBuild, a step of which fails", lambda: where_a_step_fails(folder))
    step("postBuild, mirrors that answer", lambda: where_mirrors_answer(folder))
    print(f"-- JupyterLab as on Binder, one core, {LIMIT / 1e9:.0f} GB", flush=True)
    outcomes = run_notebooks(tree, folder, numbers, data="the data that was fetched")
    tree = step("postBuild, mirrors that don't answer", lambda: where_no_mirror_answers(folder))
    outcomes += run_notebooks(tree, folder, ["00"], data="the stand-in")
    return len(outcomes)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 1 where Binder would fail, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tools.binder", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("numbers", nargs="*", metavar="NN", help="default: 00 07")
    parser.add_argument("--all", action="store_true", help="every notebook")
    parser.add_argument("--python", metavar="PATH", help="default: what runtime.txt names")
    options = parser.parse_args(arguments)
    numbers = [] if options.all else options.numbers or list(NOTEBOOKS)
    with tempfile.TemporaryDirectory(prefix="binder-") as folder:
        try:
            runs = dry_run(Path(folder), numbers, options.python)
        except Failed as failure:
            print(f"Binder: FAILED: {failure}", flush=True)
            return 1
    print(f"Binder: three postBuilds ended as they must, {runs} notebooks ran")
    return 0


if __name__ == "__main__":
    sys.exit(main())
