"""Is this computer ready for the course? And a TensorFlow that starts quietly.

``python -m course_utils.environment`` prints one line per finding: ``[ok]``, ``[note]`` (good to
know) or ``[fix]`` with a remedy. It uses the standard library alone, so that it still runs where
packages are missing. No line holds a path or a user's name: it can be shown to anybody.
"""

from __future__ import annotations

import argparse
import html
import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from course_utils import supported_python

REQUIRED: dict[str, str] = {
    "numpy": ">=2.0,<3",
    "scipy": ">=1.13,<2",
    "scikit-learn": ">=1.5,<2",
    "matplotlib": ">=3.9,<4",
    "pillow": ">=10.4",
    "pooch": ">=1.8,<2",
    "requests": ">=2.31,<3",
    "tqdm": ">=4.66,<5",
    "keras": ">=3.15,<4",
    "tensorflow": ">=2.21,<2.22",
    "jupyterlab": ">=4.4,<5",
    "ipykernel": ">=6.29,<8",
    "ipywidgets": ">=8.1,<9",
    "anywidget": ">=0.9,<1",
    "jupyterlab-slideshow": ">=0.3,<1",
}
"""What a reader needs, as in requirements.txt (a test holds the two together)."""

_TENSORFLOW = ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos")
_INSTALL = "In the course's folder run  make setup  (or pip install -r requirements.lock)."
_ONLINE = "Use the course on Binder or Colab instead (links in the README)."
_MEMORY, _DISK = 1.5, 1.0  # GB that notebook 07 and the data need, with some to spare
_PATIENCE = 120  # seconds for TensorFlow's first start on a slow disk
_REMEDY = (
    "To find the cause, run  python -m course_utils.environment  in a terminal "
    "(or environment.report() in a cell) and follow its [fix] lines."
)


# --- The report ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """One line of a report.

    Attributes
    ----------
    kind : str
        ``"ok"``, ``"note"`` (good to know, nothing to do) or ``"fix"``.
    text : str
        What was found.
    remedy : str
        What to do, for ``"fix"``.
    """

    kind: str
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"[{self.kind}] {self.text}" + (f" {self.remedy}" if self.remedy else "")


@dataclass(frozen=True, repr=False)
class Report:
    """What `report` found; shows itself in a notebook and prints as plain text.

    Attributes
    ----------
    findings : tuple of Finding
        One per line.
    """

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing needs to be fixed."""
        return all(finding.kind != "fix" for finding in self.findings)

    @property
    def summary(self) -> str:
        """One sentence over all findings."""
        count = sum(finding.kind == "fix" for finding in self.findings)
        if not count:
            return "This computer is ready for the course."
        things = "One thing needs" if count == 1 else f"{count} things need"
        return f"{things} to be fixed, see above."

    def __repr__(self) -> str:
        return "\n".join([*map(str, self.findings), self.summary])

    def _repr_html_(self) -> str:
        colours = {"ok": "#009E73", "note": "#0072B2", "fix": "#D55E00"}
        lines = [
            f'<div style="display:flex;gap:0.7em;margin:0.2em 0"><span style="flex:0 0 3.2em;'
            f"text-align:center;font-weight:600;color:#fff;background:{colours[f.kind]};"
            f'border-radius:3px;height:1.5em">{f.kind}</span><span>{html.escape(f.text)}'
            + (f" <strong>{html.escape(f.remedy)}</strong>" if f.remedy else "")
            + "</span></div>"
            for f in self.findings
        ]
        return (
            f'<div style="font-size:16px;line-height:1.5">{"".join(lines)}'
            f'<p style="margin:0.6em 0 0"><strong>{html.escape(self.summary)}</strong></p></div>'
        )


def report(*, quick: bool = False) -> Report:
    """Look at this computer and say what the course needs.

    Parameters
    ----------
    quick : bool
        Leave out what takes seconds: starting TensorFlow once, and verifying the data.

    Returns
    -------
    Report
        Shown when it is the last line of a cell; ``print`` it for plain text. Nothing is
        downloaded or changed.

    Examples
    --------
    >>> str(report(quick=True).findings[0]).startswith("[ok] Python 3.")
    True
    """
    looks: list[Callable[[], Iterator[Finding]]] = [
        _python, _processor, _kernel, _packages, _metal, _widgets, _memory, _disk, _proxies,
    ]  # fmt: skip
    if not quick:
        looks += [_tensorflow, _data]
    findings: list[Finding] = []
    for look in looks:
        try:
            findings += look()
        except Exception as error:  # a broken installation breaks in ways nobody foresaw
            subject = look.__name__.strip("_")
            findings.append(
                Finding("note", f"The look at “{subject}” failed: {type(error).__name__}.")
            )
    return Report(tuple(Finding(f.kind, _discreet(f.text), f.remedy) for f in findings))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; the exit code is 1 if something needs to be fixed.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after the command; those of this process by default.

    Returns
    -------
    int
        0 or 1.
    """
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.environment",
        description="Looks whether this computer is ready for the course, and says what to do.",
    )
    parser.add_argument(
        "--quick", action="store_true", help="don't start TensorFlow, don't verify the data"
    )
    found = report(quick=parser.parse_args(arguments).quick)
    text, encoding = str(found), getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))  # a console may not know “ or ×
    return 0 if found.ok else 1


# --- The looks ----------------------------------------------------------------------------------


def _python() -> Iterator[Finding]:
    problem = supported_python.problem()
    version = platform.python_version()
    bits = 64 if sys.maxsize > 2**32 else 32
    if problem:
        yield Finding("fix", problem)
    elif bits == 64:
        yield Finding("ok", f"Python {version}, 64 bits, on {platform.system()}")
    if bits != 64:
        yield Finding(
            "fix",
            f"This Python {version} has 32 bits; TensorFlow needs 64.",
            "Install the 64-bit Python from https://www.python.org/downloads/.",
        )


def _processor() -> Iterator[Finding]:
    system, machine = platform.system(), platform.machine().lower()
    if system == "Darwin" and machine == "x86_64":
        yield Finding(
            "fix",
            "This Python is made for Macs with an Intel processor, for which there is no "
            "TensorFlow any more.",
            "On a Mac with an M processor install Python from https://www.python.org/downloads/ "
            f"anew and run make setup; on an Intel Mac: {_ONLINE}",
        )
    elif machine not in ("x86_64", "amd64", "arm64", "aarch64"):
        yield Finding("fix", f"There is no TensorFlow for a {machine} processor.", _ONLINE)
    elif system == "Windows" and machine == "arm64":
        yield Finding(
            "fix",
            "There is no TensorFlow for Windows on ARM.",
            f"Install Python for x86-64, which runs there too. {_ONLINE}",
        )


def _kernel() -> Iterator[Finding]:
    own = Path(__file__).resolve().parents[1] / ".venv"
    if not own.is_dir():
        kind = "Its own environment" if sys.prefix != sys.base_prefix else "The system's Python"
        yield Finding("note", f"{kind} runs this course; there is no .venv in its folder.")
    elif os.path.realpath(sys.prefix) == os.path.realpath(own):
        yield Finding("ok", "The course's own environment (.venv) is in use")
    else:
        yield Finding(
            "fix",
            "Another Python than the course's own (.venv) is in use.",
            "In JupyterLab started with  make lab  choose Kernel → Change Kernel → Python 3; in a "
            "terminal run  make lab  (or activate .venv first).",
        )


def _packages() -> Iterator[Finding]:
    good = []
    for name, bounds in REQUIRED.items():
        version = _version(name)
        if version is None:
            yield Finding("fix", f"{name} is missing.", _INSTALL)
        elif not _within(version, bounds):
            yield Finding("fix", f"{name} is {version}; the course needs {bounds}.", _INSTALL)
        else:
            good.append(f"{name} {version}")
    if good:
        yield Finding("ok", "Packages: " + ", ".join(good))


def _metal() -> Iterator[Finding]:
    version = _version("tensorflow-metal")
    if version is not None:
        yield Finding(
            "fix",
            f"tensorflow-metal {version} is installed. It trains convolutional networks wrongly "
            "(tensorflow issues #62361 and #92564): the accuracy stays low without an error.",
            "Run  pip uninstall tensorflow-metal  and restart the kernel.",
        )


def _widgets() -> Iterator[Finding]:
    if "google.colab" in sys.modules:
        yield Finding("note", "In Colab the drawing pad loads its front end from the network.")
        return
    folders = _extension_folders()
    wanted = ("@jupyter-widgets/jupyterlab-manager", "anywidget")
    missing = [n for n in wanted if not any((f / n / "package.json").is_file() for f in folders)]
    if missing:
        yield Finding(
            "fix",
            f"JupyterLab has no front end for widgets ({', '.join(missing)}): the drawing pad "
            "would show as a still picture.",
            f"{_INSTALL} Then close JupyterLab and start it again.",
        )
    else:
        yield Finding("ok", "JupyterLab has the front end for widgets")


def _memory() -> Iterator[Finding]:
    free = _free_memory()
    if free is None:
        return
    gigabytes = free / 1e9
    if gigabytes < _MEMORY:
        yield Finding(
            "fix",
            f"{gigabytes:.1f} GB of memory are free; notebook 07 needs about {_MEMORY} GB.",
            "Close other programs, and the kernels of other notebooks (JupyterLab: Kernel → Shut "
            "Down All Kernels).",
        )
    else:
        yield Finding("ok", f"{gigabytes:.1f} GB of memory are free")


def _disk() -> Iterator[Finding]:
    gigabytes = shutil.disk_usage(Path.home()).free / 1e9
    if gigabytes < _DISK:
        yield Finding(
            "fix",
            f"{gigabytes:.1f} GB of disk space are free; the data needs {_DISK:.0f} GB.",
            "Make room, or set COURSE_CACHE_DIR to a folder on a larger disk.",
        )
    else:
        yield Finding("ok", f"{gigabytes:.0f} GB of disk space are free")


def _proxies() -> Iterator[Finding]:
    kinds = sorted(set(urllib.request.getproxies()) & {"http", "https", "all"})
    if kinds:
        yield Finding(
            "note",
            f"Downloads go through a proxy ({', '.join(kinds)}). If one fails, set COURSE_DATA_DIR "
            "to a folder with the data.",
        )


def _tensorflow() -> Iterator[Finding]:
    if _version("tensorflow") is None or _version("keras") is None:
        return  # said above
    if "tensorflow" in sys.modules and "keras" in sys.modules:
        yield Finding("ok", "TensorFlow and Keras are loaded")
        return
    code = "import tensorflow, keras; print(tensorflow.__version__, keras.backend.backend())"
    try:
        # In a process of its own: what crashes there doesn't take this one with it.
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True, text=True, errors="replace", timeout=_PATIENCE,
            stdin=subprocess.DEVNULL, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        yield Finding(
            "fix",
            f"TensorFlow did not start within {_PATIENCE} seconds.",
            "Try again (the first start is the slowest); let the virus scanner skip the course's "
            "folder.",
        )
        return
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        why = lines[-1][:300] if lines else f"exit code {done.returncode}"
        hint = ""
        if done.returncode in (-4, 132) or "AVX" in done.stderr:
            hint = f" The processor is too old for it (no AVX): {_ONLINE}"
        elif "DLL" in done.stderr:
            hint = " Install Microsoft's Visual C++ Redistributable (x64), then restart."
        yield Finding("fix", f"TensorFlow does not start: {why}.", _INSTALL + hint)
        return
    version, backend = [*done.stdout.split(), "", ""][:2]
    if backend != "tensorflow":
        yield Finding(
            "fix",
            f"Keras is set to use {backend} instead of TensorFlow.",
            "Unset KERAS_BACKEND (or set it to tensorflow) and restart.",
        )
    else:
        yield Finding("ok", f"TensorFlow {version} starts, Keras uses it")


def _data() -> Iterator[Finding]:
    from course_utils import datasets

    for name, title in (("mnist", "MNIST"), ("cifar10", "CIFAR-10")):
        try:
            found = datasets.locate(name, download=False)
        except datasets.NotFound:
            yield Finding(
                "note",
                f"{title} is not here yet: it is fetched when a notebook needs it; without a "
                f"network a stand-in is used. To fetch it now: python -m course_utils.datasets "
                f"fetch {name}",
            )
        except datasets.DataError as error:
            yield Finding("fix", str(error))
        else:
            copy = "the original" if found.verified else "a re-encoded or altered copy"
            yield Finding("ok" if found.verified else "note", f"{title} is here: {copy}")


# --- How it is done -----------------------------------------------------------------------------


def _version(name: str) -> str | None:
    """Return the version of an installed package; TensorFlow goes by several names."""
    for known in _TENSORFLOW if name == "tensorflow" else (name,):
        try:
            return importlib.metadata.version(known)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def _within(version: str, bounds: str) -> bool:
    """Whether a version lies within bounds such as ``>=2.0,<3``."""
    return all(
        _number(version) >= _number(bound[2:])
        if bound.startswith(">=")
        else _number(version) < _number(bound[1:])
        for bound in bounds.split(",")
    )


def _number(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, without ``rc1`` and the like and zeros at the end."""
    found = re.match(r"\d+(\.\d+)*", version.strip())
    numbers = [int(part) for part in found.group().split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _extension_folders() -> list[Path]:
    """Return the folders in which JupyterLab looks for front ends."""
    try:
        from jupyter_core.paths import jupyter_path

        return [Path(path) for path in jupyter_path("labextensions")]
    except ImportError:
        return [Path(sys.prefix) / "share" / "jupyter" / "labextensions"]


def _free_memory() -> int | None:
    """Return the bytes of memory that this process may still take, or None if unknown."""
    if sys.platform == "win32":
        return _free_memory_windows()
    free = None
    meminfo = Path("/proc/meminfo")
    if meminfo.is_file():
        found = re.search(r"MemAvailable:\s+(\d+) kB", meminfo.read_text())
        free = int(found.group(1)) * 1024 if found else None
    elif hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        # macOS tells the total only; it frees memory of idle programs when asked.
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    limits = [  # a container's own limit, as on Binder
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        (
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        ),
    ]
    for limit, used in limits:
        try:
            room = int(Path(limit).read_text()) - int(Path(used).read_text())
        except (OSError, ValueError):  # no such file, or “max”: no limit
            continue
        free = room if free is None else min(free, room)
    return free


def _free_memory_windows() -> int | None:
    """Return the free memory as Windows tells it."""
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "a", "b", "c", "d", "e")),
        )

    status = Status(length=ctypes.sizeof(Status))
    if not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return status.free


def _discreet(text: str) -> str:
    """Take folders and the user's name out of a text, so that it can be shown to anybody."""
    for folder in {sys.prefix, sys.base_prefix, os.getcwd(), str(Path.home())}:
        if len(folder) > 3:
            text = text.replace(folder, "…")
    return re.sub(r"(?<![\w:/.])(/[\w.+ -]+){2,}|\b[A-Za-z]:\\[^\s'\"]+", "…", text)


# --- A quiet start ------------------------------------------------------------------------------


@contextmanager
def quiet_import() -> Iterator[None]:
    """Import TensorFlow or Keras without the page of messages that they print.

    ``with quiet_import(): import keras``. The messages come from C++ code, which writes to file
    descriptor 2, past Python's `sys.stderr`; so that descriptor is pointed to a temporary file
    until the import is done. Nothing is switched off: ``TF_ENABLE_ONEDNN_OPTS=0``, often
    recommended for silence, would double the training time. ``TF_CPP_MIN_LOG_LEVEL`` is set to 3
    where it is not set, for what comes later. If TensorFlow is loaded already, nothing is done.

    Raises
    ------
    Exception
        Whatever the import raised, with a note that holds the withheld messages and a remedy.

    Examples
    --------
    >>> with quiet_import():
    ...     import json
    """
    if "tensorflow" in sys.modules:
        yield
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with withheld_messages():
        yield


@contextmanager
def withheld_messages() -> Iterator[None]:
    """Withhold what is written to file descriptor 2, by C++ code too.

    Raises
    ------
    Exception
        Whatever was raised within, with a note that holds the withheld messages and a remedy.

    Examples
    --------
    >>> with withheld_messages():
    ...     _ = os.write(2, b"a page of messages")
    """
    _flush()
    try:
        kept = os.dup(2)
    except OSError:  # no standard error to redirect, as under pythonw on Windows
        yield
        return
    with tempfile.TemporaryFile() as withheld:
        os.dup2(withheld.fileno(), 2)
        try:
            yield
        except Exception as error:
            _flush()
            withheld.seek(0)
            _explain(error, withheld.read().decode("utf-8", "replace"))
            raise
        finally:
            # sys.stderr itself is never replaced: libraries keep a reference to it at import.
            _flush()
            os.dup2(kept, 2)
            os.close(kept)


def _flush() -> None:
    """Let Python write out what it holds back before the descriptor changes."""
    if sys.stderr is not None:
        sys.stderr.flush()


def _explain(error: Exception, messages: str) -> None:
    """Add the last of the withheld messages and a remedy to an error."""
    tail = messages.strip().splitlines()[-15:]
    if tail:
        error.add_note("What was printed meanwhile:\n  " + "\n  ".join(tail))
    error.add_note(_REMEDY)


if __name__ == "__main__":
    sys.exit(main())
