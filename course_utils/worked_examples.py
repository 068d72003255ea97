"""The small pictures and kernels that notebooks 06 and 08–10 work by hand.

Each is typed out in view of the reader in the notebook that introduces it; later notebooks import
it from here, and a test holds the two together. Every array is read-only.
"""

from __future__ import annotations

import numpy as np


def picture(rows: str) -> np.ndarray:
    """Turn rows of + (ink) and - (paper) into an array of +1 and -1.

    Parameters
    ----------
    rows : str
        One word of ``+`` and ``-`` per row, all of the same length.

    Returns
    -------
    numpy.ndarray
        int64, ``(rows, columns)``, read-only.

    Raises
    ------
    ValueError
        If the rows differ in length, or hold another character.

    Examples
    --------
    >>> picture("+- -+")
    array([[ 1, -1],
           [-1,  1]])
    """
    words = rows.split()
    if not words or len({len(word) for word in words}) > 1 or set("".join(words)) - set("+-"):
        raise ValueError(f"rows: words of + and -, all equally long, are expected, got {rows!r}")
    return _fixed([[1 if sign == "+" else -1 for sign in word] for word in words])


def _fixed(values: object) -> np.ndarray:
    """Return a read-only array."""
    array = np.array(values)
    array.setflags(write=False)
    return array


FOUR = _fixed(
    [
        [0, 0, 0, 0, 0, 0],
        [0.2, 0.8, 0, 0.3, 0.6, 0],
        [0.2, 0.9, 0, 0.3, 0.8, 0],
        [0.3, 0.8, 0.7, 0.8, 0.9, 0],
        [0, 0, 0, 0.2, 0.8, 0],
        [0, 0, 0, 0.2, 0.2, 0],
    ]
)
"""A handwritten 4 as intensities from 0 to 1, ``(6, 6)``."""

CROSS = _fixed([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
"""The kernel laid on the 4, ``(3, 3)``."""

NINE = picture("-+++- -+-+- -+++- ---+- ---+- --+-- -+---")
"""A 9 of +1 and -1, ``(7, 5)``."""

NINE_LEFT = picture("+++-- +-+-- +++-- --+-- --+-- -+--- +----")
"""The same 9, one column to the left, paper filling up from the right, ``(7, 5)``."""

SIX = picture("---+- --+-- -+--- -+--- -+++- -+-+- -+++-")
"""A 6: the 9 turned by 180°, ``(7, 5)``."""

EIGHT = picture("----- -+++- -+-+- -+++- -+-+- -+++- -----")
"""An 8 whose two loops share a stroke, ``(7, 5)``."""

NINETY_SIX = _fixed(np.hstack([NINE, SIX]))
"""The 9 and the 6 side by side, ``(7, 10)``."""

LOOP = _fixed([[1, 1, 1], [1, -1, 1], [1, 1, 1]])
"""The detector of loops, ``(3, 3)``; its sum is divided by 9."""

VERTICAL = _fixed([[-1, 1, -1], [-1, 1, -1], [-1, 1, -1]])
"""The detector of vertical lines, ``(3, 3)``."""

DIAGONAL = _fixed([[-1, -1, 1], [-1, 1, -1], [1, -1, -1]])
"""The detector of lines from bottom left to top right, ``(3, 3)``."""

RGB_PATCH = _fixed(
    np.stack(
        [
            [[0, 0, 0], [0, 156, 155], [0, 153, 154]],
            [[0, 0, 0], [0, 167, 166], [0, 164, 165]],
            [[0, 0, 0], [0, 163, 162], [0, 160, 161]],
        ],
        axis=-1,
    )
)
"""The top left corner of a padded colour picture, ``(3, 3, 3)``, channels last."""

RGB_KERNEL = _fixed(
    np.stack(
        [
            [[-1, -1, 1], [0, 1, -1], [0, 1, 1]],
            [[1, 0, 0], [1, -1, -1], [1, 0, -1]],
            [[0, 1, 1], [0, 1, 0], [1, -1, 1]],
        ],
        axis=-1,
    )
)
"""One kernel for all three channels, ``(3, 3, 3)``; its bias is 1."""

ONE_TO_NINE = _fixed(np.arange(1, 10).reshape(3, 3))
"""The numbers 1 … 9 as ``(3, 3)``: a picture without symmetry."""

ONE_TO_FOUR = _fixed(np.arange(1, 5).reshape(2, 2))
"""The kernel 1 2 / 3 4, ``(2, 2)``: turned by 180° it is another one."""

POOL_ME = _fixed([[5, 1, 3, 4], [8, 2, 9, 2], [1, 3, 0, 1], [2, 2, 2, 0]])
"""Pooled by 2 × 2 with stride 2 in notebook 09, ``(4, 4)``."""

POOL_ME_TENTHS = _fixed(
    [[0.1, 0.2, 0.5, 0.9], [0.1, 0.3, 0.8, 0.9], [0, 0, 0.4, 0.4], [0, 0, 0, 0.1]]
)
"""Max-pooled by 2 × 2 with stride 2 in notebook 09, ``(4, 4)``."""

AVERAGE_ME = _fixed(
    [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]
)
"""Average-pooled by 3 × 3 with stride 1 in notebook 09, ``(5, 5)``."""
