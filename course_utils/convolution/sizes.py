"""How large an output is, how much is padded, how far a stack sees, how much it must learn."""

from __future__ import annotations

from collections.abc import Sequence

from course_utils.convolution._arguments import axis_padding, pair, sides, whole


def output_size(i: int, k: int, s: int = 1, p: int = 0, d: int = 1) -> int:
    """Return ⌊(i + 2p − k') / s⌋ + 1: the places a window finds along one axis.

    Parameters
    ----------
    i : int
        Cells of the input.
    k : int
        Cells of the kernel or window; spread by the dilation it reaches over k' = (k − 1)d + 1.
    s : int
        Stride.
    p : int
        Cells of padding on each side.
    d : int
        Dilation.

    Returns
    -------
    int

    Raises
    ------
    TypeError, ValueError
        For anything but whole numbers of a sensible size, and for a kernel larger than the padded
        input.

    Examples
    --------
    >>> output_size(28, 5)
    24
    >>> output_size(7, 3, s=2, p=1)
    4
    """
    i, k, s, d = (whole(*each, 1) for each in (("i", i), ("k", k), ("s", s), ("d", d)))
    room = i + 2 * whole("p", p, 0) - (k - 1) * d - 1
    if room < 0:
        raise ValueError(
            f"k: a kernel within the padded input is expected, got k = {k} (dilation {d}) on "
            f"{i} + 2 × {p} cells"
        )
    return room // s + 1


def padding_amounts(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: str | int | tuple[int, int] = "same",
    dilation: int = 1,
) -> tuple[int, int]:
    """Return the cells of padding (before, after) along one axis.

    ``"valid"`` pads nothing. ``"same"`` pads so that the output has ⌈size / stride⌉ cells,
    TensorFlow's rule: of an odd number of cells the extra one comes after (at the bottom, on the
    right). ``"full"`` pads kernel − 1 on both sides (spread by the dilation), so that every overlap
    of kernel and picture counts. A number pads as much on both sides.

    Parameters
    ----------
    size, kernel, stride, dilation : int
        Cells of the picture and of the kernel along this axis, and the steps.
    padding : str, int or (int, int)
        What `conv2d` accepts, for one axis.

    Returns
    -------
    tuple of int

    Raises
    ------
    TypeError, ValueError
        As `output_size`, and for an unknown word.

    Examples
    --------
    >>> padding_amounts(5, 3)
    (1, 1)
    >>> padding_amounts(5, 2)
    (0, 1)
    >>> padding_amounts(5, 3, padding="full")
    (2, 2)
    """
    size, kernel = whole("size", size, 1), whole("kernel", kernel, 1)
    stride, dilation = whole("stride", stride, 1), whole("dilation", dilation, 1)
    both = (padding, padding) if isinstance(padding, tuple | list) else padding
    return axis_padding(size, kernel, stride, sides(both)[0], dilation)


def receptive_field(layers: Sequence[tuple[int, ...]]) -> int:
    """Return how many cells of the input, along one axis, one cell of the last output sees.

    Each layer widens the view by (kernel − 1) × dilation steps, and a step is as wide as all
    strides before it, multiplied.

    Parameters
    ----------
    layers : sequence of (kernel, stride) or (kernel, stride, dilation)
        From the first layer to the last; a pooling layer counts like a convolution.

    Returns
    -------
    int

    Raises
    ------
    TypeError, ValueError
        If a layer isn't two or three whole numbers of 1 or more.

    Examples
    --------
    >>> [receptive_field([(3, 1)] * depth) for depth in (1, 2, 3, 4)]
    [3, 5, 7, 9]
    >>> receptive_field([(3, 1), (2, 2), (3, 1)])
    8
    """
    field = step = 1
    for layer in layers:
        if not isinstance(layer, tuple | list) or len(layer) not in (2, 3):
            raise ValueError(
                f"layers: (kernel, stride) or (kernel, stride, dilation) is expected for each, "
                f"got {layer!r}"
            )
        kernel, stride, dilation = (whole("layers", number, 1) for number in (*layer, 1)[:3])
        field += (kernel - 1) * dilation * step
        step *= stride
    return field


def parameter_count(kernel: int | tuple[int, int], c_in: int, c_out: int, bias: bool = True) -> int:
    """Return how many numbers a convolution must learn, whatever the size of the picture.

    Parameters
    ----------
    kernel : int or (int, int)
        Its side, or its height and width.
    c_in, c_out : int
        Channels of the input and of the output.
    bias : bool
        Whether there is one, a number per output channel.

    Returns
    -------
    int

    Raises
    ------
    TypeError, ValueError
        For anything but whole numbers of 1 or more.

    Examples
    --------
    >>> parameter_count(3, c_in=2, c_out=3)
    57
    """
    rows, columns = pair("kernel", kernel)
    c_in, c_out = whole("c_in", c_in, 1), whole("c_out", c_out, 1)
    return (rows * columns * c_in + bool(bias)) * c_out
