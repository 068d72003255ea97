"""Packages of npm: pinned, verified, fetched once. A registry on this machine plays npm's."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tools import npm


def archive(files: dict[str, str]) -> bytes:
    """Return what npm serves for a package of these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as writer:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            writer.addfile(member, io.BytesIO(content.encode()))
    return buffer.getvalue()


GOOD = archive({"dist/a.js": "a = 1", "other.js": "not used"})


@pytest.fixture
def served(monkeypatch, tmp_path):
    """Run a registry; return what it serves by path, and the list of what it was asked for."""
    content, asked = {}, []

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            body = content.get(self.path)
            self.send_response(200 if body else 404)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *arguments):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(GOOD).digest()).decode()
    pins = tmp_path / "npm.toml"
    pins.write_text(f'[thing]\nversion = "1.2"\nintegrity = "{integrity}"\nlicence = "MIT"\n'
                    'files = ["dist/a.js"]\n', encoding="utf-8")  # fmt: skip
    monkeypatch.setattr(npm, "PINS", pins)
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield content, asked
    server.shutdown()
    server.server_close()


def test_a_package_is_fetched_once(served, tmp_path):
    content, asked = served
    content["/thing/-/thing-1.2.tgz"] = GOOD
    store = tmp_path / "store"
    assert not npm.stored("thing", store)
    folder = npm.fetch("thing", store)
    assert (folder / "dist/a.js").read_text() == "a = 1"
    assert not (folder / "other.js").exists()
    assert npm.stored("thing", store)
    assert npm.fetch("thing", store) == folder
    assert asked == ["/thing/-/thing-1.2.tgz"]


def test_a_file_that_was_changed_is_put_right(served, tmp_path):
    content, _ = served
    content["/thing/-/thing-1.2.tgz"] = GOOD
    folder = npm.fetch("thing", tmp_path)
    (folder / "dist/a.js").write_text("a = 2")
    assert (npm.fetch("thing", tmp_path) / "dist/a.js").read_text() == "a = 1"


def test_what_is_not_the_pinned_package_is_refused(served, tmp_path):
    content, _ = served
    content["/thing/-/thing-1.2.tgz"] = archive({"dist/a.js": "a = 3"})
    with pytest.raises(npm.PackageError, match="not the pinned package"):
        npm.fetch("thing", tmp_path)
    assert not npm.stored("thing", tmp_path)


def test_a_registry_without_the_package_is_named_with_the_remedy(served, tmp_path):
    with pytest.raises(npm.PackageError, match=r"(?s)thing-1\.2\.tgz.*where there is a network"):
        npm.fetch("thing", tmp_path)


def test_no_network_is_said_with_the_remedy(served, tmp_path, monkeypatch):
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    with pytest.raises(npm.PackageError, match=r"put thing-1\.2\.tgz into"):
        npm.fetch("thing", tmp_path)


def test_the_registry_is_the_one_of_npms_settings(tmp_path, monkeypatch):
    for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
        monkeypatch.delenv(name, raising=False)
    settings = tmp_path / ".npmrc"
    monkeypatch.setenv("NPM_CONFIG_USERCONFIG", str(settings))
    assert npm.registry() == "https://registry.npmjs.org"
    settings.write_text("fund=false\nregistry = https://npm.example.org/mirror/\n")
    assert npm.registry() == "https://npm.example.org/mirror"
    monkeypatch.setenv("npm_config_registry", "https://other.example.org")
    assert npm.registry() == "https://other.example.org"


def test_every_pin_is_complete():
    for name in ("reveal.js", "mathjax", "axe-core"):
        package = npm.pinned(name)
        assert len(package.sha512) == 128
        assert package.files and package.licence
