"""Read the files that hold MNIST or CIFAR-10, and tell whether they are the original.

Four containers are understood: an ``.npz`` with the arrays ``x_train``, ``y_train``, ``x_test``
and ``y_test``; MNIST's four IDX files, compressed or not; CIFAR-10's binary archive; and the
folder that archive unpacks to. Nothing is ever unpickled and nothing is unpacked to disk.

What counts as the original is decided by content: the arrays are hashed as the official files
would store them, so the container they came in makes no difference.

Formats: http://yann.lecun.org/exdb/mnist/ (IDX) and https://www.cs.toronto.edu/~kriz/cifar.html
(binary version).
"""

import gzip
import hashlib
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO, NamedTuple

import numpy as np

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
IDX_NAMES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
CIFAR_TRAIN_NAMES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
CIFAR_TEST_NAME = "test_batch.bin"
CIFAR_TAR = "cifar-10-binary.tar.gz"
CIFAR_FOLDER = "cifar-10-batches-bin"
_LARGEST = 1_000_000  # images in one file: more than this is a damaged header


class Unusable(Exception):
    """A file cannot be used. The message names the file, what came and what was expected."""


@dataclass(frozen=True)
class Spec:
    """What the registry says about one set of images.

    Attributes
    ----------
    name, title : str
        Name in the code (``"mnist"``) and for people (``"MNIST"``).
    layout : str
        Official format, ``"idx"`` or ``"cifar-binary"``.
    image_shape : tuple of int
        Shape of one image.
    train, test, validation : int
        Images in the official training and test parts; how many of the training part validate.
    class_names : tuple of str
        Names in the order of the labels.
    content : mapping of str to str
        SHA-256 of each official file, uncompressed.
    copies : tuple of mapping
        Ways to download the whole set (``kind`` and ``files``).
    licence, citation : str
        Terms of use, and whom to cite.
    """

    name: str
    title: str
    layout: str
    image_shape: tuple[int, ...]
    train: int
    test: int
    validation: int
    class_names: tuple[str, ...]
    content: Mapping[str, str]
    copies: tuple[Mapping, ...]
    licence: str = ""
    citation: str = ""


class Whole(NamedTuple):
    """A data set as its makers split it: uint8 images and labels, training and test part."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


@dataclass(frozen=True)
class Found:
    """Files in a folder that look like a data set.

    Attributes
    ----------
    kind : str
        ``"npz"``, ``"idx"``, ``"cifar-tar"`` or ``"cifar-folder"``.
    paths : dict of str to Path
        The files by official name (``"idx"``, ``"cifar-folder"``), else one file.
    missing : tuple of str
        Names of the files that should lie beside them but do not.
    """

    kind: str
    paths: dict[str, Path]
    missing: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """Size of the files together."""
        return sum(path.stat().st_size for path in self.paths.values())


def find(folder: Path, spec: Spec) -> Found | None:
    """Look for a data set in a folder, in any container that can be read.

    Parameters
    ----------
    folder : Path
        Where to look; MNIST's IDX files may also lie in ``mnist/`` or ``MNIST/raw/`` below it.
    spec : Spec
        The data set.

    Returns
    -------
    Found or None
        The first container that is there: ``.npz``, then the official files.
    """
    npz = folder / f"{spec.name}.npz"
    if npz.is_file():
        return Found("npz", {npz.name: npz})
    return _find_idx(folder) if spec.layout == "idx" else _find_cifar(folder)


def _find_idx(folder: Path) -> Found | None:
    best = None
    for place in (folder, folder / "mnist", folder / "MNIST" / "raw"):
        paths = {}
        for name in IDX_NAMES.values():
            unpacked = name.replace("-idx", ".idx")  # some unpackers write a full stop
            for candidate in (name, f"{name}.gz", unpacked, f"{unpacked}.gz"):
                if (place / candidate).is_file():
                    paths[name] = place / candidate
                    break
        missing = tuple(name for name in IDX_NAMES.values() if name not in paths)
        if paths and (best is None or len(missing) < len(best.missing)):
            best = Found("idx", paths, missing)
    return best


def _find_cifar(folder: Path) -> Found | None:
    tar = folder / CIFAR_TAR
    if tar.is_file():
        return Found("cifar-tar", {tar.name: tar})
    names = (*CIFAR_TRAIN_NAMES, CIFAR_TEST_NAME)
    for place in (folder / CIFAR_FOLDER, folder):
        paths = {name: place / name for name in names if (place / name).is_file()}
        if paths:
            return Found("cifar-folder", paths, tuple(n for n in names if n not in paths))
    return None


def read(found: Found, spec: Spec) -> Whole:
    """Read the files and check shapes, types and labels.

    Parameters
    ----------
    found : Found
        What `find` returned.
    spec : Spec
        The data set.

    Returns
    -------
    Whole
        Fresh, writable uint8 arrays.

    Raises
    ------
    Unusable
        If a file is missing, cut short, of another format, or holds something else.
    OSError
        If a file cannot be opened.
    """
    if found.missing:
        raise Unusable(
            f"{' and '.join(p.name for p in found.paths.values())} came without "
            f"{', '.join(found.missing)}, which belong{'s' * (len(found.missing) == 1)} beside them"
        )
    readers = {"npz": _read_npz, "idx": _read_idx}
    label = ", ".join(path.name for path in found.paths.values())
    try:
        whole = readers.get(found.kind, _read_cifar)(found, spec)
    except MemoryError:
        raise Unusable(
            f"{label} asks for more memory than this machine has, so its header is damaged or it "
            f"isn't {spec.title}"
        ) from None
    return _checked(whole, spec, label)


def check(whole: Whole, spec: Spec) -> tuple[bool, str]:
    """Hash the arrays as the official files store them.

    Parameters
    ----------
    whole : Whole
        The data.
    spec : Spec
        The data set, with the SHA-256 of each official file.

    Returns
    -------
    verified : bool
        Whether every part is the original.
    digest : str
        SHA-256 (hex) over the SHA-256 of the parts in their official order: it names this copy.
    """
    parts = dict(_idx_digests(whole) if spec.layout == "idx" else _cifar_digests(whole))
    digest = hashlib.sha256("\n".join(parts.values()).encode("ascii")).hexdigest()
    return parts == dict(spec.content), digest


def sha256(content: bytes) -> str:
    """Return the SHA-256 (hex) of some bytes."""
    return hashlib.sha256(content).hexdigest()


def array_digest(*arrays: np.ndarray) -> str:
    """Return the SHA-256 (hex) over shapes, types and values of some arrays.

    Examples
    --------
    >>> import numpy as np
    >>> array_digest(np.arange(3)) == array_digest(np.arange(3))
    True
    >>> array_digest(np.arange(4)) == array_digest(np.arange(4).reshape(2, 2))
    False
    """
    total = hashlib.sha256()
    for array in arrays:
        little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        total.update(f"{little.dtype.str}{little.shape}".encode("ascii"))
        total.update(little.data)
    return total.hexdigest()


def official_files(whole: Whole, spec: Spec) -> Iterator[tuple[str, bytes]]:
    """Yield the official files, uncompressed, one after the other.

    Parameters
    ----------
    whole : Whole
        The data.
    spec : Spec
        The data set, which decides the format.

    Yields
    ------
    name : str
        Official file name.
    content : bytes
        The file.
    """
    if spec.layout == "idx":
        for key, name in IDX_NAMES.items():
            array = getattr(whole, key)
            yield name, _idx_header(array) + array.tobytes()
    else:
        for name, images, labels in _cifar_batches(whole):
            yield name, b"".join(_cifar_records(images, labels))


# --- hashing in the official formats --------------------------------------------------------


def _idx_header(array: np.ndarray) -> bytes:
    # Two zero bytes, 0x08 for unsigned bytes, the number of axes, then each axis, big-endian.
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)


def _idx_digests(whole: Whole) -> Iterator[tuple[str, str]]:
    for key, name in IDX_NAMES.items():
        array = np.ascontiguousarray(getattr(whole, key))
        total = hashlib.sha256(_idx_header(array))
        total.update(array.data)
        yield name, total.hexdigest()


def _cifar_batches(whole: Whole) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    batches = len(CIFAR_TRAIN_NAMES)
    edges = [len(whole.y_train) * number // batches for number in range(batches + 1)]
    for name, start, stop in zip(CIFAR_TRAIN_NAMES, edges[:-1], edges[1:], strict=True):
        yield name, whole.x_train[start:stop], whole.y_train[start:stop]
    yield CIFAR_TEST_NAME, whole.x_test, whole.y_test


def _cifar_records(images: np.ndarray, labels: np.ndarray) -> Iterator[bytes]:
    # One record is the label, then all red, all green and all blue pixels. A thousand records
    # at a time keep the rearranged copy small.
    for start in range(0, len(labels), 1000):
        part = images[start : start + 1000]
        planes = part.transpose(0, 3, 1, 2).reshape(len(part), -1)
        yield np.column_stack([labels[start : start + 1000], planes]).tobytes()


def _cifar_digests(whole: Whole) -> Iterator[tuple[str, str]]:
    for name, images, labels in _cifar_batches(whole):
        total = hashlib.sha256()
        for records in _cifar_records(images, labels):
            total.update(records)
        yield name, total.hexdigest()


# --- reading --------------------------------------------------------------------------------


def _what_it_is(start: bytes) -> str:
    """Say in plain words what a file with this beginning is."""
    if not start:
        return "is empty"
    if start.lstrip()[:1] == b"<":
        return "is a web page (HTML), not data: the download was answered by a login or error page"
    if start[:1] == b"\x80":
        return "is a Python pickle, which could run code when opened and so is never opened"
    if start[:4] == b"PK\x03\x04":
        return "is a damaged or truncated zip file"
    if start[:2] == b"\x1f\x8b":
        return "is a damaged or truncated gzip file"
    return "is of another format"


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(512)


def _read_npz(found: Found, spec: Spec) -> Whole:
    (path,) = found.paths.values()
    start = _start_of(path)
    if start[:4] != b"PK\x03\x04":
        raise Unusable(f"{path.name} {_what_it_is(start)}; expected an .npz file")
    arrays = {}
    try:
        with np.load(path, allow_pickle=False) as archive:
            absent = [key for key in ARRAYS if key not in archive.files]
            if absent:
                raise Unusable(
                    f"{path.name} holds the arrays {', '.join(archive.files) or '(none)'}; "
                    f"expected {', '.join(ARRAYS)}"
                )
            for key in ARRAYS:
                arrays[key] = archive[key]
    except ValueError as error:
        if "pickle" in str(error).lower():
            raise Unusable(
                f"{path.name} holds pickled Python objects, which could run code when opened and "
                "so are never opened; expected plain arrays of unsigned bytes"
            ) from None
        raise Unusable(f"{path.name} is damaged: an array in it cannot be read") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError) as error:
        raise Unusable(
            f"{path.name} is damaged or cut short; expected a whole .npz file"
        ) from error
    return Whole(**arrays)


def _read_idx(found: Found, spec: Spec) -> Whole:
    arrays = {}
    for key, name in IDX_NAMES.items():
        path = found.paths[name]
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        opener = gzip.open if packed else open
        shape = spec.image_shape if key.startswith("x") else ()
        try:
            with opener(path, "rb") as file:
                arrays[key] = _read_idx_array(file, path, shape)
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise Unusable(f"{path.name} is damaged or cut short; expected a whole file") from error
    return Whole(**arrays)


def _read_idx_array(file: BinaryIO, path: Path, shape: tuple[int, ...]) -> np.ndarray:
    axes = 1 + len(shape)
    header = file.read(4 + 4 * axes)
    if header[:4] != bytes([0, 0, 8, axes]) or len(header) < 4 + 4 * axes:
        kind = _what_it_is(header) if header[:2] != b"\x00\x00" else "holds another kind of array"
        raise Unusable(
            f"{path.name} {kind}; expected an IDX file of unsigned bytes with {axes} axes"
        )
    count, *rest = struct.unpack(f">{axes}I", header[4:])
    if tuple(rest) != shape or count > _LARGEST:
        raise Unusable(
            f"{path.name} announces an array of shape {(count, *rest)}; expected (n, *{shape})"
        )
    array = np.empty((count, *shape), np.uint8)
    view = memoryview(array.reshape(-1))
    filled = 0
    while filled < len(view):
        step = file.readinto(view[filled:])
        if not step:
            raise Unusable(
                f"{path.name} is cut short: {filled:,} of {len(view):,} bytes of data came"
            )
        filled += step
    if file.read(1):  # reaching the end also makes gzip check its checksum
        raise Unusable(f"{path.name} goes on after its {count:,} entries; expected its end there")
    return array


def _read_cifar(found: Found, spec: Spec) -> Whole:
    if found.kind == "cifar-folder":
        members = ((name, path.open("rb")) for name, path in found.paths.items())
        return _gather_cifar(members, spec, "the folder")
    (path,) = found.paths.values()
    start = _start_of(path)
    if start[:2] != b"\x1f\x8b":
        raise Unusable(f"{path.name} {_what_it_is(start)}; expected a .tar.gz archive")
    try:
        with tarfile.open(path, "r:gz") as archive:
            return _gather_cifar(_tar_members(archive, path), spec, path.name)
    except (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise Unusable(
            f"{path.name} is damaged or cut short; expected a whole .tar.gz archive"
        ) from error


def _tar_members(archive: tarfile.TarFile, path: Path) -> Iterator[tuple[str, BinaryIO]]:
    # Members are read in place, so nothing can be written outside a folder; an archive that
    # tries to is still refused, because no honest copy holds such names.
    for member in archive:
        pure = PurePosixPath(member.name)
        windows = PureWindowsPath(member.name)
        if pure.is_absolute() or windows.drive or windows.root or ".." in windows.parts:
            raise Unusable(
                f"{path.name} holds a member named {member.name!r}, which points outside the "
                "archive; expected CIFAR-10's binary batches only"
            )
        name = pure.name
        if member.isfile() and name in (*CIFAR_TRAIN_NAMES, CIFAR_TEST_NAME):
            yield name, archive.extractfile(member)


def _gather_cifar(members: Iterator[tuple[str, BinaryIO]], spec: Spec, label: str) -> Whole:
    record = 1 + int(np.prod(spec.image_shape))
    height, width, channels = spec.image_shape
    batch = spec.train // len(CIFAR_TRAIN_NAMES)
    sizes = dict.fromkeys(CIFAR_TRAIN_NAMES, batch) | {CIFAR_TEST_NAME: spec.test}
    whole = Whole(
        np.empty((spec.train, *spec.image_shape), np.uint8),
        np.empty(spec.train, np.uint8),
        np.empty((spec.test, *spec.image_shape), np.uint8),
        np.empty(spec.test, np.uint8),
    )
    seen = set()
    for name, file in members:
        with file:
            content = file.read(sizes[name] * record + 1)
        if len(content) != sizes[name] * record:
            came = f"{len(content):,}" if len(content) < sizes[name] * record else "more"
            raise Unusable(
                f"{name} in {label} is of the wrong size: {came} bytes; "
                f"expected {sizes[name] * record:,} ({sizes[name]:,} records of {record:,})"
            )
        rows = np.frombuffer(content, np.uint8).reshape(sizes[name], record)
        if name == CIFAR_TEST_NAME:
            images, labels = whole.x_test, whole.y_test
        else:
            at = CIFAR_TRAIN_NAMES.index(name) * batch
            images = whole.x_train[at : at + batch]
            labels = whole.y_train[at : at + batch]
        labels[:] = rows[:, 0]
        images[:] = rows[:, 1:].reshape(-1, channels, height, width).transpose(0, 2, 3, 1)
        seen.add(name)
    absent = [name for name in sizes if name not in seen]
    if absent:
        raise Unusable(f"{label} holds no {', '.join(absent)}; expected CIFAR-10's binary batches")
    return whole


def _checked(whole: Whole, spec: Spec, label: str) -> Whole:
    classes = len(spec.class_names)
    parts = {}
    for key in ARRAYS:
        array = getattr(whole, key)
        expected = (
            f"uint8 of shape (n, {', '.join(map(str, spec.image_shape))})"
            if key.startswith("x")
            else f"whole numbers from 0 to {classes - 1} of shape (n,)"
        )
        came = f"{key} in {label} is {array.dtype} of shape {array.shape}; expected {expected}"
        if key.startswith("x"):
            if array.dtype != np.uint8 or array.shape[1:] != spec.image_shape:
                raise Unusable(came)
        else:
            if array.ndim == 2 and array.shape[1] == 1:  # a column, as Keras gives CIFAR-10's
                array = array.reshape(-1)
            if array.ndim != 1 or array.dtype.kind not in "iu":
                raise Unusable(came)
            images = parts["x" + key[1:]]
            if len(array) != len(images):
                raise Unusable(
                    f"{key} in {label} has {len(array):,} labels for {len(images):,} images; "
                    "expected one label for each image"
                )
            wrong = array[(array < 0) | (array >= classes)]
            if wrong.size:
                raise Unusable(
                    f"{key} in {label} holds the label {int(wrong[0])}; "
                    f"expected whole numbers from 0 to {classes - 1}"
                )
            array = array.astype(np.uint8)
            least = np.bincount(array, minlength=classes).min()
            needed = 3 if key == "y_train" else 1  # to train on, to validate on, to spare
            if least < needed:
                raise Unusable(
                    f"{key} in {label} has a class with {least} images; "
                    f"expected {needed} or more of each of the {classes} classes"
                )
        parts[key] = array
    return Whole(**{key: np.ascontiguousarray(array) for key, array in parts.items()})
