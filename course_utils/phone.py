"""Pack a Keras network for a phone, and ask the packed one: LiteRT, formerly TensorFlow Lite.

`pack` makes a ``.tflite`` file of a network, with its weights as 32-bit floats or in 8 bits, and
`answers` runs such a file. Both parts come with TensorFlow; where one is missing, `unavailable`
says so in a sentence. The converter and the interpreter write a page of messages; they are
withheld, and are told with the error where something fails.

Source of the 8-bit arithmetic: B. Jacob et al., "Quantization and training of neural networks for
efficient integer-arithmetic-only inference", 2018; LiteRT's 8-bit quantisation specification.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from course_utils.environment import quiet_import, withheld_messages

if TYPE_CHECKING:
    import keras

__all__ = ["Unavailable", "answers", "pack", "unavailable"]

_AT_ONCE = 100  # pictures


class Unavailable(RuntimeError):
    """Converter or interpreter are missing on this machine; says what to do."""


def unavailable() -> str:
    """Return why networks can't be packed here, in a sentence; an empty string where they can.

    Returns
    -------
    str

    Examples
    --------
    >>> unavailable()
    ''
    """
    try:
        _converter()
        _interpreter()
    except Unavailable as error:
        return str(error)
    return ""


def pack(model: keras.Model, bits: int = 32, sample: np.ndarray | None = None) -> bytes:
    """Return a network as the bytes of a ``.tflite`` file.

    Parameters
    ----------
    model : keras.Model
        With one input and one output, built.
    bits : {32, 8}
        32: weights stay floats. 8: weights become whole numbers of 8 bits, with a scale for each
        output channel and the zero point 0 (larger layers only: small ones are not worth it).
    sample : numpy.ndarray, optional
        For 8 bits: pictures as the network gets them, ``(n, …)``, some hundred. The converter
        measures on them how large the numbers between the layers get, and these become whole
        numbers of 8 bits, too; what goes in and comes out stays floats. Without it, LiteRT measures
        them anew for each picture, which is more exact and slower.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If `bits` is neither 32 nor 8; if `sample` is empty, has not the shape of the network's
        pictures or comes with 32 bits; or if the network with
        floats says something else than Keras's. (LiteRT of TensorFlow 2.21 does so for convolutions
        with ``padding="same"`` whose steps are longer than their kernels.)
    Unavailable
        Where this machine has no converter.

    Examples
    --------
    >>> import keras
    >>> line = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> pack(line)[4:8]  # as every such file begins
    b'TFL3'
    """
    if bits not in (32, 8):
        raise ValueError(f"bits is {bits!r}; expected 32 or 8")
    if bits == 32 and sample is not None:
        raise ValueError("sample is given, but bits is 32; expected bits=8, for which it is meant")
    converter_class, optimise = _converter()
    if sample is not None:
        sample = _as_pictures(sample, model.input_shape[1:], "sample")
    with tempfile.TemporaryDirectory() as folder, _quiet():
        model.export(folder, format="tf_saved_model", verbose=False)
        converter = converter_class.from_saved_model(folder)
        if bits == 8:
            converter.optimizations = [optimise]
        if sample is not None:
            converter.representative_dataset = lambda: ([each[np.newaxis]] for each in sample)
        packed = converter.convert()
    if bits == 32 and not unavailable() and None not in model.input_shape[1:]:
        _compare(model, packed)
    return packed


def answers(packed: bytes, pictures: np.ndarray) -> np.ndarray:
    """Return what a packed network says of pictures.

    Parameters
    ----------
    packed : bytes
        As `pack` returns them, or the content of a ``.tflite`` file with one input and output.
    pictures : numpy.ndarray
        ``(n, …)`` in the shape of the network's pictures.

    Returns
    -------
    numpy.ndarray
        Float32, ``(n, …)``.

    Raises
    ------
    ValueError
        If `packed` is no such file, or `pictures` have another shape.
    Unavailable
        Where this machine has no interpreter.

    Examples
    --------
    >>> import keras
    >>> line = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> line.set_weights([np.array([[1.0], [-1.0]]), np.array([0.5])])
    >>> answers(pack(line), np.array([[3.0, 1.0], [0.0, 2.0]]))
    array([[ 2.5],
           [-1.5]], dtype=float32)
    """
    if not isinstance(packed, bytes) or packed[4:8] != b"TFL3":
        raise ValueError(
            f"packed is {type(packed).__name__} of another kind; expected the bytes of a .tflite "
            "file, as pack(model) returns them"
        )
    interpreter_class = _interpreter()
    with _quiet():
        interpreter = interpreter_class(model_content=packed)
        (door,), (exit_,) = interpreter.get_input_details(), interpreter.get_output_details()
        pictures = _as_pictures(pictures, tuple(door["shape"][1:].tolist()), "pictures")
        found = []
        for start in range(0, len(pictures), _AT_ONCE):
            part = pictures[start : start + _AT_ONCE]
            interpreter.resize_tensor_input(door["index"], part.shape)
            interpreter.allocate_tensors()
            interpreter.set_tensor(door["index"], part)
            interpreter.invoke()
            found.append(interpreter.get_tensor(exit_["index"]).copy())
    return np.concatenate(found)


# --- How it is done -----------------------------------------------------------------------------


def _compare(model: keras.Model, packed: bytes) -> None:
    """Raise where a network packed with floats doesn't say the same as Keras's, on two pictures."""
    rng = np.random.default_rng(0)
    pictures = rng.uniform(0, 255, (2, *model.input_shape[1:])).astype(np.float32)
    expected = np.asarray(model(pictures, training=False))
    off = np.abs(answers(packed, pictures) - expected).max()
    if not off <= 1e-3 * max(1.0, np.abs(expected).max()):
        raise ValueError(
            f"model says something else once it is packed: numbers up to {off:.3g} apart; expected "
            "a network that LiteRT computes right. Has it a convolution with padding='same' whose "
            "strides are longer than its kernel? Pool instead."
        )


def _converter() -> tuple[Any, Any]:
    """Return TensorFlow's converter and its wish for 8 bits."""
    try:
        with quiet_import():
            import tensorflow as tf
        return tf.lite.TFLiteConverter, tf.lite.Optimize.DEFAULT
    except (ImportError, AttributeError) as error:
        raise Unavailable(
            "This machine's TensorFlow has no LiteRT converter, so the network isn't packed here; "
            "read on with the figures in the text."
        ) from error


def _interpreter() -> Any:
    """Return the class that runs packed networks: its own package's, or TensorFlow's."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        try:
            with quiet_import():
                import tensorflow as tf
            Interpreter = tf.lite.Interpreter
        except (ImportError, AttributeError) as error:
            raise Unavailable(
                "Nothing on this machine can run a LiteRT network (pip install ai-edge-litert "
                "would); read on with the figures in the text."
            ) from error
    return Interpreter


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Withhold what C++ code writes, what TensorFlow logs, and Python's warnings of things to come.

    In a notebook log messages and warnings don't go by file descriptor 2, so that they have to be
    stopped one by one.
    """
    loggers = [logging.getLogger(name) for name in ("tensorflow", "absl")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings(), withheld_messages():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def _as_pictures(pictures: np.ndarray, shape: tuple[int, ...], name: str) -> np.ndarray:
    """Return pictures as floats, or say in what they differ from what the network reads."""
    pictures = np.asarray(pictures)
    if pictures.dtype.kind not in "biuf" or pictures.ndim < 1 or pictures.shape[1:] != shape:
        raise ValueError(
            f"{name} has the shape {pictures.shape} and dtype {pictures.dtype}; expected numbers "
            f"of shape (n, {', '.join(map(str, shape))})"
        )
    if not len(pictures):
        raise ValueError(f"{name} is empty; expected one picture or more")
    return pictures.astype(np.float32)
