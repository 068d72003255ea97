"""The pinned hashes against the real files in COURSE_DATA_DIR."""

import gzip
import hashlib

import numpy as np
import pytest

from course_utils import _data_files, datasets

pytestmark = pytest.mark.real


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    """Write files into a folder of their own and make it COURSE_DATA_DIR."""

    def write(files):
        for name, content in files:
            (tmp_path / name).write_bytes(content)
        monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))

    return write


def test_mnist_verifies_and_looks_familiar():
    data = datasets.load_mnist(source="real")
    assert data.source.verified and data.source.copy == "mnist"
    assert data.x_train.shape == (55_000, 28, 28)
    assert data.x_val.shape == (5_000, 28, 28)
    assert data.x_test.shape == (10_000, 28, 28)
    assert data.y_test[:5].tolist() == [7, 2, 1, 0, 4]  # how the test part begins everywhere


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_mnist_verifies_from_the_official_files(suffix, in_folder):
    spec = datasets.specification("mnist")
    here = datasets.locate("mnist", download=False)
    expected = datasets.load_mnist(source="real")
    files = _data_files.official_files(here.whole, spec)
    in_folder(
        (name + suffix, gzip.compress(content, 1) if suffix else content) for name, content in files
    )
    data = datasets.load_mnist(source="real")
    assert data.source == expected.source
    np.testing.assert_array_equal(data.x_val, expected.x_val)


def test_mnist_in_another_order_is_announced(in_folder):
    here = datasets.locate("mnist", download=False)
    turned = {key: getattr(here.whole, key)[::-1] for key in _data_files.ARRAYS}
    in_folder([])
    folder = datasets.instructor_folder()
    np.savez(folder / "mnist.npz", **turned)
    source = datasets.load_mnist(source="real").source
    assert source.copy == "altered" and "re-encoded or altered copy" in source.text


def test_cifar10_is_named_for_what_it_is():
    """Verified or announced, whichever an independent hash of the first batch says."""
    spec = datasets.specification("cifar10")
    here = datasets.locate("cifar10", download=False)
    first = hashlib.sha256()
    for image, label in zip(here.whole.x_train[:10_000], here.whole.y_train, strict=False):
        planes = b"".join(image[:, :, channel].tobytes() for channel in range(3))
        first.update(bytes([label]) + planes)
    original = first.hexdigest() == spec.content["data_batch_1.bin"]
    data = datasets.load_cifar10(source="real")
    assert data.source.verified == original
    assert data.source.copy == ("cifar10" if original else "altered")
    assert ("re-encoded or altered copy" in data.source.text) != original
    assert data.x_train.shape == (45_000, 32, 32, 3)
    assert np.bincount(data.y_val).tolist() == [500] * 10
