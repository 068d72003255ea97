"""The hand-made oracles of notebook 07 agree with scikit-learn, which the checks do not import."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import precision_score, recall_score

from course_utils.exercises import nb07


@pytest.mark.parametrize("seed", range(5))
def test_precision_and_recall(seed):
    for case in nb07.precision_recall.draw_cases(seed):
        truth, says = case.args
        expected = [f(truth, says, zero_division=0) for f in (precision_score, recall_score)]
        np.testing.assert_allclose(nb07.precision_recall.oracle(truth, says), expected)


@pytest.mark.parametrize("seed", range(5))
def test_the_dullest_baseline(seed):
    for case in nb07.majority_accuracy.draw_cases(seed):
        train, test = case.args
        dull = DummyClassifier(strategy="most_frequent").fit(np.zeros((len(train), 1)), train)
        expected = dull.score(np.zeros((len(test), 1)), test)
        assert nb07.majority_accuracy.oracle(train, test) == pytest.approx(expected)
