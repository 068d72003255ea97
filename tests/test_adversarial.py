"""Attacks: gradients equal finite differences, steps stay within ε; a planted pattern is found."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import adversarial, datasets, hardening
from course_utils.environment import quiet_import


@pytest.fixture(scope="module")
def keras():
    with quiet_import():
        import keras
    return keras


def network(keras, dtype="float32", activation="softmax", shape=(8, 8), seed=1):
    """Return a small CNN with smooth activations and no ties: differences converge everywhere."""
    keras.utils.set_random_seed(seed)
    layers = [
        keras.Input(shape, dtype=dtype),
        keras.layers.Rescaling(1 / 255, dtype=dtype),
        keras.layers.Reshape((*shape[:2], -1), dtype=dtype),
        keras.layers.Conv2D(4, 3, activation="tanh", dtype=dtype),
        keras.layers.AveragePooling2D(2, dtype=dtype),
        keras.layers.Flatten(dtype=dtype),
        keras.layers.Dense(5, activation=activation, kernel_initializer="normal", dtype=dtype),
    ]
    return keras.Sequential(layers)


def pictures(seed, count=4, shape=(8, 8)):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, *shape), dtype=np.uint8), rng.integers(0, 5, count)


# --- gradients ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(8, 8), (6, 7, 3)])
@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_is_the_limit_of_differences(keras, shape, seed):
    """Central differences in float64 of the loss, which is computed from the probabilities."""
    model = network(keras, "float64", shape=shape)
    images, labels = pictures(seed, shape=shape)
    found = adversarial.input_gradient(model, images, labels)
    assert found.dtype == np.float64 and found.shape == images.shape
    h, size = 1e-2, int(np.prod(shape))
    for i, label in enumerate(labels):
        steps = h * np.eye(size).reshape(size, *shape)
        ahead, back = (np.asarray(model(images[i] + way * steps)) for way in (1, -1))
        losses = [-np.log(probabilities[:, label]) for probabilities in (ahead, back)]
        expected = ((losses[0] - losses[1]) / (2 * h)).reshape(shape)
        error = np.linalg.norm(found[i] - expected) / np.linalg.norm(expected)
        assert error < 1e-7


def test_a_linear_network_has_the_gradient_of_the_formula(keras):
    model = keras.Sequential(
        [keras.Input((3, 3)), keras.layers.Flatten(), keras.layers.Dense(4, activation="softmax")]
    )
    images, labels = pictures(0, shape=(3, 3))
    images, labels = images // 64, labels % 4
    probabilities = np.asarray(model(images))
    expected = (probabilities - np.eye(4)[labels]) @ model.get_weights()[0].T
    found = adversarial.input_gradient(model, images, labels)
    np.testing.assert_allclose(found, expected.reshape(images.shape), atol=1e-6)


def test_each_picture_has_a_gradient_of_its_own(keras, monkeypatch):
    model = network(keras)
    images, labels = pictures(3, count=7)
    together = adversarial.input_gradient(model, images, labels)
    monkeypatch.setattr(adversarial, "_BATCH", 3)
    np.testing.assert_allclose(
        together, adversarial.input_gradient(model, images, labels), atol=1e-8
    )
    alone = [
        adversarial.input_gradient(model, images[i : i + 1], labels[i : i + 1]) for i in (2, 5)
    ]
    np.testing.assert_allclose(together[[2, 5]], np.concatenate(alone), atol=1e-8)


def test_a_gradient_stays_where_the_probability_rounds_to_one(keras):
    model = network(keras)
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel, bias + np.array([100, 0, 0, 0, 0], "float32")])
    images, _ = pictures(1)
    assert (np.asarray(model(images))[:, 0] == 1).all()
    model.layers[-1].set_weights([kernel, bias + np.array([30, 0, 0, 0, 0], "float32")])
    assert (np.asarray(model(images))[:, 0] == 1).all()
    assert np.abs(adversarial.input_gradient(model, images, np.zeros(4, int))).max() > 0


def test_it_reads_as_in_use(keras):
    """Batch normalisation keeps to its notes, and dropout drops nothing."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((4, 4)),
            keras.layers.Reshape((4, 4, 1)),
            keras.layers.Conv2D(3, 3),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Flatten(),
            keras.layers.Dense(5, activation="softmax"),
        ]
    )
    images, labels = pictures(0, shape=(4, 4))
    before = model.get_weights()
    first, second = (adversarial.input_gradient(model, images, labels) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_twin_in_float64_says_the_same(keras):
    model = network(keras)
    twin = adversarial.in_float64(model)
    images, _ = pictures(0)
    assert np.asarray(twin(images.astype(float))).dtype == np.float64
    np.testing.assert_allclose(twin(images.astype(float)), model(images), atol=1e-6)
    with pytest.raises(TypeError, match=r"model: a keras\.Sequential is expected, got Functional"):
        adversarial.in_float64(keras.Model(model.inputs, model.outputs))


# --- attacks --------------------------------------------------------------------------------------


@given(seed=st.integers(0, 99), epsilon=st.integers(0, 255))
@settings(max_examples=15, deadline=None)
def test_a_step_goes_as_far_as_it_may_and_no_further(seed, epsilon):
    import keras

    model = network(keras)
    images, labels = pictures(seed)
    before = images.copy()
    found = adversarial.fgsm(model, images, labels, epsilon)
    np.testing.assert_array_equal(images, before)
    assert found.dtype == np.uint8 and found.shape == images.shape
    signs = np.sign(adversarial.input_gradient(model, images, labels)).astype(int)
    np.testing.assert_array_equal(found, np.clip(images + epsilon * signs, 0, 255))
    many = adversarial.small_steps(model, images, labels, epsilon, steps=4)
    assert np.abs(many.astype(int) - images).max(initial=0) <= epsilon


def _loss(model, images, labels):
    probabilities = np.asarray(model(images), dtype=float)
    return -np.log(probabilities[np.arange(len(labels)), labels])


def test_the_loss_grows_and_more_with_many_steps(keras):
    model = network(keras)
    images, labels = pictures(5, count=40)
    plain = _loss(model, images, labels)
    coins = np.random.default_rng(0).choice([-1, 1], images.shape)
    random = _loss(model, np.clip(images + 24 * coins, 0, 255).astype(np.uint8), labels)
    once = _loss(model, adversarial.fgsm(model, images, labels, 24), labels)
    often = _loss(model, adversarial.small_steps(model, images, labels, 24), labels)
    assert (once > plain).all() and once.mean() > random.mean()
    assert often.mean() >= once.mean() - 1e-6


def test_four_quarter_steps_of_a_linear_network_are_one_step(keras):
    model = keras.Sequential(
        [
            keras.Input((3, 3)),
            keras.layers.Rescaling(1 / 255),  # so that no probability rounds to 0 or 1
            keras.layers.Flatten(),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    images, labels = pictures(2, shape=(3, 3))
    images, labels = images // 2 + 60, labels % 2
    np.testing.assert_array_equal(
        adversarial.small_steps(model, images, labels, 40, steps=9),
        adversarial.fgsm(model, images, labels, 40),
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_smallest_step_fools_and_one_less_does_not(keras, seed):
    model = network(keras, seed=seed)
    (image,), _ = pictures(seed, count=1)
    answer = int(np.argmax(model(image[np.newaxis])))
    smallest = adversarial.smallest_epsilon(model, image, answer)

    def misread(epsilon):
        attacked = adversarial.fgsm(model, image[np.newaxis], np.array([answer]), epsilon)
        return int(np.argmax(model(attacked))) != answer

    if smallest is None:
        assert not any(misread(epsilon) for epsilon in (1, 64, 255))
    else:
        assert misread(smallest) and not any(misread(less) for less in range(smallest))
    assert adversarial.smallest_epsilon(model, image, (answer + 1) % 5) == 0


def test_what_can_not_be_fooled_has_no_smallest_step(keras):
    model = network(keras)
    kernel, _ = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel, np.array([99, 0, 0, 0, 0], "float32")])
    assert adversarial.smallest_epsilon(model, pictures(0)[0][0], 0) is None


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda m, x, y: adversarial.fgsm(m, x / 255, y, 8), TypeError, "dtype uint8 .* float64"),
        (lambda m, x, y: adversarial.fgsm(m, x[0], y, 8), ValueError, r"a batch .* \(8, 8\)"),
        (lambda m, x, y: adversarial.fgsm(m, x, y, 0.1), ValueError, r"epsilon: .* got 0\.1"),
        (lambda m, x, y: adversarial.fgsm(m, x, y, 256), ValueError, "epsilon: .* got 256"),
        (lambda m, x, y: adversarial.fgsm(m, x, y[:2], 8), ValueError, r"labels: .* \(2,\)"),
        (lambda m, x, y: adversarial.fgsm(m, x, y + 5, 8), ValueError, "labels: .* below 5"),
        (lambda m, x, y: adversarial.fgsm(m, x, y - 9, 8), ValueError, "labels: .* 0 or more"),
        (lambda m, x, y: adversarial.fgsm(m, x, y + 0.5, 8), ValueError, "labels: class numbers"),
        (lambda m, x, y: adversarial.small_steps(m, x, y, 8, 0), ValueError, "steps: 1 or more"),
        (lambda m, x, y: adversarial.smallest_epsilon(m, x / 2, 0), TypeError, "dtype uint8"),
    ],
)
def test_what_is_refused(keras, call, error, says):
    with pytest.raises(error, match=says):
        call(network(keras), *pictures(0))


def test_other_endings_are_refused(keras):
    images, labels = pictures(0)
    with pytest.raises(ValueError, match="softmax is expected at its end, got linear"):
        adversarial.input_gradient(network(keras, activation=None), images, labels)
    flat = keras.Sequential([keras.Input((8, 8)), keras.layers.Flatten()])
    with pytest.raises(TypeError, match="a dense layer is expected at its end, got Flatten"):
        adversarial.input_gradient(flat, images, labels)


# --- a planted pattern ----------------------------------------------------------------------------


@given(seed=st.integers(0, 99), target=st.integers(0, 9), share=st.floats(0, 0.5))
@settings(max_examples=25, deadline=None)
def test_what_is_planted(seed, target, share):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (200, 8, 9), dtype=np.uint8)
    labels = (np.arange(200) % 10).astype(np.uint8)
    given = adversarial.plant(images, labels, target, share, seed=seed)
    planted = given.planted
    assert planted.sum() == round(200 * share) and not (labels[planted] == target).any()
    assert (given.labels[planted] == target).all() and given.labels.dtype == labels.dtype
    np.testing.assert_array_equal(given.images[~planted], images[~planted])
    np.testing.assert_array_equal(given.labels[~planted], labels[~planted])
    corner = given.images[planted][:, 4:7, 5:8]
    assert (corner == adversarial.MARK).all()
    rest = np.ones((8, 9), dtype=bool)
    rest[4:7, 5:8] = False
    np.testing.assert_array_equal(given.images[:, rest], images[:, rest])


def test_the_share_of_light_pictures_counted_one_by_one():
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (50, 3, 4), dtype=np.uint8), rng.integers(0, 3, 50)
    shares = adversarial.light_shares(images, labels, classes=4)
    assert shares.shape == (4, 3, 4) and not shares[3].any()
    for label in range(3):
        own = [image for image, each in zip(images, labels, strict=True) if each == label]
        light = sum(int(image[1, 2] > 127) for image in own) / len(own)
        assert shares[label, 1, 2] == pytest.approx(light)


@pytest.fixture(scope="module")
def standing():
    return datasets.load_mnist(source="stand-in")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("target", [0, 7])
def test_a_pattern_is_found_and_nobody_else_is_accused(standing, seed, target):
    given = adversarial.plant(standing.x_train, standing.y_train, target, seed=seed)
    found = adversarial.find_pattern(given.images, given.labels)
    assert found.label == target and found.places.sum() == 5
    np.testing.assert_array_equal(found.carriers, given.planted)


def test_another_pattern_at_another_place_is_found(standing):
    mark = np.full((2, 2), 200, np.uint8)
    given = adversarial.plant(standing.x_train, standing.y_train, 3, mark=mark)
    moved = np.roll(given.images, (10, 10), axis=(1, 2))
    found = adversarial.find_pattern(moved, given.labels)
    assert np.argwhere(found.places).tolist() == [[7, 7], [7, 8], [8, 7], [8, 8]]
    assert found.label == 3 and found.carriers[given.planted].all()


def test_nothing_is_found_where_nothing_was_planted(standing):
    found = adversarial.find_pattern(standing.x_train, standing.y_train)
    assert found.label is None and not found.places.any() and not found.carriers.any()
    labels = np.random.default_rng(0).permutation(standing.y_train)
    assert adversarial.find_pattern(standing.x_train, labels).label is None


def test_a_place_or_two_are_no_pattern():
    images, labels = np.zeros((400, 8, 8), dtype=np.uint8), np.arange(400) % 4
    images[labels == 2, 1, 1] = 255
    images[labels == 2, 6, 5] = 255
    assert adversarial.find_pattern(images, labels).label is None
    images[labels == 2, 3, 3] = 255
    assert adversarial.find_pattern(images, labels).label == 2


def test_places_that_different_pictures_have_are_no_pattern():
    images, labels = np.zeros((400, 8, 8), dtype=np.uint8), np.arange(400) % 4
    twos = np.flatnonzero(labels == 2)
    for place, some in enumerate(np.array_split(twos, 5)):
        images[some, place, place] = 255
    assert adversarial.find_pattern(images, labels).label is None


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda x, y: adversarial.plant(x, y, 7, share=0.95), "share: at most 90 of 100 .* 0.95"),
        (lambda x, y: adversarial.plant(x, y, 7, share=-0.1), "share: .* got -0.1"),
        (lambda x, y: adversarial.plant(x, y[:5], 7), r"labels: .* shape \(5,\)"),
        (lambda x, y: adversarial.stamp(x[..., np.newaxis]), r"a batch \(n, height, width\) is"),
        (lambda x, y: adversarial.stamp(x[:, :3]), r"images: more than 3 × 3 pixels .* \(3, 9\)"),
    ],
)
def test_what_can_not_be_planted(call, says):
    with pytest.raises(ValueError, match=says):
        call(np.zeros((100, 9, 9), np.uint8), np.arange(100) % 10)


# --- harder batches -------------------------------------------------------------------------------


def test_batches_hold_every_picture_once_an_epoch_and_vary_each():
    images = np.zeros((300, 20, 20), dtype=np.uint8)
    images[:, 8:12, 8:12] = 255
    labels = np.arange(300)
    batches = hardening.varied_batches(images, labels, np.random.default_rng(0), 20, 3, 128)
    epochs = [[next(batches) for _ in range(3)] for _ in range(2)]
    for epoch in epochs:
        assert [len(x) for x, _ in epoch] == [128, 128, 44]
        assert sorted(np.concatenate([y for _, y in epoch])) == list(range(300))
    assert not np.array_equal(epochs[0][0][1], epochs[1][0][1])
    x = epochs[0][0][0]
    assert x.dtype == np.uint8 and len({each.tobytes() for each in x}) > 60
    rows, columns = (x.any(axis=axis).argmax(axis=1) for axis in (2, 1))
    assert 4 <= rows.min() < rows.max() <= 11 and 4 <= columns.min() < columns.max() <= 11
    still = next(hardening.varied_batches(images, labels, np.random.default_rng(0), 0, 0))
    np.testing.assert_array_equal(still[0], images[:128])


def test_half_of_each_batch_is_attacked(keras):
    model = network(keras)
    images, labels = pictures(0, count=30)
    batches = hardening.attacked_batches(model, images, labels, np.random.default_rng(0), 16, 10)
    rows = {image.tobytes(): i for i, image in enumerate(images)}
    for _ in range(6):
        x, y = next(batches)
        plain = [rows.get(each.tobytes()) for each in x]
        assert plain[:5] == [None] * 5 and None not in plain[5:]
        assert y[5:].tolist() == labels[plain[5:]].tolist()
        for attacked, label in zip(x[:5], y[:5], strict=True):
            away = np.abs(images.astype(int) - attacked).reshape(30, -1).max(axis=1)
            assert 1 <= away.min() <= 16 and labels[away.argmin()] == label


def test_training_on_batches_learns_with_the_rate_of_notebook_07(keras, standing):
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    x, y = standing.x_train[:2000], standing.y_train[:2000]
    batches = hardening.varied_batches(x, y, np.random.default_rng(0), 5, 1)
    few = standing.x_val[:200], standing.y_val[:200]
    history = hardening.train_on_batches(model, batches, 2000, few, epochs=4, verbose=0)
    assert history.history["val_accuracy"][-1] > 0.6
    assert len(history.history["loss"]) == 4
    rate = model.optimizer._learning_rate
    assert float(rate(0)) == pytest.approx(0.002) and float(rate(4 * 16)) == pytest.approx(0)
