"""The oracle of precision and recall agrees with scikit-learn, which the check does not import."""

import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score

from course_utils.exercises import nb07


@pytest.mark.parametrize("seed", range(5))
def test_precision_and_recall(seed):
    for case in nb07.precision_recall.draw_cases(seed):
        truth, says = case.args
        expected = [f(truth, says, zero_division=0) for f in (precision_score, recall_score)]
        np.testing.assert_allclose(nb07.precision_recall.oracle(truth, says), expected)
