"""Where does a network look? Heat maps of a class, by gradients (Grad-CAM).

After R. R. Selvaraju and others, "Grad-CAM: visual explanations from deep networks via
gradient-based localization" (ICCV 2017, equations 1 and 2): each feature map gets as its weight
the mean of the gradient of the class's score in it; the weighted sum of the maps, with ReLU, is
the heat map. The score is taken before softmax.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from course_utils.environment import quiet_import

if TYPE_CHECKING:
    import keras

__all__ = ["combine", "heat_maps", "inside", "peaks"]


def combine(maps: Any, gradients: Any) -> np.ndarray:
    """Return the heat maps: feature maps, weighted by their mean gradients, added up, with ReLU.

    Parameters
    ----------
    maps, gradients : array_like
        Numbers (..., h, w, channels): what a layer put out, and the gradient of a class's score
        in each of these numbers.

    Returns
    -------
    ndarray
        float64 (..., h, w), 0 or more.

    Raises
    ------
    ValueError
        If the shapes differ, or have fewer than three axes.

    Examples
    --------
    >>> combine([[[1.0, 2.0], [3.0, 0.0]]], [[[1.0, -1.0], [3.0, -1.0]]]).tolist()
    [[0.0, 6.0]]
    """
    maps, gradients = np.asarray(maps, dtype=float), np.asarray(gradients, dtype=float)
    if maps.ndim < 3:
        raise ValueError(f"maps: shape (..., h, w, channels) is expected, got {maps.shape}")
    if gradients.shape != maps.shape:
        raise ValueError(f"gradients: shape {maps.shape} is expected, got {gradients.shape}")
    weights = gradients.mean(axis=(-3, -2), keepdims=True)
    return np.maximum((weights * maps).sum(axis=-1), 0)


def heat_maps(
    model: keras.Model, pictures: np.ndarray, classes: Any, layer: str, batch_size: int = 25
) -> np.ndarray:
    """Return where in each picture a layer speaks for a class.

    Parameters
    ----------
    model : keras.Model
        A classifier with one input, whose last layer is `Dense`, with softmax or without.
    pictures : ndarray
        (n, …), as the model takes them.
    classes : array_like
        Whole numbers (n,): which class is asked for in each picture.
    layer : str
        Name of a layer that puts out maps (n, h, w, channels).
    batch_size : int
        So many pictures at a time; it changes the memory needed, not the result.

    Returns
    -------
    ndarray
        float64 (n, h, w), 0 or more, on the layer's own grid: see `peaks` for where a cell lies in
        the picture.

    Raises
    ------
    TypeError
        If the last layer isn't `Dense`.
    ValueError
        If the model has no such layer, the layer puts out no maps, a class doesn't exist, or there
        are not as many classes as pictures.
    """
    with quiet_import():
        import keras
        import tensorflow as tf

    last = model.layers[-1]
    if not isinstance(last, keras.layers.Dense):
        raise TypeError(f"model: a Dense layer is expected at the end, got {type(last).__name__}")
    names = [each.name for each in model.layers]
    if layer not in names:
        raise ValueError(f"layer: one of {', '.join(names)} is expected, got {layer!r}")
    output = model.get_layer(layer).output
    if len(output.shape) != 4:
        raise ValueError(f"layer: {layer} puts out shape {output.shape}, no maps (n, h, w, c)")
    classes = np.asarray(classes)
    if classes.shape != (len(pictures),) or not np.issubdtype(classes.dtype, np.integer):
        raise ValueError(
            f"classes: {len(pictures)} whole numbers are expected, one a picture, "
            f"got {classes.dtype} {classes.shape}"
        )
    if len(classes) and not 0 <= classes.min() <= classes.max() < last.units:
        raise ValueError(f"classes: 0 to {last.units - 1} are expected, got {classes.tolist()}")
    halfway = keras.Model(model.inputs[0], [output, last.input])
    heat = []
    for start in range(0, len(pictures), batch_size):
        part = tf.cast(pictures[start : start + batch_size], "float32")
        wanted = tf.one_hot(classes[start : start + batch_size], last.units)
        with tf.GradientTape() as tape:
            tape.watch(part)  # so that frozen layers are followed, too
            maps, features = halfway(part, training=False)
            scores = tf.matmul(features, last.kernel)  # before softmax; the bias has no slope
            score = tf.reduce_sum(scores * wanted)
        heat.append(combine(maps, tape.gradient(score, maps)))
    return np.concatenate(heat) if heat else np.zeros((0, *output.shape[1:3]))


def peaks(heat: Any, window: float, stride: float) -> np.ndarray:
    """Return the place in the picture of each heat map's strongest cell.

    Cell number i of a layer without padding sees pixels from stride · i up to stride · i + window:
    its centre is stride · i + window / 2. Stretching the map to the size of the picture would be
    wrong: its outer cells lie half a window inside the frame.

    Parameters
    ----------
    heat : array_like
        Numbers (n, h, w), 0 or more.
    window : float
        Side of what a cell sees (its receptive field), in pixels.
    stride : float
        Distance of the windows of neighbouring cells, in pixels.

    Returns
    -------
    ndarray
        float64 (n, 2): row and column, in pixels from the upper left corner; the centre of the
        first pixel is 0.5. nan for a map that is 0 everywhere.

    Raises
    ------
    ValueError
        If `heat` is not (n, h, w), or `window` or `stride` is not positive.

    Examples
    --------
    >>> peaks([[[0.0, 1.0], [0.0, 0.0]]], window=10, stride=4).tolist()
    [[5.0, 9.0]]
    """
    heat = np.asarray(heat, dtype=float)
    if heat.ndim != 3:
        raise ValueError(f"heat: shape (n, h, w) is expected, got {heat.shape}")
    for name, value in (("window", window), ("stride", stride)):
        if not value > 0:
            raise ValueError(f"{name}: a positive number of pixels is expected, got {value}")
    flat = heat.reshape(len(heat), -1)
    cells = np.column_stack(np.unravel_index(flat.argmax(axis=1), heat.shape[1:]))
    places = stride * cells + window / 2
    places[flat.max(axis=1) <= 0] = np.nan
    return places


def inside(points: Any, boxes: Any) -> np.ndarray:
    """Return whether points lie in boxes, pair by pair.

    Parameters
    ----------
    points : array_like
        Numbers (n, 2): row and column in pixels. A point of nan lies nowhere.
    boxes : array_like
        Numbers (n, 4): top, left, bottom, right, half-open.

    Returns
    -------
    ndarray
        bool (n,).

    Raises
    ------
    ValueError
        If the shapes are others.

    Examples
    --------
    >>> inside([[2.5, 3.0], [4.0, 3.0]], [[0, 0, 4, 4], [0, 0, 4, 4]]).tolist()
    [True, False]
    """
    points, boxes = np.asarray(points, dtype=float), np.asarray(boxes, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"points: shape (n, 2) is expected, got {points.shape}")
    if boxes.shape != (len(points), 4):
        raise ValueError(f"boxes: shape {(len(points), 4)} is expected, got {boxes.shape}")
    return ((boxes[:, :2] <= points) & (points < boxes[:, 2:])).all(axis=1)
