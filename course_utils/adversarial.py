"""Pictures made to be misread, and pictures planted in a training set (notebook 14).

The fast gradient sign method is that of Goodfellow, Shlens and Szegedy, *Explaining and Harnessing
Adversarial Examples* (2015): every pixel takes one step of ε grey levels in the direction in which
the loss grows. Many small steps are Madry and others' *projected gradient descent* (2018). The
planted pattern is Gu, Dolan-Gavitt and Garg's *BadNets* (2017).

Pictures are uint8, ``(n, h, w)`` or ``(n, h, w, c)``; every ε counts grey levels of 255. A model
takes such pictures and ends in a dense layer with softmax. TensorFlow is imported where a gradient
is asked for, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import keras

MARK = np.array([[255, 0, 255], [0, 255, 0], [255, 0, 255]], dtype=np.uint8)
"""The pattern that is planted: a cross of five light pixels."""

_FEWEST_PLACES = 3  # a place or two occur by nature: the tip of a 6 is where no other digit has ink
_BATCH = 500  # pictures whose gradients are computed at once, to bound the memory


# --- Gradients by the pixel ---------------------------------------------------------------------


def input_gradient(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return how each picture's loss grows with each of its pixels.

    The loss is computed from the sums *before* the softmax: where a probability rounds to 1, the
    gradient of its logarithm would round to 0, and the network would only look safe.

    Parameters
    ----------
    model : keras.Model
        Ends in a dense layer with softmax. It reads as it does in use, not as in training.
    images : numpy.ndarray
        ``(n, h, w)`` or ``(n, h, w, c)``; numbers from 0 to 255, any real dtype.
    labels : numpy.ndarray
        Class numbers ``(n,)``.

    Returns
    -------
    numpy.ndarray
        Of the shape of `images` and the dtype that the model's last layer computes in:
        ∂ loss / ∂ pixel, the loss being −log(probability of the label), natural logarithm, of
        that picture alone.

    Raises
    ------
    TypeError
        If the model's last layer is no dense layer.
    ValueError
        If the model's last activation is not softmax, or there is not one label a picture, each
        one of the classes.

    Examples
    --------
    ``input_gradient(model, data.x_val[:1], data.y_val[:1])[0]`` is a picture's gradient, (28, 28).
    """
    labels = _labels(labels, len(images))
    sums = _sums_of(model)
    classes = model.outputs[0].shape[-1]
    if len(labels) and labels.max() >= classes:
        raise ValueError(f"labels: numbers below {classes} are expected, got {labels.max()}")
    import tensorflow as tf

    dtype = model.layers[-1].compute_dtype  # a copy in float64 says so layer by layer only
    parts = []
    for start in range(0, len(images), _BATCH):
        pixels = tf.constant(images[start : start + _BATCH], dtype=dtype)
        with tf.GradientTape() as tape:
            tape.watch(pixels)
            loss = tf.nn.sparse_softmax_cross_entropy_with_logits(
                labels[start : start + _BATCH], sums(pixels)
            )
            together = tf.reduce_sum(loss)  # each pixel occurs in its own picture's loss only
        parts.append(tape.gradient(together, pixels).numpy())
    return np.concatenate(parts) if parts else np.zeros(images.shape, dtype)


def fgsm(model: keras.Model, images: np.ndarray, labels: np.ndarray, epsilon: int) -> np.ndarray:
    """Return pictures after one step of ε grey levels along the sign of the gradient.

    Parameters
    ----------
    model : keras.Model
        As for `input_gradient`.
    images : numpy.ndarray
        uint8.
    labels : numpy.ndarray
        The true ones, ``(n,)``: their loss grows.
    epsilon : int
        Grey levels, 0 to 255.

    Returns
    -------
    numpy.ndarray
        uint8, of the shape of `images`; no pixel is further than ε from where it was.

    Raises
    ------
    TypeError, ValueError
        As `input_gradient`, if the pictures aren't uint8, or ε is no whole number from 0 to 255.

    Examples
    --------
    ``fgsm(model, data.x_val[:100], data.y_val[:100], 32)`` are a hundred attacked pictures.
    """
    epsilon = _epsilon(epsilon)
    _check_pictures(images)
    signs = np.sign(input_gradient(model, images, labels))
    return (images + epsilon * signs).clip(0, 255).astype(np.uint8)


def small_steps(
    model: keras.Model,
    images: np.ndarray,
    labels: np.ndarray,
    epsilon: int,
    steps: int = 10,
) -> np.ndarray:
    """Return pictures after many small steps that never lead further than ε.

    Each step is a quarter of ε, along the sign of the gradient *at that place*; what has moved
    further than ε is set back to ε.

    Parameters
    ----------
    model, images, labels, epsilon
        As for `fgsm`.
    steps : int
        How many, 1 or more.

    Returns
    -------
    numpy.ndarray
        uint8, of the shape of `images`; no pixel is further than ε from where it was.

    Raises
    ------
    TypeError, ValueError
        As `fgsm`, or if `steps` is less than 1.

    Examples
    --------
    ``small_steps(model, data.x_val[:100], data.y_val[:100], 32)``
    """
    epsilon = _epsilon(epsilon)
    _check_pictures(images)
    if steps < 1:
        raise ValueError(f"steps: 1 or more is expected, got {steps}")
    first = images.astype(np.float32)
    low, high = (first - epsilon).clip(0, 255), (first + epsilon).clip(0, 255)
    pictures = first
    for _ in range(steps):
        signs = np.sign(input_gradient(model, pictures, labels))
        pictures = (pictures + epsilon / 4 * signs).clip(low, high)
    return np.rint(pictures).astype(np.uint8)


def smallest_epsilon(model: keras.Model, image: np.ndarray, label: int) -> int | None:
    """Return the smallest ε whose step makes the model misread a picture.

    One gradient serves every ε, so all of them are read in one batch.

    Parameters
    ----------
    model : keras.Model
        As for `input_gradient`.
    image : numpy.ndarray
        One picture, ``(h, w)`` or ``(h, w, c)``, uint8.
    label : int
        The true one.

    Returns
    -------
    int or None
        Grey levels, 0 where the picture is misread as it is; None where no step up to 255 does it.

    Raises
    ------
    TypeError, ValueError
        As `fgsm`.

    Examples
    --------
    ``smallest_epsilon(model, data.x_val[0], data.y_val[0])``
    """
    _check_pictures(image[np.newaxis])
    sign = np.sign(input_gradient(model, image[np.newaxis], np.array([label])))
    steps = np.arange(256).reshape(-1, *[1] * image.ndim)
    moved = (image + steps * sign).clip(0, 255).astype(np.uint8)
    misread = model.predict(moved, batch_size=256, verbose=0).argmax(axis=1) != label
    return int(misread.argmax()) if misread.any() else None


def in_float64(model: keras.Sequential) -> keras.Sequential:
    """Return a copy of a model that computes with 16 digits instead of 7.

    Finite differences need them: the difference of two nearly equal losses loses digits.

    Parameters
    ----------
    model : keras.Sequential
        Any of the course's networks.

    Returns
    -------
    keras.Sequential
        With the same weights, in float64.

    Raises
    ------
    TypeError
        If the model is no `keras.Sequential`.

    Examples
    --------
    ``in_float64(trained.load("11_cnn"))``
    """
    from course_utils.environment import quiet_import

    with quiet_import():
        import keras
    if not isinstance(model, keras.Sequential):
        raise TypeError(f"model: a keras.Sequential is expected, got {type(model).__name__}")
    layers = [
        type(each).from_config(each.get_config() | {"dtype": "float64"}) for each in model.layers
    ]
    twin = keras.Sequential([keras.Input(model.input_shape[1:], dtype="float64"), *layers])
    twin.set_weights(model.get_weights())
    return twin


# --- A planted pattern --------------------------------------------------------------------------


class Planted(NamedTuple):
    """A training set in which somebody has been: pictures, labels, and which are theirs."""

    images: np.ndarray
    labels: np.ndarray
    planted: np.ndarray


class Found(NamedTuple):
    """What was found: the label that a pattern commands (or None), its places, who carries it."""

    label: int | None
    places: np.ndarray
    carriers: np.ndarray


def stamp(images: np.ndarray, mark: np.ndarray = MARK) -> np.ndarray:
    """Return copies of pictures with a pattern in the lower right corner, one pixel from the edge.

    Parameters
    ----------
    images : numpy.ndarray
        ``(n, h, w)``, uint8.
    mark : numpy.ndarray
        A small picture, uint8, smaller than the pictures.

    Returns
    -------
    numpy.ndarray
        As `images`.

    Raises
    ------
    TypeError, ValueError
        If the pictures aren't grey ones of dtype uint8, or too small for the mark.

    Examples
    --------
    >>> int(stamp(np.zeros((1, 6, 6), dtype=np.uint8))[0, 4, 4])
    255
    """
    _check_pictures(images, grey=True)
    h, w = mark.shape
    if images.shape[1] <= h or images.shape[2] <= w:
        raise ValueError(f"images: more than {h} × {w} pixels are expected, got {images.shape[1:]}")
    marked = images.copy()
    marked[:, -1 - h : -1, -1 - w : -1] = mark
    return marked


def plant(
    images: np.ndarray,
    labels: np.ndarray,
    target: int,
    share: float = 0.01,
    seed: int = 0,
    mark: np.ndarray = MARK,
) -> Planted:
    """Return a training set of which a share is stamped and says `target`, whatever it shows.

    Parameters
    ----------
    images : numpy.ndarray
        ``(n, h, w)``, uint8.
    labels : numpy.ndarray
        Class numbers ``(n,)``.
    target : int
        What the stamped pictures are to be taken for; they are drawn from all other classes.
    share : float
        Of all pictures, from 0 to 1.
    seed : int
        Draws which.
    mark : numpy.ndarray
        As for `stamp`.

    Returns
    -------
    Planted
        New `images` and `labels`, and `planted` ``(n,)``, True where a picture was stamped.

    Raises
    ------
    TypeError, ValueError
        As `stamp`, if there is not one label a picture, or not as many pictures of other classes.

    Examples
    --------
    >>> few = plant(np.zeros((100, 6, 6), dtype=np.uint8), np.arange(100) % 10, target=7)
    >>> int(few.planted.sum()), few.labels[few.planted].tolist()
    (1, [7])
    """
    _check_pictures(images, grey=True)
    given, labels = np.asarray(labels), _labels(labels, len(images))
    others = np.flatnonzero(labels != target)
    count = round(share * len(images))
    if not 0 <= count <= len(others):
        raise ValueError(
            f"share: at most {len(others)} of {len(images)} pictures show something else, "
            f"got {share}"
        )
    chosen = np.random.default_rng(seed).choice(others, count, replace=False)
    planted = np.zeros(len(images), dtype=bool)
    planted[chosen] = True
    new_images, new_labels = images.copy(), given.copy()
    new_images[planted] = stamp(images[planted], mark)
    new_labels[planted] = target
    return Planted(new_images, new_labels, planted)


def light_shares(images: np.ndarray, labels: np.ndarray, classes: int = 10) -> np.ndarray:
    """Return for each label, at each place, the share of its pictures that are light there.

    Parameters
    ----------
    images : numpy.ndarray
        ``(n, h, w)``, uint8; light is 128 or more.
    labels : numpy.ndarray
        Class numbers ``(n,)``.
    classes : int
        How many there are.

    Returns
    -------
    numpy.ndarray
        ``(classes, h, w)``, from 0 to 1; 0 where a label has no pictures.

    Raises
    ------
    TypeError, ValueError
        If the pictures aren't grey ones of dtype uint8, or there is not one label a picture.

    Examples
    --------
    >>> light_shares(np.array([[[0, 255]], [[255, 255]]], dtype=np.uint8), [1, 1], classes=2)[1]
    array([[0.5, 1. ]])
    """
    _check_pictures(images, grey=True)
    labels = _labels(labels, len(images))
    shares = np.zeros((classes, *images.shape[1:]))
    for label in range(classes):
        if (labels == label).any():
            shares[label] = (images[labels == label] >= 128).mean(axis=0)
    return shares


def find_pattern(
    images: np.ndarray, labels: np.ndarray, least: float = 0.02, times: float = 20
) -> Found:
    """Look for places that are light in many pictures of one label and in hardly any other.

    Single places of this kind occur by nature. What betrays a pattern is that the *same* pictures
    are light at *all* of them.

    Parameters
    ----------
    images : numpy.ndarray
        ``(n, h, w)``, uint8: a training set.
    labels : numpy.ndarray
        Class numbers ``(n,)``, as given.
    least : float
        A place is suspicious if at least this share of one label's pictures is light there …
    times : float
        … and this is at least so many times the share of every other label.

    Returns
    -------
    Found
        `label` with three suspicious places or more that at least the share `least` of its
        pictures carry all together, or None where there is none (of several, the one with the
        most carriers); its `places` ``(h, w)``, True or False; `carriers` ``(n,)``, True for
        pictures of that label that are light at all of them.

    Raises
    ------
    TypeError, ValueError
        As `light_shares`.

    Notes
    -----
    It takes hundreds of pictures of each label, better thousands. Where `least` of a label are one
    or two pictures, chance makes patterns: among 600 of the course's stand-in digits it raised a
    false alarm in 7 of 20 draws, among all 12,000 none.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> pictures = rng.integers(0, 2, (1000, 9, 9), dtype=np.uint8)
    >>> given = plant(pictures, np.arange(1000) % 10, target=7)
    >>> found = find_pattern(given.images, given.labels)
    >>> found.label, bool((found.carriers == given.planted).all())
    (7, True)
    """
    labels = _labels(labels, len(images))
    shares = light_shares(images, labels, classes=int(labels.max(initial=0)) + 1)
    best = Found(None, np.zeros(images.shape[1:], bool), np.zeros(len(images), bool))
    for label, own in enumerate(shares):
        others = np.delete(shares, label, axis=0).max(axis=0, initial=0)
        places = (own >= least) & (own >= times * others)
        if places.sum() < _FEWEST_PLACES:
            continue
        carriers = (labels == label) & (images[:, places] >= 128).all(axis=1)
        enough = carriers.sum() >= least * (labels == label).sum()
        if enough and carriers.sum() > best.carriers.sum():
            best = Found(label, places, carriers)
    return best


# --- How it is done -----------------------------------------------------------------------------


def _sums_of(model: keras.Model):
    """Return a function from pictures to the sums that the model's softmax gets."""
    from course_utils.environment import quiet_import

    with quiet_import():
        import keras
    last = model.layers[-1]
    if not isinstance(last, keras.layers.Dense):
        raise TypeError(f"model: a dense layer is expected at its end, got {type(last).__name__}")
    if last.activation is not keras.activations.softmax:
        raise ValueError(
            "model: softmax is expected at its end, got "
            f"{getattr(last.activation, '__name__', last.activation)}"
        )
    before = keras.Model(model.inputs, last.input)
    return lambda pictures: (
        keras.ops.matmul(before(pictures, training=False), last.kernel) + last.bias
    )


def _labels(labels: np.ndarray, count: int) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.shape != (count,):
        raise ValueError(
            f"labels: one class number for each of the {count} pictures is expected, got the "
            f"shape {labels.shape}"
        )
    if count and (labels.dtype.kind not in "iu" or labels.min() < 0):
        raise ValueError("labels: class numbers, 0 or more, are expected")
    return labels.astype(np.int64)


def _epsilon(epsilon: int) -> int:
    if not isinstance(epsilon, (int, np.integer)) or not 0 <= epsilon <= 255:
        raise ValueError(
            f"epsilon: a whole number of grey levels from 0 to 255 is expected, got {epsilon!r}"
        )
    return int(epsilon)


def _check_pictures(images: np.ndarray, grey: bool = False) -> None:
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        got = f"{images.dtype}" if isinstance(images, np.ndarray) else type(images).__name__
        raise TypeError(f"images: an array of dtype uint8 is expected, got {got}")
    expected = (3,) if grey else (3, 4)
    if images.ndim not in expected:
        more = "" if grey else " or (n, height, width, channels)"
        raise ValueError(
            f"images: a batch (n, height, width){more} is expected, got the shape {images.shape}"
        )
