"""Networks that were trained beforehand, so that nobody has to wait in front of a class.

Each network is two files in ``data/trained``: ``NAME.keras`` and ``NAME.json``, which says on
which data, from which seed and with which versions it was trained, how accurate it is, and how
its training went. ``data/registry.toml`` holds the SHA-256 of both; a file that differs is
refused, because a model file can carry more than numbers.

A network may have layers of the course's own. The module that defines them has a function
``register_layers()``, without arguments, which registers them with Keras
(``keras.saving.register_keras_serializable``) and may be called again; the facts name the module,
and it is called before the file is opened.
"""

from __future__ import annotations

import copy
import hashlib
import importlib
import json
import os
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

MOST_BYTES = 2_000_000
"""A stored network may not be larger: the repository has to stay small."""

_NAME = re.compile(r"[0-9a-z]+(_[0-9a-z]+)*")
_MODULE = re.compile(r"course_utils(\.[a-z_][a-z0-9_]*)+")
_NEEDED = ("data", "seed", "accuracy", "history")
_RESTORE = (
    "Restore data/trained and data/registry.toml from the repository, "
    "or run the notebook's training cell instead."
)


class TrainedError(RuntimeError):
    """A stored network is missing, altered, too large or of another kind; says what to do."""


class Facts(dict[str, Any]):
    """What is known about a training: a dict whose curves can be read as those of ``fit``."""

    @property
    def history(self) -> dict[str, list[float]]:
        """The curves, as in the ``history`` of what ``model.fit`` returns."""
        return self["history"]


def load(name: str) -> keras.Model:
    """Return a stored network, ready to predict and to evaluate.

    Parameters
    ----------
    name : str
        For example ``"00_reader"``; small letters, digits and underscores.

    Returns
    -------
    keras.Model
        With its trained weights and, where it had them, its loss and metrics; the optimiser
        starts afresh, at Keras's learning rate where its own was a class of a notebook. Not
        compiled where its settings can't be rebuilt.

    Raises
    ------
    ValueError
        If `name` is not such a name.
    TrainedError
        If the file is missing, larger than 2 MB, or not the one that the registry describes, or
        if a module that it names has no such layers.
    """
    data = _checked(name, "keras")
    record = history(name)
    from course_utils.environment import quiet_import

    with quiet_import():
        import keras
    register_layers(record.get("modules", []))
    # Loaded from a copy of the very bytes that were checked.
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"{name}.keras"
        copy.write_bytes(data)
        model = keras.saving.load_model(copy, compile=False, safe_mode=True)
    if record.get("compile"):
        model.compile_from_config(record["compile"])
    return model


def history(name: str) -> Facts:
    """Return what is known about a stored network's training.

    Parameters
    ----------
    name : str
        For example ``"00_reader"``.

    Returns
    -------
    dict
        ``data`` (the copy it was trained on), ``seed``, ``accuracy``, ``versions``, ``history``
        (a list of numbers per curve, one per epoch) and whatever else was noted. Its attribute
        ``history`` is that of what ``model.fit`` returns, so `plots.plot_history` takes it too.

    Raises
    ------
    ValueError
        If `name` is not a name.
    TrainedError
        If the file is missing or not the one that the registry describes.
    """
    return Facts(json.loads(_checked(name, "json")))


def save(model: keras.Model, name: str, facts: Mapping[str, Any]) -> Path:
    """Store a network and the facts of its training, and enter both into the registry.

    The optimiser's state is left out: it would triple the size and is of no use to a reader.

    Parameters
    ----------
    model : keras.Model
        A sequential or functional model without code of its own (no ``Lambda`` layers); layers
        of the course's own as described at the head of this module.
    name : str
        For example ``"00_reader"``; an existing network of that name is replaced.
    facts : mapping
        At least ``data``, ``seed``, ``accuracy`` and ``history``; values that JSON knows, or
        NumPy numbers and arrays. ``versions``, ``parameters`` and, where there are layers of the
        course's own, ``modules`` are added.

    Returns
    -------
    pathlib.Path
        The model file.

    Raises
    ------
    ValueError
        If `name` is not a name, or a fact is missing or can't be written as JSON.
    TrainedError
        If the file would be larger than 2 MB or can't be loaded safely again.
    """
    return _keep(name, *_packed(model, name, facts))


def register_layers(modules: Iterable[str]) -> None:
    """Make the layers that modules of the course define known to Keras.

    Parameters
    ----------
    modules : iterable of str
        Dotted names below ``course_utils``, for example ``["course_utils.capsules"]``.

    Raises
    ------
    TrainedError
        If a name lies elsewhere (it is not imported then), or a module isn't there or has no
        function ``register_layers``.
    """
    for name in modules:
        if not isinstance(name, str) or not _MODULE.fullmatch(name):
            raise TrainedError(
                f"The network names the module {name!r}; only modules of course_utils may define "
                "layers of a stored network."
            )
        try:
            register = importlib.import_module(name).register_layers
        except (ImportError, AttributeError) as error:
            raise TrainedError(
                f"The network needs layers of {name}, which this copy of the course lacks "
                f"({error}). Take course_utils and data/trained from one copy of the course."
            ) from error
        register()


# --- How it is done -----------------------------------------------------------------------------


def _folder() -> Path:
    """Return the folder with ``registry.toml`` and ``trained``."""
    from course_utils import datasets

    return datasets.data_folder()


def _path(name: str, kind: str) -> Path:
    """Return the file of a network; a name can't lead out of the folder."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(
            f"name is {name!r}; expected small letters, digits and underscores, "
            "for example '00_reader'."
        )
    return _folder() / "trained" / f"{name}.{kind}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _checked(name: str, kind: str) -> bytes:
    """Return the bytes of a file, after comparing their SHA-256 with the registry's."""
    path = _path(name, kind)
    try:
        entry = tomllib.loads((_folder() / "registry.toml").read_text("utf-8"))
        entry = entry.get("trained", {}).get(f"{name}.keras", {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise TrainedError(f"data/registry.toml can't be read. {_RESTORE}") from error
    expected = entry.get("sha256" if kind == "keras" else "facts_sha256")
    if not path.is_file():
        raise TrainedError(f"There is no stored network {path.name} in data/trained. {_RESTORE}")
    if not expected:
        raise TrainedError(f"data/registry.toml has no SHA-256 for {path.name}. {_RESTORE}")
    if path.stat().st_size > MOST_BYTES:
        raise TrainedError(f"{path.name} is larger than {MOST_BYTES:,} bytes. {_RESTORE}")
    data = path.read_bytes()
    if _digest(data) != expected:
        raise TrainedError(
            f"{path.name} is not the file that data/registry.toml describes (its SHA-256 starts "
            f"with {_digest(data)[:8]}, expected {str(expected)[:8]}), so it is not opened. "
            f"{_RESTORE}"
        )
    return data


def _packed(model: keras.Model, name: str, facts: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return the contents of the two files; nothing is written."""
    _path(name, "keras")
    missing = [key for key in _NEEDED if key not in facts]
    if missing:
        raise ValueError(
            f"facts lacks {', '.join(missing)}; expected {', '.join(_NEEDED)}, "
            "so that others can train the network again."
        )
    data = _model_bytes(model)
    record = {"versions": _versions(), "parameters": int(model.count_params()), **facts}
    if modules := _modules(model):
        record["modules"] = modules
    if getattr(model, "compiled", False) and (settings := _compile_settings(model)):
        record["compile"] = settings
    try:
        text = json.dumps(record, indent=1, default=_plain, ensure_ascii=False) + "\n"
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"facts can't be written as JSON ({error}); expected texts, numbers, lists and dicts."
        ) from error
    if len(data) > MOST_BYTES:
        raise TrainedError(
            f"{name} would take {len(data):,} bytes, more than the {MOST_BYTES:,} that a stored "
            "network may have. Store a smaller one."
        )
    return data, text.encode()


def _keep(name: str, data: bytes, facts: bytes) -> Path:
    """Write both files and enter them into the registry; return the model file."""
    target = _path(name, "keras")
    target.parent.mkdir(parents=True, exist_ok=True)
    _write(target, data)
    _write(_path(name, "json"), facts)
    _register(
        f"{name}.keras",
        {"sha256": _digest(data), "bytes": len(data), "facts_sha256": _digest(facts)},
    )
    return target


def _modules(model: keras.Model) -> list[str]:
    """Return the modules of the layers that are not Keras's.

    Raises
    ------
    TrainedError
        If one isn't a module of the course, so that whoever loads the file can't import it.
    """
    found = {}
    for each in _parts(json.loads(model.to_json()).get("config")):
        registered = each.get("registered_name")
        if registered and each.get("class_name") != "function":
            import keras

            kind = keras.saving.get_registered_object(registered)
            found[each["class_name"]] = getattr(kind, "__module__", "nowhere")
    for name, module in found.items():
        if not _MODULE.fullmatch(module):
            raise TrainedError(
                f"The network's {name} comes from {module}, and can't be had again from a file. "
                "Define it in a module of course_utils with a function register_layers()."
            )
    return sorted(set(found.values()))


def _parts(config: Any) -> Iterator[dict[str, Any]]:
    """Yield every dictionary in a configuration."""
    if isinstance(config, dict):
        yield config
    inside = config.values() if isinstance(config, dict) else config
    if isinstance(config, dict | list):
        for each in inside:
            yield from _parts(each)


def _compile_settings(model: keras.Model) -> dict[str, Any]:
    """Return how the model was compiled, as far as that can be done again from a file.

    A learning rate written as a class in a notebook is unknown to whoever loads the file: then the
    optimiser comes with the rate that Keras gives it.
    """
    import keras

    settings = json.loads(json.dumps({**(model.get_compile_config() or {})}, default=_plain))
    for forgotten in ("", "learning_rate"):
        if forgotten:
            settings.get("optimizer", {}).get("config", {}).pop(forgotten, None)
        try:
            # a copy: Keras puts what it rebuilds into the settings that it is given
            keras.saving.deserialize_keras_object(copy.deepcopy(settings))
        except (TypeError, ValueError):
            continue
        return settings
    return {}


def _model_bytes(model: keras.Model) -> bytes:
    """Return the model as a ``.keras`` file without optimiser, after loading it back safely."""
    import keras

    if not isinstance(model, keras.Sequential) and not hasattr(model, "operations"):
        raise TrainedError(
            f"{type(model).__name__} is a model with code of its own, which can't be stored "
            "safely. Build it as keras.Sequential or from keras.Input."
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        try:
            # Built anew, not cloned: a clone is compiled and would store an optimiser.
            twin = type(model).from_config(model.get_config())
            twin.set_weights(model.get_weights())
            twin.save(path)
            again = keras.saving.load_model(path, compile=False, safe_mode=True)
        except Exception as error:
            raise TrainedError(
                "This network can't be stored so that it loads again in Keras's safe mode. "
                "Leave out Lambda layers and other code of your own."
            ) from error
        pairs = zip(again.get_weights(), model.get_weights(), strict=True)
        if not all(np.array_equal(a, b) for a, b in pairs):
            raise TrainedError("The network's weights changed on the way to the file and back.")
        return path.read_bytes()


def _versions() -> dict[str, str]:
    """Return the versions that a training depends on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for package in ("keras", "tensorflow-cpu", "tensorflow", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _plain(value: Any) -> Any:
    """Turn NumPy values into what JSON knows."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not known to JSON")


def _write(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        os.chmod(name, mode)  # mkstemp's files are for their owner only
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _register(file: str, entry: dict[str, Any]) -> None:
    """Set the table ``[trained."file"]`` of the registry and leave every other line as it is."""
    path = _folder() / "registry.toml"
    before = path.read_text("utf-8") if path.exists() else ""
    header = f'[trained."{file}"]'
    lines = [header, *(f"{key} = {json.dumps(value)}" for key, value in entry.items())]
    kept = before.splitlines()
    if header in kept:
        start = end = kept.index(header)
        while end + 1 < len(kept) and re.match(r"\s*[\w-]+\s*=", kept[end + 1]):
            end += 1
        kept[start : end + 1] = lines
    else:
        kept += [*([""] if kept and kept[-1].strip() else []), *lines]
    after = "\n".join(kept) + "\n"
    expected = tomllib.loads(before)
    expected.setdefault("trained", {})[file] = entry
    if tomllib.loads(after) != expected:
        raise TrainedError(
            f"{header} in data/registry.toml has a form that can't be replaced by itself. "
            "Delete that table and save again."
        )
    _write(path, after.encode())
