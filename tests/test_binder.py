"""Binder without Docker: postBuild with mirrors of this machine, JupyterLab within its limits."""

import contextlib
import functools
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from unittest import mock

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests import fake_data
from tools import memory
from tools.binder import __main__ as binder
from tools.binder import mirrors, session, tree

BASH = pytest.mark.skipif(os.name == "nt", reason="Binder runs Linux")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="as Linux keeps it")

# --- postBuild ------------------------------------------------------------------------------------


@pytest.fixture
def course(tmp_path):
    """A copy of the course, and an environment in which pip and sleep only note their words."""
    folder = tmp_path / "course"
    for name in ("binder", "course_utils", "data"):
        source = tree.ROOT / name
        for path in source.rglob("*"):
            if path.suffix in ("", ".py", ".toml") and path.is_file():
                target = folder / name / path.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in ("pip", "sleep"):
        script(commands / name, f'echo "{name} $*" >> "{tmp_path}/called"')
    script(commands / "python", f'exec "{sys.executable}" "$@"')
    surroundings = {
        "PATH": f"{commands}{os.pathsep}{os.defpath}",
        "HOME": str(tmp_path),
        "COURSE_CACHE_DIR": str(tmp_path / "cache"),
        "KERAS_HOME": str(tmp_path / "keras"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return folder, functools.partial(binder.post_build, folder, surroundings)


def script(path, line):
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)


def small_mirror(folder, **options):
    """Have the course look for small data sets at one host of this machine; return that host."""
    files = {"mnist.npz": fake_data.MNIST_NPZ, fake_data.CIFAR_TAR: fake_data.CIFAR_ARCHIVE}
    mirror = mirrors.Mirror(files, **options)
    mirrors.write_registry(folder, fake_data.registry()["datasets"], mirror.address)
    return mirror


def called(folder):
    return (folder.parent / "called").read_text(encoding="utf-8").splitlines()


@BASH
def test_data_are_fetched_also_at_the_second_try(course):
    folder, post_build = course
    with small_mirror(folder, refusals=1) as mirror:
        done = post_build()
    assert done.returncode == 0, done.stdout
    assert mirror.asked == {"mnist.npz": 2, fake_data.CIFAR_TAR: 2}
    assert binder.STAND_IN_LINE not in done.stdout
    assert done.stdout.count("was fetched from 127.0.0.1: the original (verified)") == 2
    assert called(folder) == ["pip install --no-deps --editable .", "sleep 0", "sleep 20"]


@BASH
def test_without_a_mirror_it_goes_on_and_says_so(course):
    folder, post_build = course
    mirrors.write_registry(folder, fake_data.registry()["datasets"], mirrors.closed_address())
    done = post_build()
    assert done.returncode == 0, done.stdout
    assert binder.STAND_IN_LINE in done.stdout
    assert done.stdout.count("MNIST could not be fetched") == 3
    assert "missing" in done.stdout
    assert called(folder)[1:] == ["sleep 0", "sleep 20", "sleep 60"]


@BASH
def test_a_mirror_that_sends_something_else_is_no_mirror(course):
    folder, post_build = course
    with small_mirror(folder) as mirror:
        path = folder / "data" / "registry.toml"
        digest = tomllib.loads(path.read_text())["datasets"]["mnist"]["copies"][0]["files"][0]
        text = path.read_text().replace(digest["sha256"], "0" * 64)
        path.write_text(text, encoding="utf-8")
        done = post_build()
    assert mirror.asked["mnist.npz"] == 3 and mirror.asked[fake_data.CIFAR_TAR] == 1
    assert done.returncode == 0 and binder.STAND_IN_LINE in done.stdout
    assert "CIFAR-10 was fetched" in done.stdout


@BASH
@pytest.mark.parametrize("broken", ["pip", "course"])
def test_a_step_that_fails_ends_it(course, broken):
    folder, post_build = course
    mirrors.write_registry(folder, fake_data.registry()["datasets"], mirrors.closed_address())
    if broken == "pip":
        script(folder.parent / "bin" / "pip", "exit 7")
    else:
        (folder / "course_utils" / "datasets.py").write_text("import nothing_of_this_name\n")
    done = post_build()
    assert done.returncode == (7 if broken == "pip" else 1), done.stdout


# --- The dry run's parts --------------------------------------------------------------------------


def test_a_registry_survives_being_written(tmp_path):
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "registry.toml"
    path.write_bytes((tree.ROOT / "data" / "registry.toml").read_bytes())
    before = tomllib.loads(path.read_text(encoding="utf-8"))
    mirrors.write_registry(tmp_path, {}, "unused")
    assert tomllib.loads(path.read_text(encoding="utf-8")) == before
    mirrors.write_registry(tmp_path, {"mnist": {"train": 7}}, "http://here/")
    after = tomllib.loads(path.read_text(encoding="utf-8"))
    assert after["datasets"]["mnist"]["train"] == 7
    assert after["datasets"]["cifar10"] == before["datasets"]["cifar10"]
    for copy in after["datasets"]["mnist"]["copies"]:
        assert all(file["urls"] == [f"http://here/{file['name']}"] for file in copy["files"])


def test_the_copy_is_what_git_tracks(tmp_path):
    count = tree.copy_tree(tmp_path / "course", only_tracked=True)
    files = [path for path in (tmp_path / "course").rglob("*") if path.is_file()]
    assert len(files) == count > 100
    assert not [path for path in files if ".venv" in path.parts or "build" in path.parts]
    assert os.access(tmp_path / "course" / "binder" / "postBuild", os.X_OK)


def test_a_python_is_the_version_asked_for(tmp_path, monkeypatch):
    version = "{}.{}".format(*sys.version_info)
    found = binder.find_python(version)
    said = subprocess.run([found, "--version"], capture_output=True, text=True).stdout
    assert said.startswith(f"Python {version}.")
    assert binder.find_python("3.99") is None
    script(tmp_path / "python3.99", "echo no such version >&2; exit 127")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binder.find_python("3.99") is None


def test_the_environment_is_clean(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "real")
    monkeypatch.setenv("PIP_INDEX_URL", "https://example.org/simple")
    clean = binder.environment(tmp_path, "x")
    assert {"COURSE_DATA", "PYTHONPATH", "VIRTUAL_ENV"}.isdisjoint(clean)
    assert clean["PIP_INDEX_URL"] == "https://example.org/simple"
    assert clean["PATH"].startswith(str(tmp_path / "venv"))


def test_what_does_not_hold_ends_the_dry_run(monkeypatch, capsys):
    def fails(folder, numbers, python):
        binder.expect(True, "the sky is blue")
        binder.expect(False, "the sea is dry", "it was wet")

    monkeypatch.setattr(binder, "dry_run", fails)
    assert binder.main([]) == 1
    said = capsys.readouterr().out
    assert "the sky is blue" in said and "FAILED: not so: the sea is dry\nit was wet" in said


def test_an_unknown_notebook_is_refused(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00_a.ipynb").touch()
    assert [path.name for path in binder.chosen(tmp_path, [])] == ["00_a.ipynb"]
    with pytest.raises(binder.Failed, match="no notebook 77"):
        binder.chosen(tmp_path, ["00", "77"])


FETCHED = "original (verified)  " * 3


@pytest.mark.parametrize(
    ("part", "code", "said", "complaint"),
    [
        ("where_a_step_fails", 0, "", "a step that fails ends postBuild"),
        ("where_mirrors_answer", 1, FETCHED, "postBuild ends well"),
        ("where_mirrors_answer", 0, FETCHED, "each file was asked for again"),
        ("where_no_mirror_answers", 1, binder.STAND_IN_LINE, "postBuild ends well"),
        ("where_no_mirror_answers", 0, "", "it says that the stand-in is used"),
    ],
)
def test_a_post_build_that_ends_otherwise_is_caught(
    tmp_path, monkeypatch, part, code, said, complaint
):
    def pretend(folder, surroundings):
        return subprocess.CompletedProcess([], code, stdout=said)

    def copy(target, only_tracked):
        (target / "data").mkdir(parents=True)
        (target / "data" / "registry.toml").write_text("[datasets]")

    monkeypatch.setattr(binder, "post_build", pretend)
    monkeypatch.setattr(binder, "copy_tree", copy)
    monkeypatch.setattr(mirrors, "offers", lambda: ({"a": b"b"}, {}))
    copy(tmp_path / "course", only_tracked=True)
    with pytest.raises(binder.Failed, match=f"not so: {complaint}"):
        getattr(binder, part)(tmp_path)


@pytest.mark.parametrize(
    ("failure", "output", "complaint"),
    [
        ("killed: 2.1 GB", "MNIST, the original", "00_a, on the data.* killed"),
        (None, "This is NOT MNIST", "its data are those it must find"),
    ],
)
def test_a_notebook_that_ends_otherwise_is_caught(
    tmp_path, monkeypatch, failure, output, complaint
):
    (tmp_path / "notebooks").mkdir()
    cell = new_code_cell("datasets.load_mnist()", outputs=[new_output("stream", text=output)])
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "notebooks" / "00_a.ipynb")
    server = contextlib.nullcontext(mock.Mock())
    server.enter_result.run.return_value = session.Outcome(1.0, 10**9, 2 * 10**9, 10**8, failure)
    monkeypatch.setattr(binder, "Server", lambda *_, **__: server)
    with pytest.raises(binder.Failed, match=f"not so: {complaint}"):
        binder.run_notebooks(tmp_path, tmp_path, ["00"], data="the data that was fetched")


@BASH
def test_pip_that_fails_is_caught(tmp_path, course):
    folder, _ = course
    (folder / "binder" / "requirements.txt").write_text("no-such-file.whl\n")
    with pytest.raises(binder.Failed, match="pip ended with 1"):
        binder.install(sys.executable, folder, tmp_path)


# --- Memory ---------------------------------------------------------------------------------------


def sleeper(code):
    """Start a Python that says when its code has run, and sleeps."""
    code = f"{code}\nimport time; print('ready', flush=True); time.sleep(60)"
    process = psutil.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


@LINUX
def test_a_peak_between_two_looks_is_seen():
    process = sleeper("x = bytearray(200_000_000); del x")
    try:
        assert process.memory_info().rss < 100e6
        with memory.PeakMemory(process.pid) as seen:
            pass
        assert 200e6 < seen.peak < 300e6
    finally:
        memory.end_family(process)


@LINUX
def test_a_child_counts_but_not_while_it_is_only_a_fork(monkeypatch):
    code = "x = bytearray(150_000_000); import os\nif os.fork() == 0: import time; time.sleep(60)"
    process = sleeper(code)
    try:
        with memory.PeakMemory(process.pid) as seen:
            pass
        assert 150e6 < seen.peak < 250e6
        monkeypatch.setattr(memory, "FORKED", 0)
        with memory.PeakMemory(process.pid) as seen:
            pass
        assert 300e6 < seen.peak < 400e6
    finally:
        memory.end_family(process)


def test_past_its_limit_a_process_is_killed_with_its_children():
    child = f"import subprocess, sys; subprocess.Popen([{sys.executable!r}, '-c', "
    process = sleeper(child + "'import time; x = bytearray(150_000_000); time.sleep(60)'])")
    with memory.PeakMemory(process.pid, interval=0.05, limit=100_000_000) as seen:
        children = process.children()
        process.wait(20)
    assert seen.exceeded and seen.peak > 100e6
    assert not any(each.is_running() for each in children)


# --- JupyterLab as on Binder ----------------------------------------------------------------------

NOTEBOOKS = {
    "fine": ["import os; print(os.environ['WHO'], len(os.sched_getaffinity(0)))"],
    "greedy": ["x = bytearray(150_000_000); del x", "6 * 7"],
    "wrong": ["1", "1 / 0", "2"],
    "ends": ["import os", "os._exit(1)"],
    "too_greedy": ["x = bytearray(900_000_000)", "import time; time.sleep(60)"],
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder of notebooks."""
    folder = tmp_path_factory.mktemp("binder") / "notebooks"
    folder.mkdir()
    for name, sources in NOTEBOOKS.items():
        cells = [new_code_cell(source, id=f"c{n}") for n, source in enumerate(sources, 2)]
        cells.insert(0, new_markdown_cell("# Title", id="title"))
        nbformat.write(new_notebook(cells=cells), folder / f"{name}.ipynb")
    return folder.parent


@pytest.fixture(scope="module")
def lab(root):
    """One server for the module; the last test has it killed."""
    with session.Server(root, environment=os.environ | {"WHO": "me"}, limit=700_000_000) as server:
        yield server


@LINUX
def test_cells_run_on_one_core_and_the_notebook_is_saved(lab, root):
    outcome = lab.run("notebooks/fine.ipynb")
    assert outcome.failure is None and outcome.seconds > 0
    assert outcome.kernel_bytes > 10e6 < outcome.server_bytes
    assert outcome.kernel_bytes < outcome.together_bytes < 400e6
    (output,) = nbformat.read(root / "notebooks" / "fine.ipynb", as_version=4).cells[1].outputs
    assert output.text == "me 1\n"
    assert lab._ask("get", "api/kernels").json() == []


@LINUX
def test_the_kernels_peak_is_measured(lab):
    outcome = lab.run("notebooks/greedy.ipynb")
    assert outcome.failure is None
    assert 190e6 < outcome.kernel_bytes < 350e6


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("wrong", "cell 3 (c3): ZeroDivisionError: division by zero"),
        ("ends", "cell 3 (c3): DeadKernelError: Kernel died"),
        ("missing", "HTTPError: 404 Client Error"),
    ],
)
def test_what_stops_a_notebook_is_said(lab, name, sentence):
    assert lab.run(f"notebooks/{name}.ipynb").failure.startswith(sentence)


def test_past_the_limit_server_and_kernel_are_killed(lab):
    start = time.monotonic()
    outcome = lab.run("notebooks/too_greedy.ipynb")
    assert outcome.failure.startswith("killed: ") and "0.70 GB are allowed" in outcome.failure
    assert "cell 2 (c2)" in outcome.failure or "cell 3 (c3)" in outcome.failure
    assert outcome.together_bytes > 700e6
    assert time.monotonic() - start < 60 + session.START_TIMEOUT / 10
    assert lab.process.poll() is not None


def test_a_server_that_does_not_start_says_why(root):
    launcher = [sys.executable, "-c", "import sys; sys.exit('no such lab')"]
    with (
        pytest.raises(session.NotStarted, match="no such lab"),
        session.Server(root, launcher=launcher),
    ):
        pass


def test_the_settings_are_binders():
    text = " ".join(session.BINDER)
    for words in ("cull_idle_timeout=600", "cull_connected=True", "no_activity_timeout=600"):
        assert words in text
    assert session.LIMIT == 2e9 < 2 * 1024**3
    assert Path(tree.ROOT / "binder" / "postBuild").is_file()
