"""JupyterLab as Binder starts it, on one core, server and kernel together held to 2 GB.

A notebook is opened and run through that server as a reader's browser does it: the page of
JupyterLab, the content, a session with its kernel, the messages of that kernel over a websocket,
and the notebook saved with its outputs. Only the cells themselves are sent to the kernel directly.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import psutil
import requests
import websocket
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbclient.util import run_sync
from nbformat import NotebookNode

from tools.memory import PeakMemory, end_family

# mybinder.org gives a session "2G" (github.com/jupyterhub/mybinder.org-deploy, singleuser.memory in
# the values of each member), in which KubeSpawner's G is 1024³ bytes (ByteSpecification in
# jupyterhub/traitlets.py). Held to 10⁹ twice, there are 147 MB left for what Binder's image has
# and this server lacks: its resource monitor, its single-user package.
LIMIT = 2_000_000_000
CELL_TIMEOUT = 1800
START_TIMEOUT = 600  # on a busy machine
PATIENCE = 180  # seconds to wait for an answer, the start of a kernel included
BASE = "/user/a-reader/"
# What BinderHub hands to jupyter-lab (get_args in its binderspawner_mixin.py), and what
# mybinder.org's /etc/jupyter sets: idle kernels end after ten minutes, also where the tab is open.
BINDER = (
    f"--ServerApp.base_url={BASE}",
    "--ServerApp.trust_xheaders=True",
    "--ServerApp.default_url=/lab",
    "--ServerApp.allow_origin=*",
    "--ServerApp.allow_origin_pat=.*",
    "--ServerApp.shutdown_no_activity_timeout=600",
    "--MappingKernelManager.cull_idle_timeout=600",
    "--MappingKernelManager.cull_interval=60",
    "--MappingKernelManager.cull_connected=True",
)
# What differs from Binder: only this machine may connect, and it may be root that starts it.
HERE = ("--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0", "--allow-root", "--no-browser")
ERRORS = (CellExecutionError, CellTimeoutError, RuntimeError, OSError, websocket.WebSocketException)


class NotStarted(RuntimeError):
    """The server did not start; the message ends with what it wrote."""


@dataclass(frozen=True)
class Outcome:
    """What became of one notebook.

    Attributes
    ----------
    seconds : float
        Wall time, from the session being asked for to the end of the last cell.
    kernel_bytes, together_bytes : int
        Peak memory of the kernel, and of server and kernel together, each with its children.
    server_bytes : int
        The server's peak before the notebook was opened.
    failure : str or None
        Why it did not finish, in one line; None where every cell has run.
    """

    seconds: float
    kernel_bytes: int
    together_bytes: int
    server_bytes: int
    failure: str | None = None


class Attached(AsyncKernelManager):
    """What a client needs to know of a kernel that the server has started and looks after."""

    def __init__(self, connection_file: Path, process: psutil.Process):
        super().__init__(owns_kernel=False)
        self.load_connection_file(str(connection_file))
        self.kernel_process = process

    @property
    def has_kernel(self) -> bool:
        """Always: there is nothing to start."""
        return True

    async def _async_is_alive(self) -> bool:
        """Whether the kernel's process still runs (the server would start another)."""
        with contextlib.suppress(psutil.Error):
            return self.kernel_process.status() != psutil.STATUS_ZOMBIE
        return False

    is_alive = _async_is_alive  # under both names: its client asks for the first


def one_core(pid: int = 0) -> None:
    """Let a process, and what it starts from now on, use one core only, where that can be told."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(pid, {min(os.sched_getaffinity(pid))})


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A JupyterLab server with Binder's settings and limits, for the time of a `with` block.

    Parameters
    ----------
    root : Path
        The folder it shows, as the repository's on Binder.
    launcher : sequence of str, optional
        How JupyterLab is called; by default with this Python.
    environment : mapping, optional
        The whole environment of the server; by default that of this process.
    limit : int
        Bytes that server and kernels may hold together; past it they are killed.

    Raises
    ------
    NotStarted
        If it ends, or does not answer in time.
    """

    def __init__(
        self,
        root: Path,
        *,
        launcher: Sequence[str] = (sys.executable, "-m", "jupyterlab"),
        environment: Mapping[str, str] | None = None,
        limit: int = LIMIT,
    ):
        self.root, self.launcher, self.limit = root, tuple(launcher), limit
        self.environment = dict(os.environ if environment is None else environment)
        self.token = secrets.token_hex(16)
        self.http = requests.Session()
        self.http.trust_env = False  # no proxy on the way to this machine
        self.http.headers["Authorization"] = f"token {self.token}"

    def __enter__(self) -> Server:
        self.folder = Path(tempfile.mkdtemp(prefix="lab-"))
        self.log, self.runtime = self.folder / "server.log", self.folder / "runtime"
        port = free_port()
        self.address = f"127.0.0.1:{port}{BASE}"
        own = {
            "JUPYTER_CONFIG_DIR": self.folder / "config",
            "JUPYTER_RUNTIME_DIR": self.runtime,
            "JUPYTERLAB_SETTINGS_DIR": self.folder / "settings",
            "JUPYTERLAB_WORKSPACES_DIR": self.folder / "workspaces",
            "IPYTHONDIR": self.folder / "ipython",
            "JUPYTER_PREFER_ENV_PATH": "1",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        # Nobody reads the token but those who may see this machine's processes: for minutes.
        ours = (f"--ServerApp.port={port}", f"--ServerApp.token={self.token}")
        with self.log.open("wb") as output:
            self.process = psutil.Popen(
                [*self.launcher, *BINDER, *HERE, *ours],
                cwd=self.root,
                env=self.environment | {name: str(value) for name, value in own.items()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        with contextlib.suppress(ProcessLookupError):  # it may have failed at once
            one_core(self.process.pid)
        self.memory = PeakMemory(self.process.pid, limit=self.limit)
        self.memory.start()
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.memory.stopping.set()
        self.memory.join()
        self.http.close()
        end_family(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            with contextlib.suppress(requests.ConnectionError):
                if self._ask("get", "api/status").ok:
                    self._ask("get", "lab").raise_for_status()  # as a reader's first look
                    return
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise NotStarted(f"JupyterLab did not start. It wrote:\n{self.said()}")
            time.sleep(0.3)

    def _ask(self, method: str, path: str, **arguments) -> requests.Response:
        return self.http.request(
            method, f"http://{self.address}{path}", timeout=PATIENCE, **arguments
        )

    def said(self) -> str:
        """Return the end of what the server has written."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:]

    def run(self, name: str) -> Outcome:
        """Open a notebook, run all its cells, save it, and shut its kernel down.

        Parameters
        ----------
        name : str
            The path below the server's folder, with slashes.

        Returns
        -------
        Outcome
            Also where a cell failed, or the limit was passed: its `failure` says so.
        """
        idle, start = self.memory.peak, time.perf_counter()
        kernel = None
        try:
            notebook = self._open(name)
            with self._session(name) as (identity, process):
                kernel = PeakMemory(process.pid)
                with kernel, self._listening(identity):
                    failure = self._run_cells(notebook, identity, process)
                    seconds = time.perf_counter() - start
                if not self.memory.exceeded:
                    self._save(name, notebook)
        except ERRORS as error:
            failure, seconds = _last_line(error), time.perf_counter() - start
        self.memory.look()
        if self.memory.exceeded:
            allowed, held = self.limit / 1e9, self.memory.peak / 1e9
            failure = f"killed: {held:.2f} GB were held, {allowed:.2f} GB are allowed ({failure})"
        peak = kernel.peak if kernel else 0
        return Outcome(seconds, peak, self.memory.peak, idle, failure)

    def _open(self, name: str) -> NotebookNode:
        self._ask("get", f"lab/tree/{name}").raise_for_status()
        answer = self._ask("get", f"api/contents/{name}", params={"content": "1"})
        answer.raise_for_status()
        return nbformat.from_dict(answer.json()["content"])

    def _save(self, name: str, notebook: NotebookNode) -> None:
        body = {"type": "notebook", "format": "json", "content": notebook}
        self._ask("put", f"api/contents/{name}", data=json.dumps(body)).raise_for_status()

    @contextlib.contextmanager
    def _session(self, name: str) -> Iterator[tuple[str, psutil.Process]]:
        body = {"path": name, "name": name, "type": "notebook", "kernel": {"name": "python3"}}
        answer = self._ask("post", "api/sessions", json=body)
        answer.raise_for_status()
        session = answer.json()
        identity = session["kernel"]["id"]
        try:
            yield identity, self._process_of(identity)
        finally:
            with contextlib.suppress(requests.RequestException):  # it may have been killed
                self._ask("delete", f"api/sessions/{session['id']}")

    def _process_of(self, identity: str) -> psutil.Process:
        for process in self.process.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if any(identity in word for word in process.cmdline()):
                    return process
        raise RuntimeError("the server has no process for the kernel of the session")

    @contextlib.contextmanager
    def _listening(self, identity: str) -> Iterator[None]:
        """Receive every message of the kernel through the server, as a browser does."""
        channel = websocket.create_connection(
            f"ws://{self.address}api/kernels/{identity}/channels",
            header=[f"Authorization: token {self.token}"],
            timeout=PATIENCE,
            http_no_proxy=["127.0.0.1"],
        )
        channel.settimeout(None)

        def listen() -> None:
            with contextlib.suppress(OSError, websocket.WebSocketException):
                while channel.recv():
                    pass

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        try:
            yield
        finally:
            with contextlib.suppress(OSError, websocket.WebSocketException):
                channel.send_close()  # the server answers in kind, which ends the listener
            listener.join(10)
            channel.shutdown()

    def _run_cells(
        self, notebook: NotebookNode, identity: str, process: psutil.Process
    ) -> str | None:
        manager = Attached(self.runtime / f"kernel-{identity}.json", process)
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=CELL_TIMEOUT,
            record_timing=False,
            store_widget_state=False,
        )
        number = 0
        try:
            with client.setup_kernel():
                for number, cell in enumerate(notebook.cells, 1):
                    client.execute_cell(cell, number - 1)
        except ERRORS as error:
            where = f"cell {number} ({notebook.cells[number - 1].id})" if number else "its kernel"
            return f"{where}: {_last_line(error)}"
        finally:
            if client.kc is not None:
                stopped = client.kc.stop_channels()
                if stopped is not None:
                    run_sync(lambda: stopped)()
        return None


def _last_line(error: BaseException) -> str:
    kind, said = type(error).__name__, str(error)
    if isinstance(error, CellExecutionError):  # its text is a traceback, with colours
        kind, said = error.ename, error.evalue
    return f"{kind}: {(said.strip().splitlines() or [''])[-1]}"
