"""The rules of `optimisers` take the same steps as Keras's."""

import numpy as np
import pytest

from course_utils.optimisers import Adam, GradientDescent

RULES = {
    "gradient descent": (lambda: GradientDescent(0.1), lambda k: k.SGD(0.1)),
    "momentum": (lambda: GradientDescent(0.1, momentum=0.9), lambda k: k.SGD(0.1, momentum=0.9)),
    "Adam": (lambda: Adam(0.05), lambda k: k.Adam(0.05)),
}


@pytest.mark.parametrize("name", RULES)
def test_the_same_steps_as_keras(name):
    from course_utils.environment import quiet_import

    with quiet_import():
        import keras

    ours, theirs = RULES[name][0](), RULES[name][1](keras.optimizers)
    rng = np.random.default_rng(0)
    start = [rng.normal(size=(3, 2)), rng.normal(size=2)]
    arrays = [w.copy() for w in start]
    variables = [keras.Variable(w, dtype="float64") for w in start]
    for _ in range(12):
        slopes = [rng.normal(size=w.shape) for w in start]
        ours.update(arrays, slopes)
        theirs.apply(slopes, variables)
    for array, variable in zip(arrays, variables, strict=True):
        np.testing.assert_allclose(array, variable.numpy(), atol=1e-5)  # Keras: float32 rates


@pytest.mark.parametrize("name", RULES)
def test_each_rule_finds_the_bottom_of_a_bowl(name):
    w = np.array([3.0, -2.0])
    rule = RULES[name][0]()
    for _ in range(600):
        rule.update([w], [2 * w])
    np.testing.assert_allclose(w, 0, atol=1e-3)


def test_a_slope_too_few_is_an_error():
    with pytest.raises(ValueError):
        GradientDescent(0.1).update([np.zeros(2), np.zeros(2)], [np.zeros(2)])
