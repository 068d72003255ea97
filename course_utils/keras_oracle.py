"""What Keras's own layers make of our weights: the second opinion on the course's tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from course_utils.environment import quiet_import


def conv2d(
    image: ArrayLike,
    kernels: ArrayLike,
    bias: ArrayLike = 0.0,
    stride: int = 1,
    padding: str = "valid",
) -> np.ndarray:
    """Return the map or maps of a Keras `Conv2D` layer with these weights copied in.

    The shapes are those of `course_utils.convolution.conv2d`, for one picture. Imports Keras.

    Parameters
    ----------
    image : array_like
        ``(h, w)``, or ``(h, w, c_in)``.
    kernels : array_like
        ``(kh, kw)`` for a picture with two axes, else ``(kh, kw, c_in, c_out)``.
    bias : array_like
        One number, or one an output map.
    stride : int
        Along both axes.
    padding : {"valid", "same"}
        As Keras understands them.

    Returns
    -------
    numpy.ndarray
        float64, ``(oh, ow)`` for a picture with two axes, else ``(oh, ow, c_out)``.

    Raises
    ------
    ValueError
        If the kernels don't have the axes that go with the picture.

    Examples
    --------
    >>> conv2d([[1, 2, 3], [4, 5, 6]], [[1, 0], [0, -1]]).tolist()
    [[-4.0, -4.0]]
    """
    with quiet_import():
        import keras

    image, kernels = np.asarray(image, dtype=np.float64), np.asarray(kernels, dtype=np.float64)
    if (image.ndim, kernels.ndim) not in ((2, 2), (3, 4)):
        raise ValueError(
            f"image has shape {image.shape} and kernels {kernels.shape}; expected (h, w) and "
            "(kh, kw), or (h, w, c_in) and (kh, kw, c_in, c_out)."
        )
    flat = image.ndim == 2
    if flat:
        image, kernels = image[:, :, None], kernels[:, :, None, None]
    maps = kernels.shape[3]
    layer = keras.layers.Conv2D(maps, kernels.shape[:2], stride, padding, dtype="float64")
    layer.build((None, *image.shape))
    layer.set_weights([kernels, np.broadcast_to(bias, (maps,))])
    result = np.array(layer(image[None]))[0]
    return result[:, :, 0] if flat else result
