"""JupyterLab in Chromium, for tests that meet a notebook as a reader does.

Use::

    def test_something(lab):                       # skipped where there is no Chromium
        lab.open("00_start_here.ipynb")            # a copy: the repository stays as it is
        lab.run_all(timeout=300)                   # waits until every code cell has run
        assert lab.errors() == []                  # error outputs, as "cell 7: NameError: …"
        assert lab.console_errors() == []          # errors of the page itself
        lab.cell(5)                                # locator of the cell (from 1, as people count)
        lab.output(5).locator("canvas")            # … and of its output area
        lab.outputs(5)                             # its outputs as JSON (nbformat)
        lab.run("1 + 1")                           # run code in the notebook's kernel, get its text
        lab.screenshot("drawing-pad")              # build/screenshots/drawing-pad.png
        lab.page                                   # the Playwright page, for mouse and keyboard

``lab`` is a fresh page for each test; the server starts once a session, on a free port of this
machine, with a token, its own settings and a temporary copy of ``notebooks/``; beside those that
train for long lies one that loads their networks instead (`to_run`). COURSE_DATA is the stand-in
(set in the root conftest). Whoever needs another folder of notebooks uses the fixture
``lab_server`` and writes into ``lab_server.folder``.

Chromium: Debian's, Google's, or whatever CHROMIUM names. Where there is none these tests are
skipped, save in `make test-browser`, which is asked for by name and fails.
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
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest

from tests.browser.patience import WAIT
from tests.notebooks.parts import Notebook, notebook_paths
from tests.notebooks.stored import TRAIN_LONG, for_the_lanes

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTINGS = {
    # Cells out of sight stay in the page, so that a test can look at them.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    # No question about news on the first start, no request to the network.
    "@jupyterlab/apputils-extension/notification": {
        "checkForUpdates": False,
        "fetchNews": "false",
        "doNotDisturbMode": True,
    },
}
# Messages of JupyterLab about itself that say nothing about a notebook.
HARMLESS = (
    "favicon",
    "/api/me",
    "Failed to load resource: net::ERR_",  # what a page without network can't fetch
    "source map",
)


def chromium_path() -> str | None:
    """Return the path of Chromium on this machine, if there is one."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def to_run(name: str) -> str:
    """Return the file of the folder that is run for a notebook: where it trains, one that loads."""
    return f"quick_{name}" if name[:2] in TRAIN_LONG else name


@dataclass
class Server:
    """A JupyterLab server and the folder it shows."""

    url: str
    token: str
    folder: Path
    log: Path

    def address(self, notebook: str) -> str:
        """Return the address that opens a notebook of the folder."""
        return f"{self.url}/lab/tree/notebooks/{notebook}?token={self.token}&reset"


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url: str) -> bool:
    """Whether a server answers at an address."""
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            return reply.status == 200
    except OSError:
        return False


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory, chromium):
    """Start JupyterLab on a copy of ``notebooks/``; stop it, and its kernels, at the end."""
    base = tmp_path_factory.mktemp("lab")
    folder = base / "work" / "notebooks"
    ignore = shutil.ignore_patterns(".ipynb_checkpoints")
    shutil.copytree(ROOT / "notebooks", folder, ignore=ignore)
    for path in notebook_paths():
        if path.name[:2] in TRAIN_LONG:
            nbformat.write(for_the_lanes(Notebook.read(path)), folder / to_run(path.name))
    for name, content in SETTINGS.items():
        path = base / "settings" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
    port, token = free_port(), secrets.token_hex(16)
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(base / "config"),
        "JUPYTER_RUNTIME_DIR": str(base / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(base / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(base / "workspaces"),
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
               "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
               "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}",
               f"--ServerApp.root_dir={folder.parent}", "--LabApp.expose_app_in_browser=True",
               "--FileContentsManager.delete_to_trash=False"]  # fmt: skip
    log = base / "server.log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, env=environment, cwd=folder.parent, stdout=output, stderr=output
        )
    server = Server(f"http://127.0.0.1:{port}", token, folder, log)
    try:
        deadline = time.monotonic() + 300
        while not answers(f"{server.url}/api/status?token={token}"):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail("JupyterLab did not start:\n" + log.read_text(encoding="utf-8")[-3000:])
            time.sleep(0.3)
        yield server
    finally:
        process.terminate()  # the server shuts its kernels down
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def chromium(pytestconfig):
    """Start one Chromium for the session."""
    path = chromium_path()
    if path is None:
        asked_for = pytestconfig.getoption("markexpr", "") == "browser"
        missing = pytest.fail if asked_for else pytest.skip
        missing("Chromium is not installed (apt install chromium, or name one in CHROMIUM)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS, headless=True)
        yield browser
        browser.close()


@contextlib.contextmanager
def fresh_page(lab_server, chromium):
    """Drive JupyterLab in a fresh page; at the end its kernels end, too."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(2 * WAIT)  # Playwright's own 30 s are few on a loaded machine
    driver = Lab(lab_server, context.new_page())
    try:
        yield driver
    finally:
        driver.close()
        context.close()


@pytest.fixture
def lab(lab_server, chromium):
    """Return a driver of JupyterLab with a fresh page."""
    with fresh_page(lab_server, chromium) as driver:
        yield driver


@dataclass
class Lab:
    """JupyterLab in a page, driven the way a reader drives it."""

    server: Server
    page: object  # playwright.sync_api.Page
    console: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.console.append(f"uncaught: {error}"))

    def _heard(self, message):
        if message.type == "error":
            self.console.append(f"{message.text} ({message.location.get('url', '')})")

    def open(self, notebook: str, *, timeout: float = 300, stored: bool = False) -> None:
        """Open a notebook of the folder, wait for its kernel, and clear its stored outputs.

        With ``stored=True`` the outputs stay.
        """
        self.page.goto(self.server.address(notebook), timeout=timeout * 1000)
        self._wait(
            """name => {
                const panel = window.jupyterapp?.shell?.currentWidget;
                const kernel = panel?.sessionContext?.session?.kernel;
                return panel?.context?.path?.endsWith(name) && panel.content.model !== null
                    && kernel?.status === 'idle';
            }""",
            timeout,
            notebook,
        )
        if not stored:
            self._do("notebook:clear-all-cell-outputs")

    def _do(self, command: str) -> None:
        self.page.evaluate("name => window.jupyterapp.commands.execute(name)", command)

    def run_all(self, *, timeout: float = 300) -> None:
        """Run all cells and wait until each has run, or one has failed.

        Raises
        ------
        TimeoutError
            If cells are still running after ``timeout`` seconds; the message names the first.
        """
        self.page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
        deadline = time.monotonic() + timeout
        while True:
            waiting = [cell for cell in self.cells() if cell["waiting"]]
            if self.errors() or (not waiting and self.kernel_status() == "idle"):
                return
            if time.monotonic() > deadline:
                self.screenshot("timeout")
                raise TimeoutError(
                    f"{len(waiting)} cells have not run after {timeout:g} s, kernel "
                    f"{self.kernel_status()}; the first: {waiting[:1]}"
                )
            self.page.wait_for_timeout(250)

    def cells(self) -> list[dict]:
        """Return number, type, source, outputs of each cell, and whether it is yet to run."""
        cells = self.page.evaluate("window.jupyterapp.shell.currentWidget.content.model.toJSON()")
        found = []
        for number, cell in enumerate(cells["cells"], 1):
            source = cell["source"]
            source = source if isinstance(source, str) else "".join(source)
            is_code = cell["cell_type"] == "code"
            waiting = is_code and source.strip() != "" and cell.get("execution_count") is None
            found.append({"number": number, "type": cell["cell_type"], "source": source,
                          "outputs": cell.get("outputs", []), "waiting": waiting})  # fmt: skip
        return found

    def kernel_status(self) -> str:
        """Return ``idle``, ``busy``, …"""
        return self.page.evaluate(
            "window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status"
        )

    def outputs(self, number: int) -> list[dict]:
        """Return the outputs of a cell as JSON."""
        return self.cells()[number - 1]["outputs"]

    def errors(self) -> list[str]:
        """Return the error outputs of the notebook."""
        return [
            f"cell {cell['number']}: {output['ename']}: {output['evalue']}"
            for cell in self.cells()
            for output in cell["outputs"]
            if output["output_type"] == "error"
        ]

    def stderr(self) -> list[str]:
        """Return what cells have written to stderr."""
        return [
            f"cell {cell['number']}: {output['text']}"
            for cell in self.cells()
            for output in cell["outputs"]
            if output.get("name") == "stderr"
        ]

    def console_errors(self) -> list[str]:
        """Return the errors of the page, without JupyterLab's remarks about itself."""
        return [text for text in self.console if not any(known in text for known in HARMLESS)]

    def cell(self, number: int):
        """Return the locator of a cell (from 1), scrolled into view."""
        locator = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell")
        cell = locator.nth(number - 1)
        cell.scroll_into_view_if_needed()
        return cell

    def output(self, number: int):
        """Return the locator of the output area of a cell."""
        return self.cell(number).locator(".jp-OutputArea").first

    def number_of(self, text: str) -> int:
        """Return the number of the first cell whose source contains a text."""
        return next(cell["number"] for cell in self.cells() if text in cell["source"])

    def run(self, code: str, *, timeout: float = 120) -> str:
        """Run code in the notebook's kernel, outside its cells; return what it prints and gives.

        Raises
        ------
        RuntimeError
            If the code raises.
        """
        result = self.page.evaluate(
            """async ([code, seconds]) => {
                const panel = window.jupyterapp.shell.currentWidget;
                const kernel = panel.sessionContext.session.kernel;
                const future = kernel.requestExecute({code, store_history: false});
                let text = '', error = null;
                future.onIOPub = message => {
                    const content = message.content;
                    if (message.header.msg_type === 'stream') text += content.text;
                    if (message.header.msg_type === 'execute_result')
                        text += content.data['text/plain'];
                    if (message.header.msg_type === 'error')
                        error = `${content.ename}: ${content.evalue}`;
                };
                const late = new Promise((_, reject) =>
                    setTimeout(() => reject(new Error('timed out')), seconds * 1000));
                await Promise.race([future.done, late]);
                return {text, error};
            }""",
            [code, timeout],
        )
        if result["error"]:
            raise RuntimeError(result["error"])
        return result["text"]

    def screenshot(self, name: str) -> Path:
        """Save what the page shows as ``build/screenshots/NAME.png``."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    def close(self) -> None:
        """Shut down the kernels of the page."""
        with contextlib.suppress(Exception):
            self.page.evaluate("window.jupyterapp.serviceManager.sessions.shutdownAll()")

    def _wait(self, script: str, timeout: float, argument=None) -> None:
        from playwright.sync_api import TimeoutError as PlaywrightTimeout

        try:
            self.page.wait_for_function(script, arg=argument, timeout=timeout * 1000)
        except PlaywrightTimeout:
            self.screenshot("timeout")
            raise TimeoutError(
                f"JupyterLab was not ready after {timeout:g} s (build/screenshots/timeout.png); "
                f"console: {self.console}; server: {self.server.log.read_text()[-2000:]}"
            ) from None
