"""What notebook 03 relies on agrees with scikit-learn and SciPy, which the checks do not import."""

import numpy as np
import pytest
from scipy import special
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from course_utils import dense
from course_utils.exercises import nb03
from tests.notebooks.parts import Notebook, notebook_paths

SEEDS = range(5)


def cases(exercise):
    return [*exercise.fixed_cases, *(case for seed in SEEDS for case in exercise.draw_cases(seed))]


def test_standardise_is_standard_scaler():
    for case in cases(nb03.standardise):
        train, test = case.args
        scaler = StandardScaler().fit(train)
        mine = nb03.standardise.oracle(train, test)
        for got, table in zip(mine, (train, test), strict=True):
            np.testing.assert_allclose(got, scaler.transform(table), atol=1e-9)


def test_one_hot_is_one_hot_encoder():
    for case in cases(nb03.one_hot):
        codes, classes = case.args
        encoder = OneHotEncoder(categories=[list(range(classes))], sparse_output=False)
        expected = encoder.fit_transform(codes.reshape(-1, 1))
        np.testing.assert_array_equal(nb03.one_hot.oracle(codes, classes), expected)


def test_softmax_is_scipys_also_at_a_thousand():
    for case in cases(nb03.softmax):
        (scores,) = case.args
        expected = special.softmax(scores, axis=1)
        np.testing.assert_allclose(nb03.softmax.oracle(scores), expected, atol=1e-12)
        np.testing.assert_allclose(dense.softmax(scores), expected, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_hidden_size_is_that_of_a_network_with_so_many_parameters(seed):
    for case in nb03.hidden_size.draw_cases(seed):
        inputs, outputs, total = case.args
        hidden = nb03.hidden_size.oracle(*case.args)
        sizes, names = [inputs, hidden, outputs], ["linear", "linear"]
        network = dense.initialise(sizes, names, np.random.default_rng(0))
        assert sum(array.size for array in network.parameters) == total


@pytest.mark.parametrize("seed", SEEDS)
def test_collapse_answers_as_two_layers_do(seed):
    rng = np.random.default_rng(seed)
    for case in nb03.collapse.draw_cases(seed):
        w1, b1, w2, b2 = case.args
        network = dense.Network([w1, w2], [b1, b2], ("linear", "linear"))
        x = rng.normal(size=(4, len(w1)))
        w, b = nb03.collapse.oracle(w1, b1, w2, b2)
        np.testing.assert_allclose(x @ w + b, dense.forward(network, x)[-1], atol=1e-9)


def test_keras_stands_only_in_cells_marked_as_its_oracle():
    (path,) = (path for path in notebook_paths() if path.name.startswith("03_"))
    oracles = 0
    for cell in Notebook.read(path).code:
        if cell.source.startswith("# Oracle: Keras\n"):
            oracles += 1
        else:
            assert "keras" not in cell.source and "tensorflow" not in cell.source, cell.number
    assert oracles == 2
