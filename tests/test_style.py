"""`style` against other ways to compute the same, and against what notebook 16 builds in view."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.from_notebook import definitions
from course_utils import style
from course_utils.environment import quiet_import

NAME = "16_a_gallery_of_uses.ipynb"


def drawn(seed):
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 7, 2)
    return rng, rng.normal(rng.uniform(-1, 1), 2, (height, width, rng.integers(1, 6)))


# --- the Gram matrix ------------------------------------------------------------------------------


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_gram_is_the_product_of_the_flattened_maps(seed):
    _, features = drawn(seed)
    rows = features.reshape(-1, features.shape[-1])
    np.testing.assert_allclose(
        style.gram_matrix(features), rows.T @ rows / len(rows), rtol=1e-9, atol=1e-12
    )


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_gram_forgets_the_order_of_the_places(seed):
    rng, features = drawn(seed)
    rows = features.reshape(-1, features.shape[-1])
    moved = rows[rng.permutation(len(rows))].reshape(features.shape)
    gram = style.gram_matrix(features)
    np.testing.assert_allclose(style.gram_matrix(moved), gram, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(gram, gram.T)
    assert np.linalg.eigvalsh(gram).min() > -1e-9 * max(1, np.abs(gram).max())
    np.testing.assert_allclose(np.diag(gram), (rows**2).mean(axis=0), rtol=1e-9)


def test_gram_notices_when_one_map_alone_is_moved():
    features = np.stack([[[1.0, 2], [0, 1]], [[0, 1], [3, 1]]], axis=-1)
    assert style.gram_matrix(features).tolist() == [[1.5, 0.75], [0.75, 2.75]]
    features[..., 1] = features[::-1, ::-1, 1]
    assert style.gram_matrix(features)[0, 1] == 1.75


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((2, 2)), r"features: expected the shape \(h, w, c\), got \(2, 2\)"),
        (np.zeros((0, 2, 1)), r"features: expected"),
        (np.full((1, 1, 1), np.nan), "features holds numbers that are not finite"),
    ],
)
def test_gram_says_what_it_cannot_read(values, message):
    with pytest.raises(ValueError, match=message):
        style.gram_matrix(values)


# --- losses ---------------------------------------------------------------------------------------


def test_total_variation_by_loops():
    picture = np.random.default_rng(3).normal(size=(4, 3, 3))
    rows, columns, _ = picture.shape
    down = [abs(picture[r + 1, c] - picture[r, c]) for r in range(rows - 1) for c in range(columns)]
    right = [
        abs(picture[r, c + 1] - picture[r, c]) for r in range(rows) for c in range(columns - 1)
    ]
    assert style.total_variation(picture) == pytest.approx(np.mean(down) + np.mean(right))
    assert style.total_variation(np.full((3, 4, 3), 7.0)) == 0


def test_losses_are_0_for_the_picture_itself():
    layers = [drawn(seed)[1] for seed in (1, 2)]
    grams = [style.gram_matrix(maps) for maps in layers]
    assert style.style_loss(layers, grams) == 0
    assert style.content_loss(layers[0], layers[0]) == 0
    assert style.style_loss([2 * maps for maps in layers], grams) == pytest.approx(18)
    assert style.content_loss(layers[0] + 3, layers[0]) == pytest.approx(9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: style.content_loss(m, m[:1]), "expected the same"),
        (lambda m: style.style_loss([m], []), "1 layers, 0 wanted"),
        (lambda m: style.style_loss([], []), "0 layers, 0 wanted"),
        (lambda m: style.style_loss([m], [np.eye(3)]), r"wanted\[0\]: expected the shape \(2, 2\)"),
        (lambda m: style.style_loss([m], [np.zeros((2, 2))]), "is all zeros"),
        (lambda m: style.total_variation(m[:1]), "two rows and columns or more"),
        (lambda m: style.photograph("rose"), "'rose'; expected one of 'china', 'flower'"),
        (lambda m: style.photograph("china", 0), "side is 0; expected"),
        (lambda m: style.photograph("china", 500), "side is 500; expected"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.ones((2, 2, 2)))


@pytest.mark.parametrize("name", ["china", "flower"])
def test_photographs_are_what_scikit_learn_has(name):
    from sklearn.datasets import load_sample_image

    photo = style.photograph(name, 40)
    assert photo.shape == (40, 40, 3) and photo.dtype == np.float32
    assert photo.min() >= 0 and photo.max() <= 255 and photo.std() > 20
    top, left, side = style._CUTS[name]
    square = load_sample_image(f"{name}.jpg")[top : top + side, left : left + side]
    assert square.shape == (side, side, 3)
    np.testing.assert_allclose(photo.mean(axis=(0, 1)), square.mean(axis=(0, 1)), atol=1)


# --- what stands in the notebook ------------------------------------------------------------------


@pytest.fixture(scope="module")
def seen():
    """Pictures of 24 × 24, a small network's three layers, and the notebook's functions."""
    with quiet_import():
        import keras
        import tensorflow as tf
    keras.utils.set_random_seed(0)
    picture = keras.Input((None, None, 3))
    layers, x = [], keras.layers.Rescaling(1 / 255)(picture)
    for maps in (4, 5, 6):
        x = keras.layers.Conv2D(maps, 3, padding="same", activation="relu")(x)
        layers.append(x)
        x = keras.layers.MaxPooling2D()(x)
    eyes = keras.Model(picture, layers)
    content, manner = (style.photograph(name, 24) for name in ("china", "flower"))
    wanted = [each[0] for each in eyes(manner[np.newaxis])]
    given = {"content_maps": eyes(content[np.newaxis])[2][0]}
    basics = definitions(NAME, ["gram", "losses"], tf=tf, eyes=eyes)
    given["style_grams"] = [basics.gram(each) for each in wanted]
    paint = definitions(
        NAME, ["paint", "losses", "gram"], tf=tf, keras=keras, np=np, eyes=eyes, **given
    ).paint
    return SimpleNamespace(
        tf=tf, eyes=eyes, content=content, manner=manner, paint=paint, **vars(basics), **given
    )


@pytest.mark.parametrize("name", ["content", "manner"])
def test_the_notebooks_losses_are_those_of_the_module(seen, name):
    picture = getattr(seen, name)
    maps = [each[0].numpy() for each in seen.eyes(picture[np.newaxis])]
    for own in maps:
        np.testing.assert_allclose(seen.gram(own), style.gram_matrix(own), rtol=1e-4, atol=1e-6)
    grams = [np.asarray(each) for each in seen.style_grams]
    expected = (
        style.content_loss(maps[2], np.asarray(seen.content_maps)),
        style.style_loss(maps, grams),
        style.total_variation(picture),
    )
    found = seen.losses(seen.tf.constant(picture), seen.content_maps, seen.style_grams)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


def test_painting_lowers_the_loss_and_keeps_to_pixels(seen):
    weights = (0.3, 1.0, 0.003)
    shown, curves = seen.paint(seen.content, weights, steps=30)
    assert len(shown) == 3 and curves.shape == (30, 3)
    np.testing.assert_array_equal(shown[0], seen.content)
    assert all(each.min() >= 0 and each.max() <= 255 for each in shown)
    assert (curves @ weights)[-1] < 0.7 * (curves @ weights)[0]


def test_without_content_and_style_only_smoothness_is_left(seen):
    shown, curves = seen.paint(seen.content, (0.0, 0.0, 1.0), steps=60)
    assert style.total_variation(shown[-1]) < 0.6 * style.total_variation(shown[0])
    assert curves[0, 2] == pytest.approx(style.total_variation(seen.content), rel=1e-4)
