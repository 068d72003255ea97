"""The report finds what is wrong and says what to do; TensorFlow starts without a word."""

import os
import platform
import re
import subprocess
import sys
import types
from collections import namedtuple
from pathlib import Path

import nbclient
import nbformat
import pytest

from course_utils import environment
from course_utils.environment import Finding, Report, quiet_import

ROOT = Path(__file__).resolve().parents[1]


def only(look) -> Finding:
    (finding,) = look()
    return finding


# --- The report ---------------------------------------------------------------------------------


def test_the_table_of_packages_is_that_of_requirements():
    text = (ROOT / "requirements.txt").read_text("utf-8").split("# --- To check the course")[0]
    found = {}
    for line in text.splitlines():
        match = re.match(r"([a-z-]+)([<>=.,\d]+)", line)
        if match:
            found[match[1]] = match[2]
    assert found.pop("tensorflow-cpu") == found["tensorflow"]
    assert found == environment.REQUIRED


def test_this_machine_quickly():
    found = environment.report(quick=True)
    assert all(isinstance(f, Finding) and f.kind in {"ok", "note", "fix"} for f in found.findings)
    assert found.ok == (not any(line.startswith("[fix]") for line in str(found).splitlines()))
    for finding in found.findings:
        assert bool(finding.remedy) <= (finding.kind == "fix")
        assert str(Path.home()) not in str(finding) and sys.prefix not in str(finding)
    assert str(found) == repr(found)


def test_html_and_text_say_the_same_and_escape():
    found = Report((Finding("ok", "a < b"), Finding("fix", "c", "Do <this>.")))
    assert repr(found) == "[ok] a < b\n[fix] c Do <this>.\nOne thing needs to be fixed, see above."
    html = found._repr_html_()
    assert "a &lt; b" in html and "Do &lt;this&gt;." in html and "<this>" not in html
    assert Report(found.findings[:1]).ok and not found.ok


def test_the_command(capsys, monkeypatch):
    monkeypatch.setattr(environment, "report", lambda quick: Report((Finding("ok", "fine"),)))
    assert environment.main([]) == 0
    monkeypatch.setattr(
        environment, "report", lambda quick: Report((Finding("fix", "broken ×", "Mend it."),))
    )
    assert environment.main(["--quick"]) == 1
    assert "[fix] broken × Mend it.\n" in capsys.readouterr().out


def test_the_command_runs_in_a_plain_process_without_heavy_imports():
    code = (
        "import sys; from course_utils import environment; environment.main(['--quick']); "
        "heavy = {'numpy', 'tensorflow', 'matplotlib', 'keras'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("[ok] Python")
    assert done.stderr == ""


def test_a_look_that_fails_is_a_note(monkeypatch):
    def _disk():
        raise PermissionError("secret")
        yield

    monkeypatch.setattr(environment, "_disk", _disk)
    notes = [f for f in environment.report(quick=True).findings if "failed" in f.text]
    assert [f.text for f in notes] == ["The look at “disk” failed: PermissionError."]


def test_python_versions(monkeypatch):
    assert only(environment._python).kind == "ok"
    monkeypatch.setattr(environment.supported_python, "problem", lambda: "Too old.")
    assert only(environment._python) == Finding("fix", "Too old.")
    monkeypatch.undo()
    monkeypatch.setattr(environment.sys, "maxsize", 2**31 - 1)
    found = only(environment._python)
    assert found.kind == "fix" and "32 bits" in found.text and "64-bit" in found.remedy


@pytest.mark.parametrize(
    ("system", "machine", "words"),
    [
        ("Linux", "x86_64", None),
        ("Darwin", "arm64", None),
        ("Windows", "AMD64", None),
        ("Linux", "aarch64", None),
        ("Darwin", "x86_64", "Intel"),
        ("Windows", "ARM64", "Windows on ARM"),
        ("Linux", "ppc64le", "ppc64le"),
    ],
)
def test_processors(monkeypatch, system, machine, words):
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    found = list(environment._processor())
    assert bool(found) == bool(words)
    if words:
        assert found[0].kind == "fix" and words in found[0].text and "Binder" in found[0].remedy


def test_which_environment(monkeypatch, tmp_path):
    (tmp_path / "course_utils").mkdir()
    monkeypatch.setattr(environment, "__file__", str(tmp_path / "course_utils" / "x.py"))
    assert only(environment._kernel).kind == "note", "no .venv: Colab, Binder, conda"
    (tmp_path / ".venv").mkdir()
    found = only(environment._kernel)
    assert found.kind == "fix" and "make lab" in found.remedy
    monkeypatch.setattr(environment.sys, "prefix", str(tmp_path / ".venv"))
    assert only(environment._kernel).kind == "ok"


@pytest.mark.parametrize(
    ("version", "bounds", "inside"),
    [
        ("2.0", ">=2.0,<3", True),
        ("2.0.0", ">=2.0,<3", True),
        ("2.10.1", ">=2.9,<3", True),
        ("1.26.4", ">=2.0,<3", False),
        ("3.0.0rc1", ">=2.0,<3", False),
        ("2.21.0", ">=2.21,<2.22", True),
        ("2.22", ">=2.21,<2.22", False),
        ("14", ">=10.4", True),
        ("2.21.0+nv24", ">=2.21,<2.22", True),
    ],
)
def test_bounds(version, bounds, inside):
    assert environment._within(version, bounds) is inside


def test_packages(monkeypatch):
    installed = {"numpy": "1.26.4", "scipy": "1.14", "tensorflow-cpu": "2.21.0"}

    def version(name):
        if name not in installed:
            raise environment.importlib.metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(environment.importlib.metadata, "version", version)
    lines = [str(finding) for finding in environment._packages()]
    assert any("numpy is 1.26.4; the course needs >=2.0,<3. In the course" in x for x in lines)
    assert any(line.startswith("[fix] keras is missing. ") for line in lines)
    assert lines[-1] == "[ok] Packages: scipy 1.14, tensorflow 2.21.0"
    assert list(environment._metal()) == []
    installed["tensorflow-metal"] = "1.2.0"
    found = only(environment._metal)
    assert found.kind == "fix" and "#62361" in found.text and "uninstall" in found.remedy


def test_widgets_front_end(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "_extension_folders", lambda: [tmp_path])
    found = only(environment._widgets)
    assert found.kind == "fix" and "anywidget" in found.text
    for name in ("@jupyter-widgets/jupyterlab-manager", "anywidget"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "package.json").write_text("{}")
    assert only(environment._widgets).kind == "ok"
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    assert only(environment._widgets).kind == "note"


def test_memory_and_disk(monkeypatch):
    free = environment._free_memory()
    assert free is None or 0 < free < 1e14
    monkeypatch.setattr(environment, "_free_memory", lambda: 4e9)
    assert only(environment._memory) == Finding("ok", "4.0 GB of memory are free")
    monkeypatch.setattr(environment, "_free_memory", lambda: 1e9)
    assert only(environment._memory).kind == "fix"
    monkeypatch.setattr(environment, "_free_memory", lambda: None)
    assert list(environment._memory()) == []
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda _: usage(9, 8, 3e8))
    assert "COURSE_CACHE_DIR" in only(environment._disk).remedy


def test_proxies_are_named_without_their_passwords(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://user:password@proxy.example:3128")
    found = only(environment._proxies)
    assert found.kind == "note" and "(https)" in found.text and "password" not in str(found)


class Done:
    def __init__(self, returncode=0, stdout="", stderr=""):
        self.returncode, self.stdout, self.stderr = returncode, stdout, stderr


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (Done(0, "2.21.0 tensorflow"), "TensorFlow 2.21.0 starts"),
        (Done(0, "2.21.0 jax"), "KERAS_BACKEND"),
        (Done(1, "", "Traceback\nImportError: broken"), "ImportError: broken"),
        (Done(1, "", "ImportError: DLL load failed"), "Visual C++"),
        (Done(-4, "", "compiled to use AVX instructions"), "no AVX"),
        (Done(-11, "", ""), "exit code -11"),
        (None, "did not start within"),
    ],
)
def test_tensorflow_is_started_in_its_own_process(monkeypatch, done, words):
    def run(*_, **options):
        assert "TF_ENABLE_ONEDNN_OPTS" not in options["env"]
        if done is None:
            raise subprocess.TimeoutExpired("python", 1)
        return done

    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.setattr(environment.subprocess, "run", run)
    found = only(environment._tensorflow)
    assert words in str(found)
    assert (found.kind == "ok") == ("starts" in words)


def test_data_is_named_by_copy(monkeypatch):
    from course_utils import datasets

    def locate(name, *, download):
        assert download is False
        if name == "mnist":
            return types.SimpleNamespace(verified=True)
        raise answers.pop()

    answers = [datasets.DataError("It is damaged: fetch it again."), datasets.NotFound([])]
    monkeypatch.setattr(datasets, "locate", locate)
    mnist, cifar = environment._data()
    assert str(mnist) == "[ok] MNIST is here: the original"
    assert cifar.kind == "note" and "fetch cifar10" in cifar.text
    _, cifar = environment._data()
    assert str(cifar) == "[fix] It is damaged: fetch it again."


@pytest.mark.parametrize(
    "text",
    [
        "No module in /usr/lib/python3.11/site-packages",
        r"DLL C:\Users\maria\tf.dll not found",
        f"cannot open {Path.home() / 'x'}",
    ],
)
def test_paths_are_left_out(text):
    shown = environment._discreet(text)
    assert "…" in shown
    assert not re.search(r"site-packages|maria|[\\]", shown)
    assert str(Path.home()) == "/" or str(Path.home()) not in shown
    assert "https://www.python.org/downloads/" in environment._discreet(
        "see https://www.python.org/downloads/"
    )


# --- A quiet start ------------------------------------------------------------------------------

START = """
from course_utils.environment import quiet_import
with quiet_import():
    import keras
"""
FIT = """
import numpy as np
model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3),
                          keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
_ = model.fit(np.zeros((8, 8, 8, 1), "float32"), np.zeros(8), verbose=0)
"""


def quiet_environment() -> dict:
    # Where pytest runs, a kernel does not watch file descriptor 2, and nothing could be seen.
    names = ("TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS", "PYTEST_CURRENT_TEST")
    return {key: value for key, value in os.environ.items() if key not in names}


def test_nothing_reaches_stderr_in_a_process():
    code = START + FIT + (
        "import os, sys\n"
        "assert 'TF_ENABLE_ONEDNN_OPTS' not in os.environ\n"
        "print(os.environ['TF_CPP_MIN_LOG_LEVEL'])\n"
        "os.write(2, b'back again')"
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=quiet_environment(),
        check=False, timeout=240,
    )  # fmt: skip
    assert (done.returncode, done.stderr, done.stdout) == (0, "back again", "3\n")


def test_nothing_reaches_stderr_in_a_notebook():
    # The kernel reads the descriptor in a thread: the cell stays open until that had its turn.
    one = "import os, sys, time\n_ = os.write(2, b'one')\ntime.sleep(3)"
    cells = [START, FIT, one, "print('two', file=sys.stderr)"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    client = nbclient.NotebookClient(notebook, kernel_name="python3", timeout=240)
    client.execute(env=quiet_environment())
    assert {o.name for cell in notebook.cells for o in cell.outputs} == {"stderr"}
    # A busy kernel may hand over one line in two pieces.
    shown = ["".join(o.text for o in cell.outputs) for cell in notebook.cells]
    assert shown == ["", "", "one", "two\n"]


@pytest.fixture
def no_tensorflow(monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "1")


def test_an_error_keeps_its_kind_and_shows_what_was_withheld(no_tensorflow, capfd):
    with pytest.raises(ModuleNotFoundError) as caught, quiet_import():
        os.write(2, b"first\nthe reason\n")
        import no_such_package  # noqa: F401
    notes = "\n".join(caught.value.__notes__)
    assert "the reason" in notes and "python -m course_utils.environment" in notes
    print("seen again", file=sys.stderr)
    assert capfd.readouterr().err == "seen again\n"
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "1", "a level that is set is kept"


def test_sys_stderr_is_never_replaced(no_tensorflow):
    before = sys.stderr
    with quiet_import():
        assert sys.stderr is before
    assert sys.stderr is before


def test_without_standard_error_the_import_goes_on(no_tensorflow, monkeypatch):
    def closed(_):
        raise OSError("Bad file descriptor")

    monkeypatch.setattr(environment.os, "dup", closed)
    monkeypatch.setattr(environment.sys, "stderr", None)
    with quiet_import():
        reached = True
    assert reached


def test_nothing_is_done_when_tensorflow_is_loaded(monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "tensorflow", types.ModuleType("tensorflow"))
    with quiet_import():
        os.write(2, b"through")
    assert capfd.readouterr().err == "through"
