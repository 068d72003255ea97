"""Neural style transfer in numbers: Gram matrices, three losses, and the photographs.

A picture's *content* is what a CNN's feature maps say, place by place; its *style* is what is left
when the places are summed up: which maps are strong together. Notebook 16 builds the same with
TensorFlow, to have gradients; this module computes in NumPy, in float64, and the two are compared.

The method is that of L. A. Gatys, A. S. Ecker, M. Bethge: Image style transfer using convolutional
neural networks. CVPR 2016.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["content_loss", "gram_matrix", "photograph", "style_loss", "total_variation"]

_CUTS = {  # top, left, side of a square in scikit-learn's photographs (427 × 640)
    "china": (0, 106, 427),
    "flower": (85, 210, 240),
}


def photograph(name: str, side: int = 120) -> np.ndarray:
    """Return a square cut out of one of scikit-learn's two photographs.

    Parameters
    ----------
    name : {"china", "flower"}
        A pagoda above a lake (photo: danielbuechele), or the petals of a dahlia (photo: vultilion);
        both from Flickr, licence CC BY 2.0.
    side : int
        Height and width in pixels, 1 to 240.

    Returns
    -------
    numpy.ndarray
        ``(side, side, 3)``, float32, values 0 to 255.

    Raises
    ------
    ValueError
        If there is no such photograph, or `side` is out of range.

    Examples
    --------
    >>> photograph("china", 96).shape
    (96, 96, 3)
    """
    if name not in _CUTS:
        raise ValueError(f"name is {name!r}; expected one of {', '.join(map(repr, _CUTS))}.")
    if isinstance(side, bool) or not isinstance(side, int) or not 1 <= side <= 240:
        raise ValueError(f"side is {side!r}; expected a whole number from 1 to 240.")
    from PIL import Image
    from sklearn.datasets import load_sample_image

    top, left, size = _CUTS[name]
    square = load_sample_image(f"{name}.jpg")[top : top + size, left : left + size]
    small = Image.fromarray(square).resize((side, side), Image.Resampling.BOX)
    return np.asarray(small, np.float32)


def gram_matrix(features: np.ndarray) -> np.ndarray:
    """Return the mean product of each pair of feature maps.

    Parameters
    ----------
    features : numpy.ndarray
        ``(h, w, c)``: *c* maps of *h* × *w* places.

    Returns
    -------
    numpy.ndarray
        ``(c, c)``, float64: in row *i*, column *j* the mean over all places of map *i* times map
        *j*. It is symmetric, and the same for any order of the places.

    Raises
    ------
    ValueError
        If the shape differs, there are no numbers, or some are not finite.

    Examples
    --------
    >>> first, second = [[1, 2], [0, 1]], [[0, 1], [3, 1]]
    >>> gram_matrix(np.stack([first, second], axis=-1)).tolist()
    [[1.5, 0.75], [0.75, 2.75]]
    """
    features = _maps(features, "features")
    height, width, _ = features.shape
    return np.einsum("hwi,hwj->ij", features, features) / (height * width)


def content_loss(features: np.ndarray, wanted: np.ndarray) -> float:
    """Return the mean squared difference of two stacks of feature maps, place by place.

    Parameters
    ----------
    features, wanted : numpy.ndarray
        ``(h, w, c)`` both.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If one is no stack of maps, or their shapes differ.

    Examples
    --------
    >>> content_loss(np.zeros((2, 2, 1)), np.full((2, 2, 1), 3.0))
    9.0
    """
    features, wanted = _maps(features, "features"), _maps(wanted, "wanted")
    if features.shape != wanted.shape:
        raise ValueError(f"features is {features.shape}, wanted {wanted.shape}; expected the same.")
    return float(np.mean((features - wanted) ** 2))


def style_loss(layers: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> float:
    """Return how far the Gram matrices of some layers are from those wanted.

    For each layer the mean squared difference is divided by the mean square of the matrix wanted,
    so that no layer counts more because its numbers are larger; the layers are added.

    Parameters
    ----------
    layers : sequence of numpy.ndarray
        Feature maps ``(h, w, c)``, one stack a layer.
    wanted : sequence of numpy.ndarray
        As many Gram matrices ``(c, c)``, as `gram_matrix` gives them.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If there are not as many matrices as layers, or one doesn't fit or is all zeros.

    Examples
    --------
    >>> maps = np.ones((2, 2, 1))
    >>> style_loss([maps, 2 * maps], [gram_matrix(maps), gram_matrix(maps)])
    9.0
    """
    if len(layers) != len(wanted) or not len(layers):
        raise ValueError(
            f"{len(layers)} layers, {len(wanted)} wanted; expected one matrix a layer."
        )
    total = 0.0
    for number, (maps, target) in enumerate(zip(layers, wanted, strict=True)):
        found, target = gram_matrix(maps), np.asarray(target, float)
        if found.shape != target.shape:
            raise ValueError(
                f"wanted[{number}]: expected the shape {found.shape}, got {target.shape}."
            )
        if not np.any(target):
            raise ValueError(f"wanted[{number}] is all zeros; there is nothing to compare with.")
        total += np.mean((found - target) ** 2) / np.mean(target**2)
    return float(total)


def total_variation(picture: np.ndarray) -> float:
    """Return how much neighbouring pixels differ.

    Parameters
    ----------
    picture : numpy.ndarray
        ``(h, w, c)``, two rows and two columns or more.

    Returns
    -------
    float
        The mean absolute difference of a pixel and the one below it, plus that of a pixel and the
        one right of it.

    Raises
    ------
    ValueError
        If the shape differs.

    Examples
    --------
    >>> total_variation(np.array([[[0.0], [4.0]], [[2.0], [4.0]]]))
    4.0
    """
    picture = _maps(picture, "picture")
    if min(picture.shape[:2]) < 2:
        raise ValueError(f"picture: expected two rows and columns or more, got {picture.shape}.")
    down, right = np.diff(picture, axis=0), np.diff(picture, axis=1)
    return float(np.abs(down).mean() + np.abs(right).mean())


def _maps(values: np.ndarray, name: str) -> np.ndarray:
    values = np.asarray(values, float)
    if values.ndim != 3 or not values.size:
        raise ValueError(f"{name}: expected the shape (h, w, c), got {values.shape}.")
    if not np.isfinite(values).all():
        raise ValueError(f"{name} holds numbers that are not finite.")
    return values
