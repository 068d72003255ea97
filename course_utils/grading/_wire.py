"""Hand values from one process to another without trusting the one that sent them.

No pickle: what comes in can be nothing but numbers, text, arrays and containers of them, and
plain stand-ins (`Foreign`) for everything else. Keras models travel as their configuration and
weights, and only Keras's own layers are rebuilt.
"""

from __future__ import annotations

import json
import struct
import types
from typing import Any, BinaryIO

import numpy as np

from course_utils import _results

MOST_BYTES = 64 * 2**20  # of one message
_DEEPEST = 20
_MOST_ITEMS = 2_000_000
_HEAD = struct.Struct("<QQ")
_BUILT_IN = {"function", "tuple", "__tuple__"}  # of the module builtins, in a Keras configuration
_KERAS_HOMES = (
    *("keras", "keras.activations", "keras.constraints", "keras.initializers", "keras.layers"),
    *("keras.losses", "keras.metrics", "keras.models", "keras.optimizers", "keras.regularizers"),
    *("keras.optimizers.schedules", "keras.src.models.functional", "keras.src.models.sequential"),
)


class Broken(Exception):
    """A message that cannot be read."""


class Packer:
    """Collects the arrays of one message beside its text."""

    def __init__(self) -> None:
        self.blobs: list[bytes] = []
        self.size = 0
        self.items = 0

    def _blob(self, data: bytes) -> list[int]:
        start, self.size = self.size, self.size + len(data)
        if self.size > MOST_BYTES:
            raise Broken("more than can be handed over")
        self.blobs.append(data)
        return [start, len(data)]

    def pack(self, thing: Any, depth: int = 0) -> Any:
        """Describe a value in what JSON can say; arrays go beside it."""
        self.items += 1
        if depth > _DEEPEST or self.items > _MOST_ITEMS:
            raise Broken("nested too deeply, or too long")
        kind = type(thing)
        if thing is None or kind is bool:
            return thing
        if kind is str:
            return thing if len(thing) < MOST_BYTES // 8 else _foreign(thing)
        if thing is Ellipsis:
            return {"k": "..."}
        if thing is NotImplemented:
            return {"k": "NotImplemented"}
        if kind is int:
            return {"k": "int", "v": hex(thing)} if thing.bit_length() < 4096 else _foreign(thing)
        if kind is float:
            return {"k": "float", "v": thing.hex()}
        if kind is complex:
            return {"k": "complex", "v": [thing.real.hex(), thing.imag.hex()]}
        if kind in (bytes, bytearray):
            return {"k": "bytes", "at": self._blob(bytes(thing))}
        if kind is range:
            return {"k": "range", "v": [hex(thing.start), hex(thing.stop), hex(thing.step)]}
        if kind is dict:
            pairs = [[self.pack(a, depth + 1), self.pack(b, depth + 1)] for a, b in thing.items()]
            return {"k": "dict", "v": pairs}
        if kind in (list, tuple, set, frozenset):
            return {"k": kind.__name__, "v": [self.pack(part, depth + 1) for part in thing]}
        return self._pack_numbers(thing, depth)

    def _pack_numbers(self, thing: Any, depth: int) -> Any:
        kind = type(thing)
        if kind is np.ndarray and thing.dtype.kind == "O":
            items = [self.pack(part, depth + 1) for part in thing.ravel().tolist()]
            return {"k": "objects", "shape": list(thing.shape), "v": items}
        if kind is np.ndarray and thing.dtype.kind in "biufcSU":
            if thing.nbytes > MOST_BYTES:
                raise Broken("more than can be handed over")
            return {
                "k": "array",
                "dtype": thing.dtype.str,
                "shape": list(thing.shape),
                "at": self._blob(np.ascontiguousarray(thing).tobytes()),
            }
        if issubclass(kind, np.generic) and kind.__module__ == "numpy":
            return {"k": "scalar", "v": self.pack(np.asarray(thing), depth + 1)}
        if kind is np.random.Generator:
            state = thing.bit_generator.state
            return {"k": "generator", "v": self.pack(state, depth + 1)}
        if _results.is_keras(thing) and not isinstance(thing, type):
            if hasattr(kind, "numpy"):
                return self.pack(np.asarray(thing.numpy()), depth + 1)
            if hasattr(thing, "get_weights") and hasattr(thing, "layers"):
                return self._pack_model(thing, depth)
        return _foreign(thing)

    def _pack_model(self, model: Any, depth: int) -> Any:
        import keras

        compiled = model.get_compile_config() if getattr(model, "compiled", False) else None
        return {
            "k": "keras",
            "model": keras.saving.serialize_keras_object(model),
            "compiled": compiled,
            "trainable": [bool(weight.trainable) for weight in model.weights],
            "v": self.pack(list(model.get_weights()), depth + 1),
        }


def _foreign(thing: Any) -> dict:
    """Describe a value that stays where it is: by its type's name and home."""
    kind = type(thing)
    return {
        "k": "foreign",
        "name": _results.type_name(thing),
        "home": str(vars(kind).get("__module__", ""))[:100],
        "array": issubclass(kind, np.ndarray),
        "class": issubclass(kind, type),
    }


class Unpacker:
    """Reads a message back; raises `Broken` where it makes no sense."""

    def __init__(self, blob: bytes) -> None:
        self._blob = blob

    def _bytes(self, place: list[int]) -> bytes:
        start, length = place
        data = self._blob[start : start + length]
        if start < 0 or length < 0 or len(data) != length:
            raise Broken("a piece is missing")
        return data

    def unpack(self, told: Any) -> Any:
        """Return the value that a description stands for."""
        if told is None or type(told) in (bool, str):
            return told
        try:
            return getattr(self, "_" + _METHODS[told["k"]])(told)
        except Broken:
            raise
        except Exception as error:
            raise Broken(f"{type(error).__name__}: {error}") from None

    def _constant(self, told: dict) -> Any:
        return Ellipsis if told["k"] == "..." else NotImplemented

    def _number(self, told: dict) -> Any:
        if told["k"] == "int":
            return int(told["v"], 16)
        if told["k"] == "float":
            return float.fromhex(told["v"])
        return complex(*map(float.fromhex, told["v"]))

    def _raw(self, told: dict) -> bytes:
        return self._bytes(told["at"])

    def _span(self, told: dict) -> range:
        return range(*(int(each, 16) for each in told["v"]))

    def _container(self, told: dict) -> Any:
        if told["k"] == "dict":
            return {self.unpack(key): self.unpack(value) for key, value in told["v"]}
        make = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[told["k"]]
        return make(self.unpack(part) for part in told["v"])

    def _array(self, told: dict) -> Any:
        if told["k"] == "scalar":
            return self.unpack(told["v"])[()]
        if told["k"] == "objects":
            array = np.empty(told["shape"], dtype=object)
            for i, part in enumerate(told["v"]):
                array.flat[i] = self.unpack(part)
            return array
        dtype = np.dtype(told["dtype"])
        if dtype.kind not in "biufcSU":
            raise Broken(f"an array of {dtype}")
        return np.frombuffer(self._bytes(told["at"]), dtype).reshape(told["shape"]).copy()

    def _generator(self, told: dict) -> Any:
        state = self.unpack(told["v"])
        names = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")
        if state["bit_generator"] not in names:
            raise Broken("an unknown generator")
        rng = np.random.Generator(getattr(np.random, state["bit_generator"])())
        rng.bit_generator.state = state
        return rng

    def _foreign(self, told: dict) -> Any:
        name, home = str(told["name"]), str(told["home"])
        known = {
            "generator": lambda: (nothing for nothing in ()),
            "map": lambda: map(str, ()),
            "filter": lambda: filter(None, ()),
            "zip": zip,
            "function": lambda: lambda: None,
            "builtin_function_or_method": lambda: len,
            "module": lambda: types.ModuleType("module"),
        }
        if told["class"]:
            return type("Class", (), {})
        if (home == "builtins" and name in known) or name in ("function", "generator", "module"):
            return known[name]()
        bases = (np.ndarray,) if told["array"] else ()
        kind = type(name or "object", bases, {"__module__": home})
        return np.zeros(0).view(kind) if told["array"] else kind()

    def _keras(self, told: dict) -> Any:
        _only_keras(told["model"])
        _only_keras(told["compiled"])
        import keras

        weights = self.unpack(told["v"])
        model = keras.saving.deserialize_keras_object(told["model"], safe_mode=True)
        if told["compiled"]:
            model.compile_from_config(told["compiled"])
        if weights:
            model.set_weights(weights)
        for weight, learns in zip(model.weights, told["trainable"], strict=True):
            if weight.trainable != bool(learns):  # frozen by itself: no configuration says so
                weight.trainable = bool(learns)
        return model


_METHODS = {
    **dict.fromkeys(("...", "NotImplemented"), "constant"),
    **dict.fromkeys(("int", "float", "complex"), "number"),
    **dict.fromkeys(("dict", "list", "tuple", "set", "frozenset"), "container"),
    **dict.fromkeys(("array", "scalar", "objects"), "array"),
    **{"bytes": "raw", "range": "span", "generator": "generator"},
    **{"foreign": "foreign", "keras": "keras"},
}


def _only_keras(config: Any) -> None:
    """Refuse a configuration that names anything but Keras's own parts."""
    if isinstance(config, dict):
        name = config.get("class_name")
        if name is not None:
            home, registered = config.get("module"), config.get("registered_name")
            if name == "Lambda" or (home is None and registered not in (None, name)):
                raise Broken(f"a layer of one's own ({name})")
            if home == "builtins" and name not in _BUILT_IN:
                raise Broken(f"an object of the kind {name}")
            if home not in (None, "builtins", *_KERAS_HOMES):
                raise Broken(f"a part that is not Keras's own ({name})")
        for value in config.values():
            _only_keras(value)
    elif isinstance(config, list | tuple):
        for value in config:
            _only_keras(value)


def send(stream: BinaryIO, message: dict, values: Any = None) -> None:
    """Write one message: a few words of our own, and values."""
    packer = Packer()
    told = packer.pack(values)
    text = json.dumps({**message, "values": told}).encode()
    if len(text) > MOST_BYTES:
        raise Broken("more than can be handed over")
    stream.write(_HEAD.pack(len(text), packer.size) + text + b"".join(packer.blobs))
    stream.flush()


def receive(stream: BinaryIO) -> tuple[dict, bytes]:
    """Read one message, without its values yet; `values` reads those."""
    text_size, blob_size = _HEAD.unpack(_exactly(stream, _HEAD.size))
    if text_size > MOST_BYTES or blob_size > MOST_BYTES:
        raise Broken("a message that is too long")
    text, blob = _exactly(stream, text_size), _exactly(stream, blob_size)
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Broken(str(error)) from None
    if not isinstance(message, dict):
        raise Broken("not a message")
    return message, blob


def values(message: dict, blob: bytes) -> Any:
    """Return the values of a message."""
    return Unpacker(blob).unpack(message.get("values"))


def _exactly(stream: BinaryIO, size: int) -> bytes:
    parts, left = [], size
    while left:
        part = stream.read(min(left, 2**20))
        if not part:
            raise EOFError
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
