"""Kernels that everybody in image processing knows by name (notebook 08).

`CLASSIC_KERNELS` holds them, `kernel_named` finds one whatever way its name is typed, `over_whole`
writes one with whole numbers and a divisor, as books do. All are meant for cross-correlation: laid
on the picture as they stand, not turned.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np


def _fixed(values: object, divide: int = 1) -> np.ndarray:
    """Return a read-only float64 array, divided by a number."""
    array = np.array(values, dtype=float) / divide
    array.setflags(write=False)
    return array


CLASSIC_KERNELS: Mapping[str, np.ndarray] = MappingProxyType(
    {
        "identity": _fixed([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
        "box blur 3×3": _fixed(np.ones((3, 3)), 9),
        "box blur 5×5": _fixed(np.ones((5, 5)), 25),
        "Gaussian blur 5×5": _fixed(np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]), 256),
        "sharpen": _fixed([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
        "Sobel, vertical edges": _fixed([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
        "Sobel, horizontal edges": _fixed([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
        "Laplacian": _fixed([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
        "emboss": _fixed([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]),
    }
)
"""Name to kernel, float64 ``(3, 3)`` or ``(5, 5)``, read-only.

- *identity*: 1 in the middle, every pixel stays what it is.
- *box blur*: the mean of the window (9 or 25 equal weights that add up to 1).
- *Gaussian blur*: the binomial numbers 1 4 6 4 1, by themselves and across, divided by 256; the
  kernel of the Gaussian pyramid (P. J. Burt and E. H. Adelson, "The Laplacian pyramid as a compact
  image code", IEEE Trans. Communications 31, 1983).
- *Sobel*: a difference in one direction, smoothed by 1 2 1 in the other (I. Sobel and G. Feldman,
  1968; R. O. Duda and others, "Pattern Classification and Scene Analysis", 1973, p. 271).
  "Vertical edges" is positive where the picture gets brighter to the right, "horizontal edges"
  where it gets brighter downwards. The same as ``scipy.ndimage.sobel`` along axis 1 and axis 0.
- *Laplacian*: the four neighbours less four times the middle, the second difference across plus
  the one down; *sharpen*: the identity less the Laplacian (R. C. Gonzalez and R. E. Woods,
  "Digital Image Processing", 4th ed., section 3.6).
- *emboss*: brighter below right less brighter above left, added to the picture (manual of GIMP,
  "Convolution Matrix").
"""


def kernel_named(name: str) -> np.ndarray:
    """Return a classic kernel by its name.

    Parameters
    ----------
    name : str
        A key of `CLASSIC_KERNELS`; capitals, and "x" for "×", make no difference.

    Returns
    -------
    numpy.ndarray
        float64, ``(3, 3)`` or ``(5, 5)``, read-only.

    Raises
    ------
    ValueError
        If there is no kernel of that name.

    Examples
    --------
    >>> kernel_named("laplacian")
    array([[ 0.,  1.,  0.],
           [ 1., -4.,  1.],
           [ 0.,  1.,  0.]])
    """
    wanted = _plain(name) if isinstance(name, str) else None
    for key, kernel in CLASSIC_KERNELS.items():
        if _plain(key) == wanted:
            return kernel
    names = ", ".join(repr(key) for key in CLASSIC_KERNELS)
    came = repr(name) if isinstance(name, str) else f"a {type(name).__name__}"
    raise ValueError(f"kernel is {came}; expected one of {names}.")


def over_whole(kernel: np.ndarray, most: int = 1024) -> tuple[np.ndarray, int]:
    """Write a kernel as whole numbers and the number they are all divided by.

    Parameters
    ----------
    kernel : numpy.ndarray
        Weights, any shape.
    most : int
        The greatest divisor to try.

    Returns
    -------
    numerators : numpy.ndarray
        float64, the shape of the kernel; whole numbers, or the kernel itself where no divisor
        makes them whole.
    divisor : int
        1 or more: ``numerators / divisor`` is the kernel.

    Raises
    ------
    ValueError
        If `kernel` holds anything but finite numbers.

    Examples
    --------
    >>> over_whole(np.array([[0.25, 0.5, 0.25]]))
    (array([[1., 2., 1.]]), 4)
    """
    weights = np.asarray(kernel)
    if weights.dtype.kind not in "buif" or not np.isfinite(weights).all():
        raise ValueError(f"kernel holds {weights.dtype} values; expected finite numbers.")
    weights = weights.astype(float)
    for divisor in range(1, most + 1):
        scaled = weights * divisor
        whole = np.round(scaled)
        if np.allclose(scaled, whole, rtol=0, atol=1e-9 * divisor):
            return whole + 0.0, divisor  # + 0.0: no -0
    return weights.copy(), 1


def _plain(name: str) -> str:
    """Return a name without capitals, spaces, and with x for ×."""
    return "".join(name.casefold().replace("×", "x").split())
