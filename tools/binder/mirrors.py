"""Hosts on this machine that stand for the data's mirrors, and a registry that names them.

What they serve is made of the course's stand-ins, packed as the official files are; the registry
written for them says so with its digests. For whoever fetches, it is the original.
"""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import socket
import tarfile
import threading
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from course_utils import datasets
from course_utils._data_files import Whole, official_files

NAMES = {"mnist": ("mnist.npz", "digits"), "cifar10": ("cifar-10-binary.tar.gz", "pictures")}


def whole(kind: str) -> Whole:
    """Return a stand-in as one data set: training with validation, and test."""
    parts = datasets.stand_in_arrays(kind)
    x, y = (np.concatenate([parts[f"{axis}_train"], parts[f"{axis}_val"]]) for axis in "xy")
    return Whole(x, y, parts["x_test"], parts["y_test"])


def packed(name: str, data: Whole, official: dict[str, bytes]) -> bytes:
    """Return the one file that a mirror offers for a data set."""
    buffer = io.BytesIO()
    if name == "mnist":
        np.savez_compressed(buffer, **data._asdict())
        return buffer.getvalue()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        for part, content in official.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{part}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def offers() -> tuple[dict[str, bytes], dict[str, dict[str, Any]]]:
    """Return the files that the mirrors offer, and by data set what the registry says of them."""
    files, entries = {}, {}
    for name, (file, kind) in NAMES.items():
        data = whole(kind)
        official = dict(official_files(data, datasets.specification(name)))
        files[file] = packed(name, data, official)
        entries[name] = {
            "train": len(data.y_train),
            "test": len(data.y_test),
            "validation": len(datasets.stand_in_arrays(kind)["y_val"]),
            "content": {part: hashlib.sha256(each).hexdigest() for part, each in official.items()},
            "copies": [{"kind": "here", "files": [_described(file, files[file])]}],
        }
    return files, entries


def _described(name: str, content: bytes) -> dict[str, Any]:
    return {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def write_registry(tree: Path, entries: dict[str, dict[str, Any]], address: str) -> None:
    """Have a copy of the course look for its data at one address only."""
    path = tree / "data" / "registry.toml"
    registry = tomllib.loads(path.read_text(encoding="utf-8"))
    for name, entry in entries.items():
        registry["datasets"][name].update(entry)
        for copy in registry["datasets"][name]["copies"]:
            for file in copy["files"]:
                file["urls"] = [address + file["name"]]
    path.write_text("\n".join(toml_lines(registry)) + "\n", encoding="utf-8")


def toml_lines(table: dict[str, Any], above: tuple[str, ...] = ()) -> list[str]:
    """Return a table as TOML: values, tables and lists of tables."""
    values, tables = [], []
    for key, value in table.items():
        path = (*above, json.dumps(key))
        if isinstance(value, dict):
            tables += [f"[{'.'.join(path)}]", *toml_lines(value, path)]
        elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            for each in value:
                tables += [f"[[{'.'.join(path)}]]", *toml_lines(each, path)]
        else:
            values.append(f"{path[-1]} = {json.dumps(value, ensure_ascii=False)}")
    return values + tables


def closed_address() -> str:
    """Return an address on this machine where nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


class Mirror:
    """A web server on this machine that offers files, for the time of a `with` block.

    Parameters
    ----------
    files : dict
        Name → content.
    refusals : int
        How often each file is refused (404) before it is sent.

    Attributes
    ----------
    asked : Counter
        How often each file was asked for.
    """

    def __init__(self, files: dict[str, bytes], *, refusals: int = 0):
        asked = self.asked = Counter()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.lstrip("/")
                asked[name] += 1
                found = name in files and asked[name] > refusals
                content = files[name] if found else b""
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "application/octet-stream")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/"

    def __enter__(self) -> Mirror:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
