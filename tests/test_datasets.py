"""Loading, verifying, splitting and exporting the data, on small copies in the official formats."""

import dataclasses
import gzip
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import _data_cli, _data_files, _fetch, datasets
from tests import fake_data

LOADERS = {"mnist": datasets.load_mnist, "cifar10": datasets.load_cifar10}


@pytest.fixture
def stand_ins():
    return fake_data.StandIns()


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch, stand_ins):
    """A machine without network, with an empty cache and a small registry."""
    monkeypatch.delenv("COURSE_DATA", raising=False)
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setitem(sys.modules, "course_utils.stand_ins", stand_ins)
    monkeypatch.setattr(datasets, "_gave_up", {})
    table = fake_data.registry()
    table["datasets"]["iris"] = datasets.registry()["datasets"]["iris"]
    monkeypatch.setattr(datasets, "registry", lambda: table)


@pytest.fixture
def stick(tmp_path, monkeypatch):
    folder = tmp_path / "stick"
    folder.mkdir()
    monkeypatch.setenv("COURSE_DATA_DIR", str(folder))
    return folder


# --- containers: whatever the data comes in, it proves itself -------------------------------


def _npz(name):
    def put(folder):
        (folder / f"{name}.npz").write_bytes(fake_data.npz(fake_data.whole(name)))

    return put


def _idx(rename, pack, below=""):
    def put(folder):
        (folder / below).mkdir(parents=True, exist_ok=True)
        for official, content in fake_data.official("mnist").items():
            (folder / below / rename(official)).write_bytes(pack(content))

    return put


def _cifar_tar(folder):
    (folder / fake_data.CIFAR_TAR).write_bytes(fake_data.CIFAR_ARCHIVE)


def _cifar_folder(below):
    def put(folder):
        (folder / below).mkdir(exist_ok=True)
        for official, content in fake_data.official("cifar10").items():
            (folder / below / official).write_bytes(content)

    return put


def _keras_labels(folder):
    whole = fake_data.whole("cifar10")
    columns = {key: getattr(whole, key).astype(int)[:, None] for key in ("y_train", "y_test")}
    (folder / "cifar10.npz").write_bytes(fake_data.npz(whole, **columns))


CONTAINERS = {
    "mnist: npz": _npz("mnist"),
    "mnist: idx": _idx(str, bytes),
    "mnist: idx.gz": _idx(lambda name: f"{name}.gz", gzip.compress),
    "mnist: idx with a full stop": _idx(lambda name: name.replace("-idx", ".idx"), bytes),
    "mnist: idx in mnist/": _idx(str, bytes, "mnist"),
    "mnist: idx in MNIST/raw/": _idx(str, bytes, "MNIST/raw"),
    "cifar10: npz": _npz("cifar10"),
    "cifar10: npz with columns of labels": _keras_labels,
    "cifar10: archive": _cifar_tar,
    "cifar10: unpacked archive": _cifar_folder("cifar-10-batches-bin"),
    "cifar10: loose batches": _cifar_folder("."),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_any_container_proves_itself(container, stick):
    name = container.split(":")[0]
    CONTAINERS[container](stick)
    data = LOADERS[name](source="real")
    assert data.source.verified and data.source.copy == name
    title = fake_data.TITLES[name]
    text = f"{title}, the original (verified), from your COURSE_DATA_DIR folder"
    assert str(data.source) == data.source.text == text
    whole = fake_data.whole(name)
    np.testing.assert_array_equal(data.x_test, whole.x_test)
    np.testing.assert_array_equal(data.y_test, whole.y_test)
    together = (
        np.concatenate([data.x_train, data.x_val]),
        np.concatenate([data.y_train, data.y_val]),
    )
    assert rows(*together) == rows(whole.x_train, whole.y_train)


def rows(images, labels):
    """The pairs of image and label, without their order."""
    return sorted((x.tobytes(), int(y)) for x, y in zip(images, labels, strict=True))


def test_official_files_against_bytes_written_by_hand():
    """The IDX header and CIFAR-10's planes, spelt out."""
    spec = dataclasses.replace(fake_data.spec("mnist"), image_shape=(1, 2))
    images = np.array([[[1, 2]], [[3, 4]]], np.uint8)
    whole = _data_files.Whole(
        images, np.array([5, 6], np.uint8), images[:1], np.array([7], np.uint8)
    )
    files = dict(_data_files.official_files(whole, spec))
    assert files["train-images-idx3-ubyte"] == bytes.fromhex(
        "00000803 00000002 00000001 00000002 01 02 03 04"
    )
    assert files["t10k-labels-idx1-ubyte"] == bytes.fromhex("00000801 00000001 07")

    pixel = np.array([[[[10, 20, 30], [11, 21, 31]]]], np.uint8)  # one row of two pixels
    labels = np.arange(5, dtype=np.uint8)
    whole = _data_files.Whole(np.repeat(pixel, 5, axis=0), labels, pixel, labels[:1])
    files = dict(_data_files.official_files(whole, fake_data.spec("cifar10")))
    assert list(files["data_batch_4.bin"]) == [3, 10, 11, 20, 21, 30, 31]
    assert list(files["test_batch.bin"]) == [0, 10, 11, 20, 21, 30, 31]


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("part", _data_files.ARRAYS)
def test_one_changed_value_is_noticed(name, part):
    """Every byte counts, in each of the four arrays."""
    spec = datasets.specification(name)
    whole = fake_data.whole(name)
    verified, digest = _data_files.check(whole, spec)
    assert verified
    getattr(whole, part).reshape(-1)[-1] ^= 1
    changed, other = _data_files.check(whole, spec)
    assert not changed and other != digest


def test_copy_with_another_number_of_images_is_used_as_altered(stick):
    whole = fake_data.whole("mnist")
    longer = {key: np.concatenate([getattr(whole, key)] * 2) for key in _data_files.ARRAYS}
    (stick / "mnist.npz").write_bytes(fake_data.npz(whole, **longer))
    data = datasets.load_mnist()
    assert data.source.copy == "altered"
    assert (len(data.x_train), len(data.x_val), len(data.x_test)) == (100, 20, 40)


def test_keras_cache_is_reused(tmp_path):
    folder = tmp_path / "keras" / "datasets"
    folder.mkdir(parents=True)
    _npz("mnist")(folder)
    data = datasets.load_mnist()
    assert data.source.text == "MNIST, the original (verified), from Keras's cache"


def test_order_stick_before_cache_before_keras(stick, tmp_path):
    for folder in (stick, tmp_path / "cache", tmp_path / "keras" / "datasets"):
        folder.mkdir(parents=True, exist_ok=True)
        _npz("mnist")(folder)
    assert "COURSE_DATA_DIR" in datasets.load_mnist().source.text
    (stick / "mnist.npz").unlink()
    assert datasets.load_mnist().source.text.endswith("from the cache")
    (tmp_path / "cache" / "mnist.npz").unlink()
    assert datasets.load_mnist().source.text.endswith("from Keras's cache")


# --- what comes back ------------------------------------------------------------------------


@pytest.fixture
def mnist(stick):
    _npz("mnist")(stick)
    return datasets.load_mnist()


def test_dataset_is_immutable(mnist):
    with pytest.raises(dataclasses.FrozenInstanceError):
        mnist.name = "mine"
    with pytest.raises(dataclasses.FrozenInstanceError):
        mnist.source.copy = "mine"
    for split in ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test"):
        array = getattr(mnist, split)
        assert array.dtype == np.uint8
        with pytest.raises(ValueError, match="read-only"):
            array[:1] = 0
        with pytest.raises(ValueError, match="cannot set WRITEABLE"):
            array[:].flags.writeable = True


def test_stand_in_and_limited_arrays_are_read_only_too(mnist):
    limited = datasets.load_mnist(limit=20)
    stand_in = datasets.load_mnist(source="stand-in")
    for data in (limited, stand_in, datasets.load_iris()):
        for split in ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test"):
            assert not getattr(data, split).flags.writeable


def test_training_and_validation_share_one_array(mnist):
    """No second copy of the images stays in memory."""
    base = mnist.x_train.base
    assert base is not None and base is mnist.x_val.base
    assert base.nbytes == mnist.x_train.nbytes + mnist.x_val.nbytes


def test_repr_names_shapes_and_source(mnist):
    lines = repr(mnist).splitlines()
    assert lines[0] == mnist.source.text
    assert re.search(r"training +50 × \(28, 28\) uint8", repr(mnist))
    assert re.search(r"validation +10 ×", repr(mnist)) and re.search(r"test +20 ×", repr(mnist))
    assert " at 0x" not in repr(mnist)


def test_no_text_holds_an_absolute_path(mnist, tmp_path, capsys):
    stand_in = datasets.load_mnist(source="stand-in")
    for text in (repr(mnist), repr(stand_in), capsys.readouterr().out):
        assert str(tmp_path) not in text


# --- splits ---------------------------------------------------------------------------------


def test_validation_split_is_pinned():
    """The same images validate on every machine: the hash was computed once and stays."""
    labels = np.arange(60_000) % 10
    chosen = datasets._stratified(labels, 5_000, datasets._SPLIT_SEED)
    digest = hashlib.sha256(chosen.astype("<i8").tobytes()).hexdigest()
    assert digest[:16] == "3adbf278bdb233aa"
    assert np.bincount(labels[chosen]).tolist() == [500] * 10


@settings(max_examples=60, deadline=None)
@given(
    labels=st.lists(st.integers(0, 4), min_size=1, max_size=200),
    share=st.floats(0, 1),
    seed=st.integers(0, 2**31),
)
def test_stratified_keeps_the_proportions(labels, share, seed):
    labels = np.array(labels)
    count = round(share * len(labels))
    chosen = datasets._stratified(labels, count, seed)
    assert len(chosen) == count
    assert (np.diff(chosen) > 0).all()
    exact = np.bincount(labels, minlength=5) * count / len(labels)
    assert (abs(np.bincount(labels[chosen], minlength=5) - exact) < 1).all()
    np.testing.assert_array_equal(chosen, datasets._stratified(labels, count, seed))


@settings(max_examples=40, deadline=None)
@given(count=st.integers(20, 3000), validation=st.integers(5, 20), seed=st.integers(0, 100))
def test_split_in_place_equals_plain_indexing(count, validation, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 5, count).astype(np.uint8)
    images = rng.integers(0, 256, (count, 2, 2), dtype=np.uint8)
    chosen = datasets._stratified(labels, validation, datasets._SPLIT_SEED)
    kept = np.setdiff1d(np.arange(count), chosen)
    expected = [images[kept], labels[kept], images[chosen], labels[chosen]]
    whole = _data_files.Whole(images.copy(), labels.copy(), images[:1], labels[:1])
    for part, array in zip(datasets._split_in_place(whole, validation), expected, strict=False):
        np.testing.assert_array_equal(part, array)


@pytest.mark.parametrize("limit", [10, 13, 25, 49])
def test_limit_is_stratified_and_reduces_all_parts(mnist, limit):
    small = datasets.load_mnist(limit=limit)
    assert len(small.x_train) == len(small.y_train) == limit
    counts = np.bincount(small.y_train, minlength=10)
    assert counts.max() - counts.min() <= 1
    assert len(small.y_val) == max(10, round(10 * limit / 50))
    assert len(small.y_test) == max(10, round(20 * limit / 50))
    assert small.source == mnist.source
    assert set(rows(small.x_train, small.y_train)) <= set(rows(mnist.x_train, mnist.y_train))
    assert rows(
        *(getattr(datasets.load_mnist(limit=limit), s) for s in ("x_train", "y_train"))
    ) == (rows(small.x_train, small.y_train))


def test_limit_above_what_there_is_keeps_everything(mnist):
    assert len(datasets.load_mnist(limit=10_000).x_train) == 50


def test_no_image_is_in_two_parts(mnist):
    parts = [set(rows(getattr(mnist, f"x_{p}"), getattr(mnist, f"y_{p}"))) for p in PARTS]
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])


PARTS = ("train", "val", "test")


# --- Iris -----------------------------------------------------------------------------------


def test_iris_is_whole_verified_and_stratified():
    data = datasets.load_iris()
    assert data.source.verified and data.source.copy == "iris"
    assert data.class_names == ("setosa", "versicolor", "virginica")
    together = np.concatenate([getattr(data, f"x_{part}") for part in PARTS])
    assert together.dtype == np.float64 and together.shape == (150, 4)
    from sklearn.datasets import load_iris

    assert sorted(map(tuple, together)) == sorted(map(tuple, load_iris().data))
    assert [np.bincount(getattr(data, f"y_{part}")).tolist() for part in PARTS] == [
        [40, 40, 40],
        [5, 5, 5],
        [5, 5, 5],
    ]


def test_iris_needs_no_stand_in_and_no_network(stand_ins):
    for source in ("stand-in", "real", "auto"):
        assert datasets.load_iris(source=source).source.copy == "iris"
    assert stand_ins.built == 0
    small = datasets.load_iris(limit=30)
    assert np.bincount(small.y_train).tolist() == [10, 10, 10]


# --- arguments and environment --------------------------------------------------------------


@pytest.mark.parametrize("load", [datasets.load_mnist, datasets.load_cifar10, datasets.load_iris])
@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"source": "fake"}, ValueError, "source is 'fake'; expected one of auto, real, stand-in"),
        ({"source": 3}, TypeError, "source is of type int"),
        ({"limit": 2}, ValueError, "limit is 2; expected"),
        ({"limit": -1}, ValueError, "limit is -1; expected"),
        ({"limit": 100.0}, TypeError, "limit is of type float"),
        ({"limit": True}, TypeError, "limit is of type bool"),
        ({"limit": "all"}, TypeError, "limit is of type str"),
    ],
)
def test_bad_arguments_are_named(load, arguments, error, words):
    with pytest.raises(error, match=re.escape(words)):
        load(**arguments)


def test_course_data_forces_the_choice(mnist, monkeypatch, stand_ins):
    monkeypatch.setenv("COURSE_DATA", "stand-in")
    assert datasets.load_mnist().source.copy == "stand-in"
    assert datasets.load_mnist(source="real").source.copy == "mnist"  # an argument is stronger
    monkeypatch.setenv("COURSE_DATA", "real")
    assert datasets.load_mnist().source.copy == "mnist"
    with pytest.raises(datasets.DataError, match="CIFAR-10 could not be had"):
        datasets.load_cifar10()
    monkeypatch.setenv("COURSE_DATA", "auto")
    assert datasets.load_cifar10().source.copy == "stand-in"


# --- the stand-in ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOADERS)
def test_stand_in_is_built_once_and_cached(name, stand_ins, tmp_path):
    first = LOADERS[name](source="stand-in")
    second = LOADERS[name](source="stand-in")
    assert stand_ins.built == 1
    np.testing.assert_array_equal(first.x_val, second.x_val)
    title = fake_data.TITLES[name]
    assert first.name == f"stand-in for {title}"
    assert f"not {title}" in first.source.text
    assert first.source.digest == second.source.digest
    stand_ins.VERSION = 8
    LOADERS[name](source="stand-in")
    assert stand_ins.built == 2


def test_notice_says_what_why_and_what_to_do(capsys):
    datasets.load_mnist()
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "This is NOT MNIST" in captured.out and "Why: " in captured.out
    assert "connect to the network" in " ".join(captured.out.split())
    assert max(map(len, captured.out.splitlines())) <= 88


def test_notice_when_the_stand_in_was_asked_for(capsys):
    datasets.load_mnist(source="stand-in")
    said = " ".join(capsys.readouterr().out.split())
    assert "Why: it was asked for" in said and 'load_mnist(source="real")' in said


def test_notice_in_a_notebook_is_html_with_a_plain_twin(monkeypatch, capsys):
    import IPython
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython, "get_ipython", object)
    monkeypatch.setattr(IPython.display, "display", lambda *a, **k: shown.append((a, k)))
    datasets.load_cifar10(source="stand-in")
    ((bundle,), options) = shown.pop()
    assert options == {"raw": True}
    assert "This is NOT CIFAR-10" in bundle["text/plain"]
    assert "This is NOT CIFAR-10" in bundle["text/html"] and "border" in bundle["text/html"]
    assert capsys.readouterr().out == ""


def test_real_data_comes_without_a_notice(mnist, capsys):
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


# --- the registry and the module ------------------------------------------------------------


def shipped():
    return datasets._parsed(
        datasets.data_folder() / "registry.toml",
        (datasets.data_folder() / "registry.toml").stat().st_mtime_ns,
    )["datasets"]


@pytest.mark.parametrize("name", LOADERS)
def test_shipped_registry_is_complete(name):
    entry = shipped()[name]
    hexadecimal = re.compile(r"[0-9a-f]{64}")
    assert all(hexadecimal.fullmatch(value) for value in entry["content"].values())
    assert set(entry["content"]) == set(fake_data.official(name))
    assert len(entry["class_names"]) == 10
    assert "licence" in entry and "citation" in entry
    hosts = set()
    for copy in entry["copies"]:
        for file in copy["files"]:
            assert hexadecimal.fullmatch(file["sha256"]) and file["bytes"] > 0
            assert all(url.startswith("https://") for url in file["urls"])
            assert all(url.endswith("/" + file["name"]) for url in file["urls"])
            hosts |= {_fetch.host_of(url) for url in file["urls"]}
    assert len(hosts) >= 2


def test_cifar_states_its_terms():
    assert "states no licence: fetched, never redistributed" in shipped()["cifar10"]["licence"]
    assert shipped()["cifar10"]["class_names"][3] == "cat"


def test_data_folder_in_an_installed_copy(monkeypatch, tmp_path):
    package = tmp_path / "site-packages" / "course_utils"
    (package / "_data").mkdir(parents=True)
    (package / "_data" / "registry.toml").write_text("")
    monkeypatch.setattr(datasets, "__file__", str(package / "datasets.py"))
    assert datasets.data_folder() == package / "_data"


def test_default_folders(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_CACHE_DIR")
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert "neural-networks-by-hand" in str(datasets.cache_folder())
    assert datasets.keras_folder() == tmp_path / ".keras" / "datasets"


def test_import_is_light():
    """Only NumPy and the standard library; whatever fetches or shows comes later."""
    code = (
        "import sys; from course_utils import datasets; "
        "heavy = {'pooch', 'requests', 'sklearn', 'scipy', 'IPython', 'matplotlib', 'keras', "
        "'tensorflow', 'tqdm', 'PIL'}; print(sorted(heavy & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[1]
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "[]"


# --- the command ----------------------------------------------------------------------------


def command(capsys, *words):
    code = _data_cli.main(words)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_list_says_what_is_here(stick, capsys, tmp_path):
    _npz("mnist")(stick)
    code, out, err = command(capsys)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert re.match(r"MNIST +original \(verified\) +\d\.\d MB +in your COURSE_DATA_DIR", lines[0])
    assert re.match(r"CIFAR-10 +missing +to fetch", lines[1])
    assert re.match(r"Iris +original \(verified\)", lines[2])
    assert f"the cache         {tmp_path / 'cache'}" in out
    assert command(capsys, "list")[1] == out


def test_list_names_damaged_and_altered_copies_and_leaves_the_cache_alone(
    stick, capsys, tmp_path, monkeypatch
):
    altered = fake_data.npz(fake_data.whole("mnist", seed=1))
    (stick / "mnist.npz").write_bytes(altered)
    (stick / "cifar10.npz").write_bytes(b"")
    _, out, _ = command(capsys, "list")
    assert re.search(r"MNIST +altered copy", out) and "cifar10.npz is empty" in out
    monkeypatch.delenv("COURSE_DATA_DIR")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "mnist.npz").write_bytes(altered)
    _, out, _ = command(capsys, "list")
    assert re.search(r"MNIST +missing", out)
    assert (tmp_path / "cache" / "mnist.npz").read_bytes() == altered


def test_list_with_a_missing_folder(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "unplugged"))
    code, out, err = command(capsys)
    assert (code, out) == (1, "") and err.count("does not exist") == 1


def test_fetch_keeps_what_is_here_and_reports_what_cannot_be_had(stick, capsys):
    _npz("mnist")(stick)
    code, out, err = command(capsys, "fetch", "mnist")
    assert (code, err) == (0, "") and "MNIST is here already: the original (verified)" in out
    code, out, err = command(capsys, "fetch")
    assert code == 1
    assert len(err.splitlines()) == 1 and err.startswith("CIFAR-10 could not be fetched")


@pytest.fixture
def host(monkeypatch):
    made = fake_data.Host().serve("mnist.npz", fake_data.sends(fake_data.MNIST_NPZ))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    table = fake_data.registry(mnist_hosts=[made.url])
    monkeypatch.setattr(datasets, "registry", lambda: table)
    yield made
    made.close()


def test_fetch_downloads_once_with_a_bar_on_standard_output(host, capsys, tmp_path):
    code, out, err = command(capsys, "fetch", "mnist")
    assert (code, err) == (0, "")
    assert "MNIST from 127.0.0.1" in out and "100%" in out
    assert "MNIST was fetched from 127.0.0.1: the original (verified)." in out
    assert (tmp_path / "cache" / "mnist.npz").read_bytes() == fake_data.MNIST_NPZ
    assert "in the cache" in command(capsys, "fetch", "mnist")[1]
    assert host.asked["mnist.npz"] == 1


def test_fetch_gets_the_original_beside_an_altered_copy(host, stick, capsys, tmp_path):
    (stick / "mnist.npz").write_bytes(fake_data.npz(fake_data.whole("mnist", seed=1)))
    code, out, _ = command(capsys, "fetch", "mnist")
    assert code == 0 and "is not the original: fetching that" in out
    assert (tmp_path / "cache" / "mnist.npz").read_bytes() == fake_data.MNIST_NPZ
    assert "in the cache already" in command(capsys, "fetch", "mnist")[1]


@pytest.mark.parametrize("name", LOADERS)
def test_export_writes_a_usable_stick(name, stick, capsys, tmp_path, monkeypatch):
    CONTAINERS["mnist: idx.gz" if name == "mnist" else "cifar10: archive"](stick)
    target = tmp_path / "new" / "folder"
    code, _, err = command(capsys, "export", str(target), name)
    assert (code, err) == (0, "")
    assert sorted(path.name for path in target.iterdir()) == ["README.txt", f"{name}.npz"]
    readme = (target / "README.txt").read_text(encoding="utf-8")
    assert "COURSE_DATA_DIR" in readme and "the original (verified)" in readme
    monkeypatch.setenv("COURSE_DATA_DIR", str(target))
    assert LOADERS[name](source="real").source.verified


def test_export_goes_on_without_what_cannot_be_had(stick, capsys, tmp_path):
    _npz("mnist")(stick)
    target = tmp_path / "out"
    code, out, err = command(capsys, "export", str(target))
    assert code == 1 and err.startswith("CIFAR-10 could not be had") and "mnist.npz written" in out
    readme = (target / "README.txt").read_text(encoding="utf-8")
    assert "mnist.npz" in readme and "cifar10.npz" not in readme


def test_export_into_something_that_is_not_a_folder(stick, capsys, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = command(capsys, "export", str(tmp_path / "file"))
    assert code == 1 and "cannot be written" in err and "choose another folder" in err


def test_half_an_export_leaves_the_old_file(stick, capsys, tmp_path, monkeypatch):
    _npz("mnist")(stick)
    target = tmp_path / "out"
    assert command(capsys, "export", str(target), "mnist")[0] == 0
    before = (target / "mnist.npz").read_bytes()

    def full(file, **_):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_data_cli.np, "savez_compressed", full)
    code, _, err = command(capsys, "export", str(target), "mnist")
    assert code == 1 and "No space left on device" in err
    assert (target / "mnist.npz").read_bytes() == before
    assert sorted(path.name for path in target.iterdir()) == ["README.txt", "mnist.npz"]


def test_command_line_itself(tmp_path):
    root = Path(__file__).resolve().parents[1]
    run = [sys.executable, "-m", "course_utils.datasets"]
    helped = subprocess.run([*run, "--help"], cwd=root, capture_output=True, text=True, check=True)
    for word in ("list", "fetch", "export", "COURSE_DATA_DIR"):
        assert word in helped.stdout
    wrong = subprocess.run([*run, "fetch", "imagenet"], cwd=root, capture_output=True, text=True)
    assert wrong.returncode == 2 and "'imagenet' came; expected mnist or cifar10" in wrong.stderr


# --- generated ------------------------------------------------------------------------------------


def drawn(*, seed=0, **changed):
    """Six arrays of a generated data set: pictures and masks."""
    rng = np.random.default_rng(seed)
    sizes = {"train": 5, "val": 2, "test": 3}
    made = {f"x_{part}": rng.random((n, 4, 4)).astype("float32") for part, n in sizes.items()}
    made |= {f"y_{part}": rng.integers(0, 3, (n, 4, 4)) for part, n in sizes.items()}
    return made | changed


def test_generated_data_is_a_data_set_like_the_others():
    made = drawn()
    data = datasets.generated("scenes", **made, class_names=("a", "b"), text="scenes, seed 0")
    assert (data.source.copy, str(data.source)) == ("generated", "scenes, seed 0")
    assert data.source.verified and data.class_names == ("a", "b")
    for key, array in made.items():
        assert getattr(data, key) is array
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    assert "training        5 × (4, 4) float32" in repr(data)


def test_the_digest_of_generated_data_is_that_of_all_its_numbers():
    made = datasets.generated("scenes", **drawn(), text="scenes").source.digest
    assert made == datasets.generated("other", **drawn(), text="other").source.digest
    assert len(made) == 64
    for key in drawn():
        other = drawn()
        other[key][-1, -1, -1] += 1
        assert datasets.generated("scenes", **other, text="scenes").source.digest != made, key


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"x_val": [[1.0]]}, TypeError, "x_val is list; expected an array of numbers"),
        ({"y_test": np.array(["a"] * 3)}, TypeError, "y_test is <U1"),
        ({"x_test": np.array(3, "float32")}, ValueError, r"x_test has the shape \(\)"),
        ({"x_val": np.zeros((0, 4, 4), "float32")}, ValueError, r"x_val has the shape \(0, 4, 4\)"),
        (
            {"x_val": np.zeros((2, 4, 5), "float32")},
            ValueError,
            r"x_val has rows .* as x_train has",
        ),
        ({"x_val": np.zeros((2, 4, 4))}, ValueError, "type float64; expected .* float32"),
        ({"y_val": np.zeros((3, 4, 4), int)}, ValueError, "x_val has 2 rows and y_val 3"),
        ({"name": ""}, ValueError, "name is ''"),
        ({"text": "one\ntwo"}, ValueError, "text is 'one"),
    ],
)
def test_generated_data_that_cannot_be_is_refused(changed, error, said):
    given = {"name": "scenes", "text": "scenes", **drawn(**changed)}
    with pytest.raises(error, match=said):
        datasets.generated(**given)
