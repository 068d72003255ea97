"""The stand-ins: what a notebook relies on when there is neither MNIST nor CIFAR-10."""

import dataclasses
import hashlib
import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from course_utils import stand_ins

PARTS = stand_ins.PARTS


@pytest.fixture(scope="module")
def digits():
    return stand_ins.digits()


@pytest.fixture(scope="module")
def origins():
    return stand_ins.digit_origins()


@pytest.fixture(scope="module")
def pictures():
    return stand_ins.pictures()


def part_of(data, part):
    return getattr(data, f"x_{part}"), getattr(data, f"y_{part}")


def digest(*arrays):
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()


def distinct(images):
    return {image.tobytes() for image in images}


# --- Both -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["digits", "pictures"])
@pytest.mark.parametrize("part", PARTS)
def test_shapes_and_types(name, part, request):
    x, y = part_of(request.getfixturevalue(name), part)
    counts = {
        "digits": {"train": 12_000, "val": 260, "test": 376},
        "pictures": {"train": 12_000, "val": 1_000, "test": 2_000},
    }
    shape = {"digits": (28, 28), "pictures": (32, 32, 3)}[name]
    assert x.shape == (counts[name][part], *shape)
    assert y.shape == x.shape[:1]
    assert x.dtype == y.dtype == np.uint8


@pytest.mark.parametrize("name", ["digits", "pictures"])
def test_training_classes_are_equally_frequent(name, request):
    data = request.getfixturevalue(name)
    assert np.bincount(data.y_train, minlength=10).tolist() == [1200] * 10


@pytest.mark.parametrize("name", ["digits", "pictures"])
def test_training_images_come_in_mixed_order(name, request):
    y = request.getfixturevalue(name).y_train
    first = np.bincount(y[:1000], minlength=10)
    assert first.min() > 60 and first.max() < 140
    assert (y[1:] == y[:-1]).mean() < 0.15


@pytest.mark.parametrize("name", ["digits", "pictures"])
def test_no_image_is_in_two_parts(name, request):
    data = request.getfixturevalue(name)
    seen = {part: distinct(part_of(data, part)[0]) for part in PARTS}
    for one, other in itertools.combinations(PARTS, 2):
        assert not seen[one] & seen[other]


def test_no_picture_is_drawn_twice(pictures):
    assert len(distinct(pictures.x_train)) == 12_000


# --- The same bytes every time --------------------------------------------------------------------

FEW = """
import hashlib, sys
from course_utils import stand_ins
print(*sorted(sys.modules))
data = [stand_ins._picture_part(part, 20, 0) for part in stand_ins.PARTS]
origins = stand_ins.digit_origins()
print(hashlib.sha256(b"".join(array.tobytes() for part in data for array in part)
                     + b"".join(o.base.astype("<i8").tobytes() for o in origins.values())
                     ).hexdigest())
"""


@pytest.fixture(scope="module")
def another_process():
    """Return the modules loaded by the import, and a digest of a few images."""
    done = subprocess.run(
        [sys.executable, "-c", FEW], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.splitlines()


def few_digest():
    drawn = [stand_ins._picture_part(part, 20, 0) for part in PARTS]
    bases = [origin.base.astype("<i8") for origin in stand_ins.digit_origins().values()]
    return digest(*(array for part in drawn for array in part), *bases)


def test_another_process_gets_the_same_bytes(another_process):
    assert another_process[1] == few_digest()


def test_importing_it_loads_neither_scipy_nor_scikit_learn(another_process):
    loaded = set(another_process[0].split())
    assert "course_utils.stand_ins" in loaded
    assert not {"sklearn", "scipy", "tensorflow", "keras", "matplotlib"} & loaded


def test_digits_are_the_same_the_second_time(digits, origins):
    ink = stand_ins._ink(stand_ins._small_digits()[0])
    scale = stand_ins._fitting_scale(ink)
    for number, part in enumerate(PARTS):
        x, _ = part_of(digits, part)
        few = dataclasses.replace(origins[part], base=origins[part].base[:200])
        assert np.array_equal(stand_ins._digit_images(few, ink, scale, (2, 0, number)), x[:200])


def test_pictures_do_not_depend_on_how_many_were_drawn_before(pictures):
    label = int(pictures.y_test[137])
    alone = stand_ins._picture(label, stand_ins._generator(4, 0, PARTS.index("test"), 137))
    assert np.array_equal(alone, pictures.x_test[137])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), label=st.integers(0, 9))
def test_a_picture_follows_from_its_key(seed, label):
    first, second, other = (
        stand_ins._picture(label, stand_ins._generator(*key))
        for key in ((seed, 1), (seed, 1), (seed, 2))
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_another_seed_draws_other_pictures(pictures):
    x, _ = stand_ins._picture_part("val", 30, 1)
    assert not distinct(x) & distinct(pictures.x_val)


# --- Digits: whose they are -----------------------------------------------------------------------

FORM = "0123456789" * 3 + (
    "0955650989841773510022782012633733466649150952820017632174631391"
    "768431405369617544728225795488490898"
)


def is_form_with_gaps(labels, form=FORM):
    rest = iter(form)
    return all(label in rest for label in labels)


def test_writers_follow_from_the_order_of_the_labels():
    labels = "".join(map(str, stand_ins._small_digits()[1]))
    bounds = [*stand_ins.WRITER_STARTS, len(labels)]
    forms = [labels[a:b] for a, b in itertools.pairwise(bounds)]
    assert sum(len(FORM) - len(form) for form in forms) == 23
    assert sum(form == FORM for form in forms) == 8
    odd = [form for form in forms if not is_form_with_gaps(form)]
    assert len(odd) == 1, "one form has a label that differs; it is complete"
    assert sum(a != b for a, b in zip(odd[0], FORM, strict=True)) == 1


def test_a_boundary_moved_by_one_no_longer_fits():
    """Each form begins where the text says: the digit before it ends another form."""
    labels = "".join(map(str, stand_ins._small_digits()[1]))
    for start in stand_ins.WRITER_STARTS[1:]:
        assert is_form_with_gaps(labels[start : start + 20], FORM[:25])
        assert not is_form_with_gaps(labels[start - 1 : start + 19], FORM[:25])


def test_nobody_writes_in_two_parts(origins):
    writers = {part: set(origins[part].writer.tolist()) for part in PARTS}
    assert writers == {part: set(stand_ins.WRITERS[part]) for part in PARTS}
    assert sum(map(len, writers.values())) == len(set.union(*writers.values())) == 14


def test_no_handwritten_digit_is_in_two_parts(origins):
    bases = {part: set(origins[part].base.tolist()) for part in PARTS}
    assert sum(map(len, bases.values())) == len(set.union(*bases.values())) == 1797


def test_the_writer_is_the_one_of_the_base_image(origins):
    bounds = [*stand_ins.WRITER_STARTS, 1797]
    for origin in origins.values():
        for base, writer in zip(origin.base.tolist(), origin.writer.tolist(), strict=True):
            assert bounds[writer] <= base < bounds[writer + 1]


def test_closest_hands_share_a_part():
    homes = {writer: part for part, forms in stand_ins.WRITERS.items() for writer in forms}
    images, labels = stand_ins._small_digits()
    bounds = [*stand_ins.WRITER_STARTS, len(labels)]
    means = np.array(
        [
            [images[a:b][labels[a:b] == c].mean(axis=0).ravel() for c in range(10)]
            for a, b in itertools.pairwise(bounds)
        ]
    )
    apart = {
        (i, j): np.linalg.norm(means[i] - means[j], axis=1).mean()
        for i, j in itertools.combinations(range(14), 2)
    }
    assert min(apart.values()) > 1.1
    for i, j in sorted(apart, key=apart.get)[:2]:
        assert homes[i] == homes[j]


# --- Digits: what they look like ------------------------------------------------------------------


def eight_by_eight(image):
    """Cut a digit out and average it down to 8 × 8, as the scan did."""
    seen = image > image.max() / 3
    rows, columns = (np.flatnonzero(seen.any(axis=k)) for k in (1, 0))
    cut = Image.fromarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    return np.asarray(cut.resize((8, 8), Image.Resampling.BOX), float).ravel()


@pytest.mark.parametrize("part", ["val", "test"])
def test_every_image_shows_its_base_digit(part, digits, origins):
    """Averaged down again, an image resembles the digit it came from more than most others."""
    x, y = part_of(digits, part)
    small, labels = stand_ins._small_digits()
    base = origins[part].base
    assert np.array_equal(y, labels[base])
    scans = np.array([eight_by_eight((255 * small[k]).astype(np.uint8)) for k in base])
    seen = [eight_by_eight(image) for image in x[:40]]
    alike = np.corrcoef(seen, scans)[:40, 40:]
    rank = (alike > alike[np.arange(40), np.arange(40), None]).sum(axis=1)
    assert np.median(rank) == 0 and rank.max() < 26


def test_training_labels_are_those_of_the_base_digits(digits, origins):
    assert np.array_equal(digits.y_train, stand_ins._small_digits()[1][origins["train"].base])


@pytest.mark.parametrize("part", PARTS)
def test_centre_of_mass_is_at_the_centre(part, digits):
    x = part_of(digits, part)[0].astype(float)
    places = np.arange(28) - 13.5
    total = x.sum(axis=(1, 2))
    for axis in (1, 2):
        centre = (x.sum(axis=axis) * places).sum(axis=1) / total
        assert np.abs(centre).max() <= (1.0 if part == "train" else 0.25)


@pytest.mark.parametrize("part", PARTS)
def test_background_is_black_and_strokes_are_white(part, digits):
    x, _ = part_of(digits, part)
    border = np.ones((28, 28), bool)
    border[1:-1, 1:-1] = False
    assert (x[:, border].max(axis=1) == 0).mean() > 0.99
    assert (x == 0).mean() > 0.7
    assert (x.max(axis=(1, 2)) == 255).mean() > 0.99
    greys = x[x > 0]
    assert 0.3 < (greys < 224).mean() < 0.6, "edges are smooth, strokes are solid"


@pytest.mark.parametrize("part", ["val", "test"])
def test_plain_digits_fit_the_box(part, digits):
    seen = part_of(digits, part)[0] > 80
    for axis in (1, 2):
        lengths = [np.ptp(np.flatnonzero(line)) + 1 for line in seen.any(axis=axis)]
        assert max(lengths) <= 21
        if axis == 2:
            assert np.median(lengths) >= 19


def test_only_training_digits_are_varied(digits, origins):
    assert {part: origin.augmented for part, origin in origins.items()} == {
        "train": True,
        "val": False,
        "test": False,
    }
    small, _ = stand_ins._small_digits()
    ink = stand_ins._ink(small)
    scale = stand_ins._fitting_scale(ink)
    for part, same in (("train", False), ("val", True), ("test", True)):
        x, _ = part_of(digits, part)
        for i, base in enumerate(origins[part].base[:50]):
            plain = stand_ins._enlarge(ink[base], np.eye(2) / scale[base], stand_ins._INK, (0, 0))
            assert np.array_equal(x[i], plain) is same
    assert len(distinct(digits.x_train)) == 12_000
    assert len(np.unique(origins["test"].base)) == len(digits.x_test)


def test_every_training_digit_is_used_about_equally_often(origins):
    times = np.unique(origins["train"].base, return_counts=True)[1]
    assert times.min() >= 10 and times.max() <= 12


# --- Pictures -------------------------------------------------------------------------------------

CIFAR_ORDER = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
]


def test_classes_are_named_in_the_order_of_cifar_10():
    assert list(stand_ins.DRAWINGS) == CIFAR_ORDER
    assert [draw.__name__ for draw in stand_ins.DRAWINGS.values()] == CIFAR_ORDER


@pytest.mark.parametrize("part", PARTS)
def test_pictures_are_balanced_in_every_part(part, pictures):
    counts = np.bincount(part_of(pictures, part)[1], minlength=10)
    assert len(set(counts.tolist())) == 1


def test_all_classes_are_drawn_differently():
    """With the same random numbers, only the class decides what is seen."""
    for key in range(5):
        drawn = [stand_ins._picture(c, stand_ins._generator(9, key)) for c in range(10)]
        assert len(distinct(drawn)) == 10
        for one, other in itertools.combinations(drawn, 2):
            assert (np.abs(one.astype(int) - other).max(axis=2) > 60).sum() > 20


def test_no_class_has_a_colour_or_a_place_of_its_own(pictures):
    """The mean colours and the mean brightness map of each class are near those of all."""
    x, y = pictures.x_train.astype(np.float32), pictures.y_train
    colours = np.array([x[y == c].mean(axis=(0, 1, 2)) for c in range(10)])
    assert np.abs(colours - colours.mean(axis=0)).max() < 12
    maps = np.array([x[y == c].mean(axis=(0, 3)) for c in range(10)])
    assert np.abs(maps - maps.mean(axis=0)).max() < 60


def test_pictures_are_vivid_and_noisy(pictures):
    x = pictures.x_train[:2000].astype(float)
    assert x.std(axis=(1, 2, 3)).min() > 5
    assert 60 < x.mean() < 190
    steps = np.abs(np.diff(x, axis=2))
    assert np.quantile(np.median(steps, axis=(1, 2, 3)), 0.05) > 1


def test_colours_are_drawn_apart():
    dice = stand_ins.Dice(stand_ins._generator(0))
    near, far = (0, 0, 0), (40, 40, 40)
    apart = [
        min(
            stand_ins._difference(stand_ins._unlike(dice, (near, far), 150), c) for c in (near, far)
        )
        for _ in range(200)
    ]
    assert np.mean(np.array(apart) >= 150) > 0.95


@settings(max_examples=30, deadline=None)
@given(low=st.floats(-50, 50), width=st.floats(0, 100), seed=st.integers(0, 1000))
def test_dice_stay_within_their_bounds(low, width, seed):
    dice = stand_ins.Dice(stand_ins._generator(seed))
    assert all(low <= dice(low, low + width) <= low + width for _ in range(400))
    assert {dice.count(2, 4) for _ in range(200)} == {2, 3, 4}
