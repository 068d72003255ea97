"""Small data sets in the official formats, and hosts on this machine that misbehave on demand."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import tarfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

from course_utils import _data_files
from course_utils._data_files import Spec, Whole

SIZES = {"mnist": (60, 20), "cifar10": (50, 20)}
SHAPES = {"mnist": (28, 28), "cifar10": (32, 32, 3)}
TITLES = {"mnist": "MNIST", "cifar10": "CIFAR-10"}
LAYOUTS = {"mnist": "idx", "cifar10": "cifar-binary"}
CIFAR_TAR = "cifar-10-binary.tar.gz"


def whole(name: str, seed: int = 0) -> Whole:
    rng = np.random.default_rng([seed, len(name)])
    parts = []
    for count in SIZES[name]:
        parts.append(rng.integers(0, 256, (count, *SHAPES[name]), dtype=np.uint8))
        parts.append(rng.permutation(np.arange(count, dtype=np.uint8) % 10))
    return Whole(*parts)


def spec(name: str) -> Spec:
    train, test = SIZES[name]
    return Spec(
        name,
        TITLES[name],
        LAYOUTS[name],
        SHAPES[name],
        train,
        test,
        10,
        tuple("0123456789"),
        {},
        (),
    )


def official(name: str, data: Whole | None = None) -> dict[str, bytes]:
    return dict(_data_files.official_files(data or whole(name), spec(name)))


def npz(data: Whole | None = None, **changes) -> bytes:
    """The bytes of an .npz; a change to None leaves that array out."""
    arrays = {**(data or whole("mnist"))._asdict(), **changes}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{key: a for key, a in arrays.items() if a is not None})
    return buffer.getvalue()


def cifar_tar(
    files: dict[str, bytes] | None = None, folder: str = "cifar-10-batches-bin/"
) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in (files or official("cifar10")).items():
            member = tarfile.TarInfo(folder + name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


# One fixed file of each kind: an .npz written twice differs in its time stamps.
MNIST_NPZ = npz()
MNIST_IDX = {f"{name}.gz": gzip.compress(data) for name, data in official("mnist").items()}
CIFAR_ARCHIVE = cifar_tar()


def registry(
    mnist_hosts: list[str] = (), cifar_hosts: list[str] = (), idx_hosts: list[str] = ()
) -> dict:
    """A registry with the same structure as the course's, for the small data."""
    copies = {
        "mnist": [{"kind": "npz", "files": [_file("mnist.npz", MNIST_NPZ, mnist_hosts)]}],
        "cifar10": [{"kind": "cifar-tar", "files": [_file(CIFAR_TAR, CIFAR_ARCHIVE, cifar_hosts)]}],
    }
    if idx_hosts:
        files = [_file(name, content, idx_hosts) for name, content in MNIST_IDX.items()]
        copies["mnist"].append({"kind": "idx", "files": files})
    tables = {}
    for name in SIZES:
        train, test = SIZES[name]
        tables[name] = {
            "title": TITLES[name],
            "layout": LAYOUTS[name],
            "image_shape": list(SHAPES[name]),
            "train": train,
            "test": test,
            "validation": 10,
            "class_names": list("0123456789"),
            "licence": "made for these tests",
            "citation": "nobody",
            "content": {
                part: hashlib.sha256(content).hexdigest()
                for part, content in official(name).items()
            },
            "copies": copies[name],
        }
    return {"datasets": tables}


def _file(name: str, content: bytes, hosts: list[str]) -> dict:
    return {
        "name": name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "urls": [host + name for host in hosts],
    }


class StandIns:
    """Takes the place of course_utils.stand_ins: quick, and counts how often it is asked."""

    VERSION = 7

    def __init__(self) -> None:
        self.built = 0

    def _make(self, name: str) -> SimpleNamespace:
        self.built += 1
        data = whole(name, seed=99)
        return SimpleNamespace(
            x_train=data.x_train[:40],
            y_train=data.y_train[:40],
            x_val=data.x_train[40:],
            y_val=data.y_train[40:],
            x_test=data.x_test,
            y_test=data.y_test,
        )

    def digits(self) -> SimpleNamespace:
        return self._make("mnist")

    def pictures(self) -> SimpleNamespace:
        return self._make("cifar10")


# --- hosts ----------------------------------------------------------------------------------

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


class Host:
    """A web server on this machine. `answers[path]` are used up in turn; the last one stays."""

    def __init__(self, name: str = "127.0.0.1") -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.asked: dict[str, int] = defaultdict(int)
        host = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.lstrip("/")
                host.asked[path] += 1
                answers = host.answers.get(path) or [status(404)]
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                try:
                    answer(self)
                except (BrokenPipeError, ConnectionError):
                    self.close_connection = True

            def log_message(self, *_) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://{name}:{self.server.server_address[1]}/"
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self.thread.start()

    def serve(self, path: str, *answers: Answer) -> Host:
        self.answers[path] = list(answers)
        return self

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def sends(
    content: bytes,
    *,
    announced: int | None = None,
    kind: str = "application/octet-stream",
    delay: float = 0.0,
) -> Answer:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        time.sleep(delay)
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(announced or len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def drips(content: bytes, *, piece: int, pause: float, stop: int | None = None) -> Answer:
    """Send `piece` bytes every `pause` seconds; after `stop` bytes say nothing for ten seconds."""

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/octet-stream")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        for start in range(0, len(content), piece):
            if stop is not None and start >= stop:
                time.sleep(10)
                return
            handler.wfile.write(content[start : start + piece])
            handler.wfile.flush()
            time.sleep(pause)

    return answer


def status(code: int) -> Answer:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def silent(seconds: float = 10.0) -> Answer:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)

    return answer
