"""`SmallCNN`: its gradients, its training, and the digits it has to read."""

import numpy as np
import pytest

from benchmarks import small_cnn
from course_utils.convolution import SmallCNN
from course_utils.optimisers import Adam, GradientDescent

POOLINGS = ["max", "average", "global max", None]


def pictures(n=6, side=5, channels=2, classes=3):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, side, side, channels)), rng.integers(0, classes, n)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_gradients_equal_central_differences(pooling):
    x, y = pictures()
    network = SmallCNN((5, 5, 2), classes=3, kernels=4, pooling=pooling, seed=1)
    network.kernel_bias[:] = 0.1, -0.2, 0.3, 0.05
    for ours, array in zip(network.gradients(x, y), network.parameters, strict=True):
        theirs = np.empty_like(array)
        for place in np.ndindex(array.shape):
            middle, nudge = array[place], 1e-6
            array[place] = middle + nudge
            above = network.cost(x, y)
            array[place] = middle - nudge
            theirs[place] = (above - network.cost(x, y)) / (2 * nudge)
            array[place] = middle
        assert np.linalg.norm(ours - theirs) / np.linalg.norm(theirs) < 1e-6


def test_it_reads_the_digits():
    """One split here; `benchmarks.small_cnn` takes the median of five, and wants 0.97."""
    assert small_cnn.one_split(0)["accuracy"] >= 0.96


def test_shuffled_labels_teach_nothing():
    (x, y), (x_val, y_val), _ = small_cnn.split(0)
    rng = np.random.default_rng(0)
    network = SmallCNN()
    network.train(x, rng.permutation(y), 3, 32, Adam(0.01), rng)
    assert network.accuracy(x_val, y_val) < 0.3


def test_the_parts_of_a_split_share_no_picture():
    parts = small_cnn.split(0)
    assert [len(x) for x, _ in parts] == [1078, 359, 360]
    assert sum(len(x) for x, _ in parts) == 1797
    all_parts = np.concatenate([x.reshape(len(x), -1) for x, _ in parts])
    assert len(np.unique(all_parts, axis=0)) == 1797  # no two digits are alike in the first place


def test_moved_digits_keep_their_ink():
    x = np.pad(np.ones((1, 2, 2, 1)), ((0, 0), (2, 2), (2, 2), (0, 0)))
    assert [len(small_cnn.moved(x, far)) for far in range(3)] == [1, 8, 16]
    corners = {tuple(np.argwhere(one[0, :, :, 0])[0]) for one in small_cnn.moved(x, 2)}
    assert corners == {(r, c) for r in range(5) for c in range(5) if {r, c} & {0, 4}}


def test_training_is_repeatable_and_notes_every_epoch():
    x, y = pictures(n=20)
    histories = []
    for _ in range(2):
        network = SmallCNN((5, 5, 2), classes=3, kernels=2, seed=3)
        rng = np.random.default_rng(4)
        histories.append(network.train(x, y, 4, 8, GradientDescent(0.1), rng, (x, y)))
    assert histories[0] == histories[1]
    assert set(histories[0]) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(len(values) == 4 for values in histories[0].values())
    assert histories[0]["loss"] == histories[0]["val_loss"]
    assert histories[0]["loss"][-1] < histories[0]["loss"][0]


def test_it_predicts_probabilities():
    network = SmallCNN((5, 5, 2), classes=3, kernels=2)
    answer = network.predict(pictures()[0])
    assert answer.shape == (6, 3)
    np.testing.assert_allclose(answer.sum(axis=1), 1)
    assert network.accuracy(pictures()[0], answer.argmax(axis=1)) == 1


def test_the_start_is_he_s():
    network = SmallCNN((8, 8, 4), classes=50, kernels=64, size=5)
    assert network.kernels.std() == pytest.approx((2 / 100) ** 0.5, rel=0.05)
    assert network.weights.std() == pytest.approx((2 / 1024) ** 0.5, rel=0.05)
    assert not network.kernel_bias.any()
    assert not network.bias.any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda net: SmallCNN(pooling="min"),
            "pooling: one of 'max', .*None is expected, got 'min",
        ),
        (lambda net: net.predict(np.ones((9, 8, 8))), r"x: pictures \(n, 8, 8, 1\) .* \(9, 8, 8\)"),
        (lambda net: fit(net, [0, 10]), r"y: whole numbers from 0 to 9, shape \(2,\), .* 0 to 10"),
        (lambda net: fit(net, [0.0, 1.0]), r"y: whole numbers .* got float64"),
        (lambda net: fit(net, [0, 1, 2]), r"y: whole numbers .* shape \(3,\)$"),
        (lambda net: fit(net, np.eye(10)[:2]), r"y: whole numbers .* shape \(2, 10\)"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call(SmallCNN())


def fit(network, y):
    network.train(np.ones((2, 8, 8, 1)), y, 1, 2, Adam(), np.random.default_rng(0))
