"""Every fault ends in working data or in one clear sentence with the remedy.

Each entry of the table below sets up one fault, with real sockets and files, and says how it has
to end. After each of them the cache is searched: nothing half-written may lie there under a name
that would be believed.
"""

import errno
import gzip
import io
import json
import os
import pickle
import socket
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest

from course_utils import _data_files, _fetch, datasets
from tests import fake_data
from tests.fake_data import CIFAR_ARCHIVE, CIFAR_TAR, MNIST_IDX, MNIST_NPZ, drips, sends, status

ROOT = Path(__file__).resolve().parents[1]
LIMITS = _fetch.Limits(
    connect=1.0,
    read=0.8,
    slow_rate=60_000.0,
    slow_seconds=0.4,
    crawl_rate=500.0,
    patience=1.5,
    back_off=(0.01, 0.02),
    chunk=1024,
)
HTML = b"<!DOCTYPE html><html><body>Please log in to the campus network</body></html>" * 20
FAULTS = {}


def fault(name):
    """Enter a function into the table of faults."""

    def enter(function):
        assert name not in FAULTS
        FAULTS[name] = function
        return function

    return enter


class World:
    """A machine with a cache, a stick, hosts and a stand-in, all small and under control."""

    def __init__(self, folder, monkeypatch, capsys):
        self.folder, self.monkeypatch, self.capsys = folder, monkeypatch, capsys
        self.cache = folder / "cache"
        self.stick = folder / "stick"
        self.stick.mkdir()
        self.hosts = []
        self.stand_ins = fake_data.StandIns()
        for name in ("COURSE_DATA", "COURSE_DATA_DIR"):
            monkeypatch.delenv(name, raising=False)
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.setenv("NO_PROXY", "*")
        monkeypatch.setenv("COURSE_CACHE_DIR", str(self.cache))
        monkeypatch.setenv("KERAS_HOME", str(folder / "keras"))
        monkeypatch.setattr(_fetch, "LIMITS", LIMITS)
        monkeypatch.setattr(datasets, "_gave_up", {})
        monkeypatch.setitem(sys.modules, "course_utils.stand_ins", self.stand_ins)
        self.registered()

    def registered(self, mnist=(), cifar=(), idx=()):
        registry = fake_data.registry(mnist, cifar, idx)
        self.registry = registry
        self.monkeypatch.setattr(datasets, "registry", lambda: registry)

    def host(self, path, *answers):
        """Start a host and register it as the next one for its file."""
        host = fake_data.Host("localhost" if self.hosts else "127.0.0.1").serve(path, *answers)
        self.hosts.append(host)
        return host

    def mnist_hosts(self, *behaviours):
        """Start one host for each behaviour (a list of answers), in this order."""
        hosts = [self.host("mnist.npz", *answers) for answers in behaviours]
        self.registered(mnist=[host.url for host in hosts])
        return hosts

    def on_the_stick(self, **files):
        self.monkeypatch.setenv("COURSE_DATA_DIR", str(self.stick))
        for name, content in files.items():
            (self.stick / name).write_bytes(content)

    # How a fault may end.

    def gives_data(self, load=datasets.load_mnist, **arguments):
        data = load(**arguments)
        assert data.source.verified
        assert len(data.x_train) == fake_data.SIZES[data.source.copy][0] - 10
        assert data.source.digest == original_digest(data.source.copy)
        return data

    def gives_stand_in(self, *words, load=datasets.load_mnist):
        data = load()
        assert data.source.copy == "stand-in" and not data.source.verified
        said = " ".join(self.capsys.readouterr().out.split())
        for word in ("This is NOT", "Why:", "COURSE_DATA_DIR", *words):
            assert word in said
        return data

    def refuses(self, *words, load=datasets.load_mnist, source="real"):
        with pytest.raises(datasets.DataError) as caught:
            load(source=source)
        sentence = str(caught.value)
        assert "\n" not in sentence and len(sentence) < 800
        for word in words:
            assert word in sentence, sentence
        return sentence

    def nothing_half_written(self):
        """Everything in the cache is whole, whatever happened before."""
        if not self.cache.is_dir():
            return
        for path in self.cache.rglob("*"):
            if path.name == "mnist.npz":
                assert path.read_bytes() == MNIST_NPZ
            elif path.name == CIFAR_TAR:
                assert path.read_bytes() == CIFAR_ARCHIVE
            elif path.name in MNIST_IDX:
                assert path.read_bytes() == MNIST_IDX[path.name]
            else:
                assert path.name.startswith("stand-in-") and path.suffix == ".npz"
                with np.load(path, allow_pickle=False) as archive:
                    assert len(archive["y_train"]) == 40


def original_digest(name):
    data = fake_data.whole(name)
    return _data_files.check(data, fake_data.spec(name))[1]


@pytest.fixture
def world(tmp_path, monkeypatch, capsys):
    made = World(tmp_path, monkeypatch, capsys)
    yield made
    for host in made.hosts:
        host.close()


# --- the network ----------------------------------------------------------------------------


def closed_port():
    """Return the address of a port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


@fault("connection refused, no other host")
def _(world):
    world.registered(mnist=[closed_port()])
    world.gives_stand_in("no data host can be reached")
    world.refuses("refused the connection", "COURSE_DATA_DIR", 'source="stand-in"')


@fault("connection refused, then mirror")
def _(world):
    mirror = world.host("mnist.npz", sends(MNIST_NPZ))
    world.registered(mnist=[closed_port(), mirror.url])
    data = world.gives_data()
    assert data.source.text == "MNIST, the original (verified), from 127.0.0.1"


@fault("host name unknown")
def _(world):
    world.registered(mnist=["http://data.invalid/"])
    world.gives_stand_in("no data host can be reached")
    world.refuses("data.invalid is not known to this network", "Connect to the network")


@fault("host name unknown, then mirror")
def _(world):
    mirror = world.host("mnist.npz", sends(MNIST_NPZ))
    world.registered(mnist=["http://data.invalid/", mirror.url])
    world.gives_data()


@fault("404, no other host")
def _(world):
    world.mnist_hosts([status(404)])
    world.gives_stand_in("does not have the file (HTTP 404)")
    world.refuses("does not have the file (HTTP 404)")


@fault("404, then mirror")
def _(world):
    first, second = world.mnist_hosts([status(404)], [sends(MNIST_NPZ)])
    world.gives_data()
    assert first.asked["mnist.npz"] == second.asked["mnist.npz"] == 1  # no point in asking twice


@fault("npz gone everywhere, then the four IDX files")
def _(world):
    gone = world.host("mnist.npz", status(404))
    mirror = world.host("none")
    for name, content in MNIST_IDX.items():
        mirror.serve(name, sends(content))
    world.registered(mnist=[gone.url], idx=[gone.url, mirror.url])
    world.gives_data()
    assert {path.name for path in world.cache.iterdir()} == set(MNIST_IDX)
    asked = dict(mirror.asked)
    assert world.gives_data().source.text.endswith("from the cache")
    assert mirror.asked == asked


@fault("503, then the same host works")
def _(world):
    (host,) = world.mnist_hosts([status(503), sends(MNIST_NPZ)])
    world.gives_data()
    assert host.asked["mnist.npz"] == 2


@fault("503 for ever, then mirror")
def _(world):
    first, _ = world.mnist_hosts([status(503)], [sends(MNIST_NPZ)])
    world.gives_data()
    assert first.asked["mnist.npz"] == 1 + len(LIMITS.back_off)


@fault("host stalls in the middle, then mirror")
def _(world):
    half = len(MNIST_NPZ) // 2
    world.mnist_hosts([drips(MNIST_NPZ, piece=1024, pause=0, stop=half)], [sends(MNIST_NPZ)])
    start = time.monotonic()
    world.gives_data()
    assert time.monotonic() - start < 8  # the stalling host keeps the connection for ten seconds


@fault("host stalls in the middle, no other host")
def _(world):
    half = len(MNIST_NPZ) // 2
    world.mnist_hosts([drips(MNIST_NPZ, piece=1024, pause=0, stop=half)])
    world.gives_stand_in("127.0.0.1")


@fault("host too slow, then mirror")
def _(world):
    _, mirror = world.mnist_hosts([drips(MNIST_NPZ, piece=512, pause=0.1)], [sends(MNIST_NPZ)])
    start = time.monotonic()
    world.gives_data()
    assert time.monotonic() - start < 8  # at its own pace the first host needs twelve seconds
    assert mirror.asked["mnist.npz"] == 1


@fault("host sends a byte now and then, no other host")
def _(world):
    world.mnist_hosts([drips(MNIST_NPZ, piece=1, pause=0.1)])
    start = time.monotonic()
    world.gives_stand_in("too slow")
    assert time.monotonic() - start < 30  # at that rate the file would take almost two hours


@fault("all hosts slow: the notebook goes on, an explicit wish waits")
def _(world):
    slow = drips(MNIST_NPZ, piece=4096, pause=0.1)
    world.mnist_hosts([slow])
    world.gives_stand_in("too slow")
    world.gives_data(source="real")


@fault("black-holed network costs seconds, once")
def _(world):
    # The sockets accept and never answer; a packet filter that drops everything looks the same.
    hosts = world.mnist_hosts(*([fake_data.silent()] for _ in range(6)))
    world.registered([h.url for h in hosts], cifar=[h.url for h in hosts])
    world.gives_stand_in("no data host can be reached")
    # Patience for 1.5 s in all, 0.8 s of it with each host: the later ones are not asked.
    assert 1 <= sum(host.asked["mnist.npz"] for host in hosts) <= 3
    asked = [dict(host.asked) for host in hosts]
    world.gives_stand_in()
    world.gives_stand_in("This is NOT CIFAR-10", load=datasets.load_cifar10)
    assert [dict(host.asked) for host in hosts] == asked  # later loads don't wait again


@fault("a failed download is not repeated by each load, but on request")
def _(world):
    (host,) = world.mnist_hosts([status(404), sends(MNIST_NPZ)])
    world.gives_stand_in()
    world.gives_stand_in()
    assert host.asked["mnist.npz"] == 1
    world.gives_data(source="real")
    world.gives_data()


@fault("only a proxy knows the way")
def _(world):
    proxy = world.host("http://data.invalid/mnist.npz", sends(MNIST_NPZ))
    world.monkeypatch.delenv("NO_PROXY")
    world.monkeypatch.delenv("no_proxy", raising=False)
    world.monkeypatch.setenv("http_proxy", proxy.url)
    world.registered(mnist=["http://data.invalid/"])
    world.gives_data()


@fault("the proxy is out of order")
def _(world):
    world.monkeypatch.delenv("NO_PROXY")
    world.monkeypatch.delenv("no_proxy", raising=False)
    world.monkeypatch.setenv("http_proxy", closed_port())
    world.registered(mnist=["http://data.invalid/"])
    world.refuses("refused the connection (the proxy set on this machine)")


@fault("certificate cannot be checked")
def _(world):
    host = world.host("mnist.npz", sends(MNIST_NPZ))
    world.registered(mnist=[host.url.replace("http:", "https:")])
    world.refuses("could not prove who it is", "certificate")
    world.monkeypatch.setattr(_fetch.sys, "platform", "darwin")
    world.refuses("Install Certificates.command")


# --- what arrives ---------------------------------------------------------------------------


@fault("transfer breaks off, then the same host works")
def _(world):
    cut = sends(MNIST_NPZ[:20_000], announced=len(MNIST_NPZ))
    (host,) = world.mnist_hosts([cut, sends(MNIST_NPZ)])
    world.gives_data()
    assert host.asked["mnist.npz"] == 2


@fault("truncated file, then mirror")
def _(world):
    world.mnist_hosts([sends(MNIST_NPZ[:-1])], [sends(MNIST_NPZ)])
    world.gives_data()


@fault("truncated file, no other host")
def _(world):
    world.mnist_hosts([sends(MNIST_NPZ[:20_000])])
    world.gives_stand_in("sent only", f"of {len(MNIST_NPZ):,} bytes")
    world.refuses("sent only", "Connect to the network")


@fault("wrong hash, then mirror")
def _(world):
    other = fake_data.npz(fake_data.whole("mnist", seed=5))
    world.mnist_hosts([sends(other)], [sends(MNIST_NPZ)])
    world.gives_data()


@fault("wrong hash, no other host")
def _(world):
    other = MNIST_NPZ[:30_000] + b"?" + MNIST_NPZ[30_001:]
    world.mnist_hosts([sends(other)])
    world.gives_stand_in("its SHA-256 is wrong")
    world.refuses("its SHA-256 is wrong")


@fault("right container hash unknown, wrong content")
def _(world):
    world.mnist_hosts([sends(fake_data.npz(fake_data.whole("mnist", seed=5)))])
    del world.registry["datasets"]["mnist"]["copies"][0]["files"][0]["sha256"]
    world.refuses("wrong content")


@fault("HTML instead of data, then mirror")
def _(world):
    world.mnist_hosts([sends(HTML, kind="text/html; charset=utf-8")], [sends(MNIST_NPZ)])
    world.gives_data()


@fault("HTML instead of data, no other host")
def _(world):
    world.mnist_hosts([sends(HTML, kind="text/html; charset=utf-8")])
    world.gives_stand_in("a web page instead of data", "log in")
    world.refuses("a web page instead of data")


@fault("HTML that calls itself data")
def _(world):
    world.mnist_hosts([sends(HTML)])
    world.refuses("sent only")


# --- the disk -------------------------------------------------------------------------------


class FullDisk(io.BytesIO):
    """A file on a disk that fills up after some bytes."""

    def write(self, data):
        if self.tell() + len(data) > 10_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


@fault("no space left for the download")
def _(world):
    import pooch.downloaders

    first, second = world.mnist_hosts([sends(MNIST_NPZ)], [sends(MNIST_NPZ)])
    world.registered(mnist=[first.url, second.url], idx=[second.url])
    with world.monkeypatch.context() as patch:
        patch.setattr(pooch.downloaders, "open", lambda *_: FullDisk(), raising=False)
        world.gives_stand_in("no space is left on the disk", "COURSE_CACHE_DIR")
        world.refuses("no space is left on the disk")
    assert not second.asked  # another host does not mend a full disk
    world.gives_data(source="real")


@fault("no space left for the stand-in's cache")
def _(world):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    world.monkeypatch.setattr(datasets.np, "savez", full)
    world.gives_stand_in()
    assert list(world.cache.iterdir()) == []


@fault("read-only cache: the download works, unkept")
def _(world):
    world.cache = world.folder / "occupied" / "cache"
    world.cache.parent.write_text("a file where a folder is expected")
    world.monkeypatch.setenv("COURSE_CACHE_DIR", str(world.cache))
    world.mnist_hosts([sends(MNIST_NPZ)])
    world.gives_data()
    assert "cache folder cannot be written" in world.capsys.readouterr().out


@fault("read-only cache: the stand-in works, unkept")
def _(world):
    world.cache = world.folder / "occupied" / "cache"
    world.cache.parent.write_text("a file where a folder is expected")
    world.monkeypatch.setenv("COURSE_CACHE_DIR", str(world.cache))
    world.registered(mnist=[closed_port()])
    world.gives_stand_in()
    world.gives_stand_in()
    assert world.stand_ins.built == 2


@fault("cache folder may not be looked into")
def _(world):
    def forbidden(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    world.mnist_hosts([sends(MNIST_NPZ)])
    find = _data_files.find
    with world.monkeypatch.context() as patch:
        patch.setattr(
            _data_files, "find", lambda f, s: forbidden() if f == world.cache else find(f, s)
        )
        world.gives_data()


@fault("cached file in use by another program for a moment (Windows)")
def _(world):
    replace, refusals = os.replace, [1, 2]

    def in_use(*names):
        if refusals:
            refusals.pop()
            raise PermissionError(errno.EACCES, "in use by another process")
        replace(*names)

    world.mnist_hosts([sends(MNIST_NPZ)])
    world.monkeypatch.setattr(datasets.os, "replace", in_use)
    world.monkeypatch.setattr(datasets.time, "sleep", lambda _: None)
    world.gives_data()
    assert (world.cache / "mnist.npz").exists()


@fault("cached file in use by another program for long (Windows)")
def _(world):
    def in_use(*_):
        raise PermissionError(errno.EACCES, "in use by another process")

    world.mnist_hosts([sends(MNIST_NPZ)])
    world.monkeypatch.setattr(datasets.os, "replace", in_use)
    world.monkeypatch.setattr(datasets.time, "sleep", lambda _: None)
    world.gives_data()
    assert list(world.cache.iterdir()) == []


# --- interruptions and neighbours -----------------------------------------------------------


@fault("download interrupted from the keyboard, then a clean restart")
def _(world):
    world.mnist_hosts([sends(MNIST_NPZ)])
    count = _fetch._Watch.update

    def interrupted(self, amount):
        count(self, amount)
        if self.got > 20_000:
            raise KeyboardInterrupt

    with world.monkeypatch.context() as patch:
        patch.setattr(_fetch._Watch, "update", interrupted)
        with pytest.raises(KeyboardInterrupt):
            datasets.load_mnist()
    assert list(world.cache.iterdir()) == []
    world.gives_data()


CHILD = """
import json, sys
from course_utils import _fetch, datasets
table = json.loads(sys.argv[1])
datasets.registry = lambda: table
data = datasets.load_mnist(source="real")
print(data.source.verified, data.source.digest, len(data.x_train))
"""


def child(world):
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, json.dumps(world.registry)],
        env=environment,
        cwd=world.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert err == ""
    assert out.splitlines()[-1] == f"True {original_digest('mnist')} 50"


@fault("program killed in the middle of a download, then a clean restart")
def _(world):
    half = len(MNIST_NPZ) // 2
    world.mnist_hosts([drips(MNIST_NPZ, piece=1024, pause=0, stop=half), sends(MNIST_NPZ)])
    process = child(world)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if any(path.stat().st_size > 10_000 for path in world.cache.glob("unfinished-*/*")):
            break
        time.sleep(0.02)
    process.kill()
    process.communicate()
    (left,) = world.cache.glob("unfinished-*")
    for path in (*left.iterdir(), left):  # as if it had happened yesterday
        os.utime(path, (time.time() - 86_400,) * 2)
    world.gives_data()
    assert not left.exists()


@fault("two processes load at once, nothing cached")
def _(world):
    world.mnist_hosts([sends(MNIST_NPZ, delay=0.4)])
    for process in [child(world), child(world)]:
        finish(process)
    assert [path.name for path in world.cache.iterdir()] == ["mnist.npz"]


@fault("two processes load at once, a damaged file cached")
def _(world):
    world.mnist_hosts([sends(MNIST_NPZ, delay=0.4)])
    world.cache.mkdir()
    (world.cache / "mnist.npz").write_bytes(MNIST_NPZ[:30_000])
    for process in [child(world), child(world)]:
        finish(process)
    assert [path.name for path in world.cache.iterdir()] == ["mnist.npz"]


@fault("another process's unfinished download is left alone")
def _(world):
    other = world.cache / "unfinished-by-another"
    other.mkdir(parents=True)
    (other / "tmp").write_bytes(MNIST_NPZ[:100])
    world.mnist_hosts([sends(MNIST_NPZ)])
    world.gives_data()
    assert (other / "tmp").read_bytes() == MNIST_NPZ[:100]
    (other / "tmp").unlink()
    other.rmdir()


# --- damaged caches -------------------------------------------------------------------------


def damaged_cache(world, content):
    world.cache.mkdir()
    (world.cache / "mnist.npz").write_bytes(content)
    world.mnist_hosts([sends(MNIST_NPZ)])
    world.gives_data()
    assert (world.cache / "mnist.npz").read_bytes() == MNIST_NPZ


@fault("cached file truncated")
def _(world):
    damaged_cache(world, MNIST_NPZ[:30_000])


@fault("cached file with other content")
def _(world):
    damaged_cache(world, fake_data.npz(fake_data.whole("mnist", seed=3)))


@fault("cached file damaged and no network")
def _(world):
    world.cache.mkdir()
    (world.cache / "mnist.npz").write_bytes(MNIST_NPZ[:30_000])
    world.registered(mnist=[closed_port()])
    world.gives_stand_in()
    assert not (world.cache / "mnist.npz").exists()


@fault("cached archive truncated")
def _(world):
    world.cache.mkdir()
    (world.cache / CIFAR_TAR).write_bytes(CIFAR_ARCHIVE[:-5000])
    host = world.host(CIFAR_TAR, sends(CIFAR_ARCHIVE))
    world.registered(cifar=[host.url])
    world.gives_data(datasets.load_cifar10)


@fault("only some of the cached IDX files")
def _(world):
    world.cache.mkdir()
    name = "train-images-idx3-ubyte.gz"
    (world.cache / name).write_bytes(MNIST_IDX[name])
    world.mnist_hosts([sends(MNIST_NPZ)])
    world.gives_data()


@fault("Keras's cached file altered")
def _(world):
    keras = world.folder / "keras" / "datasets" / "mnist.npz"
    keras.parent.mkdir(parents=True)
    altered = fake_data.npz(fake_data.whole("mnist", seed=3))
    keras.write_bytes(altered)
    world.mnist_hosts([sends(MNIST_NPZ)])
    world.gives_data()
    assert keras.read_bytes() == altered  # not ours to mend


@fault("stand-in's cache damaged")
def _(world):
    world.registered(mnist=[closed_port()])
    first = world.gives_stand_in()
    (path,) = world.cache.glob("stand-in-*")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    second = world.gives_stand_in()
    assert world.stand_ins.built == 2
    np.testing.assert_array_equal(first.x_train, second.x_train)
    world.gives_stand_in()
    assert world.stand_ins.built == 2  # rebuilt once, then read again


@fault("stand-in's cache with other values")
def _(world):
    world.registered(mnist=[closed_port()])
    first = world.gives_stand_in()
    (path,) = world.cache.glob("stand-in-*")
    with np.load(path) as archive:
        arrays = dict(archive)
    np.savez(path, **{**arrays, "x_train": arrays["x_train"][::-1]})
    np.testing.assert_array_equal(first.x_train, world.gives_stand_in().x_train)
    assert world.stand_ins.built == 2


# --- COURSE_DATA_DIR ------------------------------------------------------------------------


@fault("COURSE_DATA_DIR does not exist")
def _(world):
    world.monkeypatch.setenv("COURSE_DATA_DIR", str(world.folder / "unplugged"))
    for source in ("auto", "real"):
        world.refuses("COURSE_DATA_DIR", "does not exist", "plug the drive in", source=source)


@fault("COURSE_DATA_DIR is a file")
def _(world):
    path = world.folder / "mnist.npz"
    path.write_bytes(MNIST_NPZ)
    world.monkeypatch.setenv("COURSE_DATA_DIR", str(path))
    world.refuses("COURSE_DATA_DIR", "not a folder", source="auto")


@fault("COURSE_DATA_DIR holds nothing of use, then a host")
def _(world):
    world.on_the_stick(**{"holiday.jpg": b"..."})
    world.mnist_hosts([sends(MNIST_NPZ)])
    world.gives_data()


@fault("COURSE_DATA_DIR holds nothing of use, no network")
def _(world):
    world.on_the_stick()
    world.registered(mnist=[closed_port()])
    world.gives_stand_in("your COURSE_DATA_DIR folder holds no mnist.npz")


@fault("COURSE_DATA_DIR holds only the archive of pickles")
def _(world):
    world.on_the_stick(**{"cifar-10-python.tar.gz": b"..."})
    world.registered(cifar=[closed_port()])
    world.gives_stand_in("pickles, which are never opened", load=datasets.load_cifar10)


def bad_npz(world, content, *words, source="auto"):
    world.on_the_stick(**{"mnist.npz": content})
    world.refuses("mnist.npz", "your COURSE_DATA_DIR folder", "copy it there again", *words)
    world.refuses(*words, source="auto")


class Explosive:
    """Does harm as soon as it is unpickled."""

    def __reduce__(self):
        return (os.mkdir, ("harm-done",))


@fault("npz with pickled objects on the stick")
def _(world):
    world.monkeypatch.chdir(world.folder)
    objects = np.array([Explosive()] * 60, dtype=object)
    bad_npz(world, fake_data.npz(y_train=objects), "pickled", "never opened")
    assert not (world.folder / "harm-done").exists()


@fault("npz with pickled objects from a host")
def _(world):
    world.monkeypatch.chdir(world.folder)
    objects = np.array([Explosive()] * 60, dtype=object)
    world.mnist_hosts([sends(fake_data.npz(y_train=objects))])
    del world.registry["datasets"]["mnist"]["copies"][0]["files"][0]["sha256"]
    world.refuses("wrong content")
    assert not (world.folder / "harm-done").exists()


@fault("a pickle that calls itself npz")
def _(world):
    world.monkeypatch.chdir(world.folder)
    bad_npz(world, pickle.dumps(Explosive()), "Python pickle", "never opened")
    assert not (world.folder / "harm-done").exists()


@fault("npz truncated on the stick")
def _(world):
    bad_npz(world, MNIST_NPZ[:30_000], "damaged or cut short")


@fault("npz with a flipped bit on the stick")
def _(world):
    flipped = bytearray(MNIST_NPZ)
    flipped[len(flipped) // 3] ^= 1
    bad_npz(world, bytes(flipped), "damaged")


@fault("empty file on the stick")
def _(world):
    bad_npz(world, b"", "is empty")


@fault("HTML on the stick")
def _(world):
    bad_npz(world, HTML, "web page (HTML)")


@fault("npz without labels")
def _(world):
    bad_npz(world, fake_data.npz(y_train=None), "holds the arrays x_train, x_test, y_test")


WHOLE = fake_data.whole("mnist")


@fault("images of a wrong shape")
def _(world):
    flat = WHOLE.x_train.reshape(60, 784)
    bad_npz(world, fake_data.npz(x_train=flat), "(60, 784)", "(n, 28, 28)")


@fault("images of a wrong dtype")
def _(world):
    scaled = (WHOLE.x_train / 255).astype(np.float32)
    bad_npz(world, fake_data.npz(x_train=scaled), "float32", "expected uint8")


@fault("labels of a wrong dtype")
def _(world):
    bad_npz(world, fake_data.npz(y_test=WHOLE.y_test.astype(float)), "y_test", "float64")


@fault("labels one-hot encoded")
def _(world):
    bad_npz(world, fake_data.npz(y_train=np.eye(10, dtype=np.uint8)[WHOLE.y_train]), "(60, 10)")


@fault("labels out of range")
def _(world):
    bad_npz(world, fake_data.npz(y_train=WHOLE.y_train + 1), "the label 10", "from 0 to 9")


@fault("labels below zero")
def _(world):
    bad_npz(world, fake_data.npz(y_train=WHOLE.y_train.astype(int) - 1), "the label -1")


@fault("fewer labels than images")
def _(world):
    bad_npz(world, fake_data.npz(y_train=WHOLE.y_train[:-1]), "59 labels for 60 images")


@fault("a class without images")
def _(world):
    labels = np.where(WHOLE.y_train == 3, 4, WHOLE.y_train).astype(np.uint8)
    bad_npz(world, fake_data.npz(y_train=labels), "a class with 0 images")


def bad_idx(world, changes, *words):
    files = {
        name: change for name, change in {**MNIST_IDX, **changes}.items() if change is not None
    }
    world.on_the_stick(**files)
    world.refuses("your COURSE_DATA_DIR folder", *words, source="auto")


@fault("an IDX file missing")
def _(world):
    bad_idx(world, {"t10k-labels-idx1-ubyte.gz": None}, "came without t10k-labels-idx1-ubyte")


@fault("an IDX file truncated before packing")
def _(world):
    name = "train-images-idx3-ubyte.gz"
    cut = gzip.compress(gzip.decompress(MNIST_IDX[name])[:-1])
    bad_idx(world, {name: cut}, name, "cut short", "47,039 of 47,040 bytes")


@fault("an IDX file truncated after packing")
def _(world):
    name = "train-images-idx3-ubyte.gz"
    bad_idx(world, {name: MNIST_IDX[name][:-2000]}, name, "cut short")


@fault("an IDX file that goes on")
def _(world):
    name = "train-labels-idx1-ubyte.gz"
    longer = gzip.compress(gzip.decompress(MNIST_IDX[name]) + b"?")
    bad_idx(world, {name: longer}, name, "goes on")


@fault("HTML instead of an IDX file")
def _(world):
    bad_idx(world, {"t10k-images-idx3-ubyte.gz": HTML}, "web page (HTML)")


@fault("an IDX file announcing a monstrous array")
def _(world):
    header = bytes([0, 0, 8, 3]) + (2**31).to_bytes(4, "big") + (28).to_bytes(4, "big") * 2
    bad_idx(world, {"train-images-idx3-ubyte.gz": header}, "announces", "2147483648")


def bad_archive(world, content, *words):
    world.on_the_stick(**{CIFAR_TAR: content})
    world.refuses("your COURSE_DATA_DIR folder", *words, load=datasets.load_cifar10, source="auto")


@fault("archive with ../ members")
def _(world):
    escaping = fake_data.cifar_tar({"../../escaped.txt": b"harm", **fake_data.official("cifar10")})
    bad_archive(world, escaping, "points outside the archive")
    assert not list(world.folder.rglob("escaped.txt"))


@fault("archive with an absolute member")
def _(world):
    bad_archive(world, fake_data.cifar_tar({"/etc/x": b""}, folder=""), "points outside")


@fault("archive with a member on a Windows drive")
def _(world):
    bad_archive(world, fake_data.cifar_tar({"C:\\\\x": b""}, folder=""), "points outside")


@fault("archive with a link in place of a batch")
def _(world):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        link = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    bad_archive(world, buffer.getvalue(), "holds no data_batch_1.bin")


@fault("archive truncated")
def _(world):
    bad_archive(world, CIFAR_ARCHIVE[:-5000], "damaged or cut short")


@fault("archive is HTML")
def _(world):
    bad_archive(world, HTML, "web page (HTML)")


@fault("archive without a batch")
def _(world):
    files = fake_data.official("cifar10")
    del files["data_batch_3.bin"]
    bad_archive(world, fake_data.cifar_tar(files), "holds no data_batch_3.bin")


@fault("archive with a batch of the wrong size")
def _(world):
    files = fake_data.official("cifar10")
    files["data_batch_3.bin"] = files["data_batch_3.bin"][:-1]
    bad_archive(world, fake_data.cifar_tar(files), "data_batch_3.bin", "wrong size", "30,729 bytes")


@fault("unpacked archive without a batch")
def _(world):
    folder = world.stick / "cifar-10-batches-bin"
    folder.mkdir()
    for name, content in fake_data.official("cifar10").items():
        if name != "test_batch.bin":
            (folder / name).write_bytes(content)
    world.on_the_stick()
    world.refuses("without test_batch.bin", load=datasets.load_cifar10, source="auto")


@fault("local file that is not the original")
def _(world):
    world.on_the_stick(**{"mnist.npz": fake_data.npz(fake_data.whole("mnist", seed=3))})
    data = datasets.load_mnist(source="real")
    assert data.source.copy == "altered" and not data.source.verified
    assert "re-encoded or altered copy" in data.source.text
    assert data.source.digest != original_digest("mnist")


@fault("local file with the original images in another order")
def _(world):
    order = np.roll(np.arange(60), 1)
    shuffled = WHOLE._replace(x_train=WHOLE.x_train[order], y_train=WHOLE.y_train[order])
    world.on_the_stick(**{"mnist.npz": fake_data.npz(shuffled)})
    assert datasets.load_mnist().source.copy == "altered"


@fault("COURSE_DATA misspelt")
def _(world):
    world.monkeypatch.setenv("COURSE_DATA", "reel")
    world.refuses("COURSE_DATA", "'reel'", "real, stand-in", source="auto")


# --- the table ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FAULTS)
def test_fault(name, world, record_property):
    FAULTS[name](world)
    world.nothing_half_written()
    record_property("data-fault", name)
