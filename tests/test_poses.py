"""The stick figures of notebook 15: skeletons, pictures, the split, and the benchmark on them."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import checks, poses
from course_utils.datasets import Dataset
from course_utils.exercises import nb15

ROOT = Path(__file__).resolve().parents[1]
SMALL = {"people": 4, "per_pose": 8, "seed": 3}

# Of draw(**SMALL), with the locked NumPy and Pillow. Change it only together with poses.VERSION.
DIGEST = "658f284dfb88d7d5af39ae95cb7680677591ff77278aad781a6b5832c0e46c44"


def digest(drawn) -> str:
    return hashlib.sha256(
        b"".join(np.ascontiguousarray(each).tobytes() for each in drawn)
    ).hexdigest()


@pytest.fixture(scope="module")
def drawn():
    return poses.draw(people=10, per_pose=100, seed=0)


# --- skeletons ------------------------------------------------------------------------------------

sizes = st.lists(st.floats(0.05, 2), min_size=8, max_size=8)


@given(
    pose=st.sampled_from(poses.POSES),
    seed=st.integers(0, 10**6),
    n=st.integers(1, 5),
    lengths=sizes,
)
@settings(max_examples=80, deadline=None)
def test_limbs_keep_their_lengths_whatever_the_pose(pose, seed, n, lengths):
    joints = poses.skeletons(pose, n, np.random.default_rng(seed), lengths)
    assert joints.shape == (n, len(poses.JOINTS), 3)
    torso, neck, shoulder, upper, fore, hip, thigh, shin = lengths
    expected = [torso, neck, *(shoulder, upper, fore) * 2, *(hip, thigh, shin) * 2]
    for (start, end), length in zip(poses.LIMBS, expected, strict=True):
        found = np.linalg.norm(joints[:, end] - joints[:, start], axis=-1)
        np.testing.assert_allclose(found, length, rtol=1e-9)


def test_limbs_are_a_tree_over_all_joints_and_join_what_their_names_say():
    assert sorted(end for _, end in poses.LIMBS) == list(range(1, len(poses.JOINTS)))
    reached = {0}
    for start, end in poses.LIMBS:
        assert start in reached
        reached.add(end)
    named = {(poses.JOINTS[a], poses.JOINTS[b]) for a, b in poses.LIMBS}
    chains = [("pelvis", "neck", "head")]
    for side in "12":
        chains += [("neck", *(f"{joint} {side}" for joint in ("shoulder", "elbow", "hand")))]
        chains += [("pelvis", *(f"{joint} {side}" for joint in ("hip", "knee", "foot")))]
    assert named == {pair for chain in chains for pair in pairwise(chain)}


@given(
    flat=st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=15, max_size=15).filter(
        lambda points: np.ptp(points, axis=0).max() > 0.1
    ),
    height=st.floats(1, 500),
    place=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
@settings(max_examples=80, deadline=None)
def test_placed_figures_keep_their_form_and_stay_inside(flat, height, place):
    flat = np.array([flat])
    placed = poses._placed(flat, np.array([height]), np.array([place]))
    assert placed.min() >= poses._EDGE - 1e-9
    assert placed.max() <= poses.SIDE - 1 - poses._EDGE + 1e-9
    scale = np.ptp(placed, axis=1).max() / np.ptp(flat, axis=1).max()
    assert 0 < scale <= height * (1 + 1e-9)
    np.testing.assert_allclose(placed - placed[:, :1], scale * (flat - flat[:, :1]), atol=1e-6)


@given(pose=st.sampled_from(poses.POSES), seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_all_joints_are_inside_the_picture(pose, seed):
    rng = np.random.default_rng(seed)
    joints = poses._session(pose, 4, poses._person(rng), rng)
    assert joints.shape == (4, 15, 2)
    assert joints.min() >= 0 and joints.max() <= poses.SIDE - 1


def height(joints, name):
    return joints[:, poses.JOINTS.index(name), 1]


@pytest.mark.parametrize("seed", range(10))
def test_a_pose_is_what_its_name_says(seed):
    def session(pose):
        return poses.skeletons(pose, 20, np.random.default_rng(seed))

    for hand in ("hand 1", "hand 2"):
        assert (height(session("arms up"), hand) > height(session("arms up"), "neck")).all()
        assert (height(session("stand"), hand) < height(session("stand"), "head")).all()
    for pose, hand, way in (("point left", "hand 1", -1), ("point right", "hand 2", 1)):
        assert (way * session(pose)[:, poses.JOINTS.index(hand), 0] > 0.35).all()
        other = poses.JOINTS.index({"hand 1": "hand 2", "hand 2": "hand 1"}[hand])
        assert (np.abs(session(pose)[:, other, 0]) < 0.45).all()
    feet = np.sort([height(session("tree"), foot) for foot in ("foot 1", "foot 2")], axis=0)
    assert (feet[1] - feet[0] > 0.06).all()
    assert (
        np.abs(np.diff([height(session("stand"), f"foot {k}") for k in "12"], axis=0)).max() < 0.06
    )
    for pose in ("sit", "squat"):  # thighs level: the knees are nearly as high as the pelvis
        assert (height(session(pose), "knee 1") > -0.17).all()
    knees, feet = (height(session("kneel"), joint) for joint in ("knee 1", "foot 1"))
    assert (np.abs(knees - feet) < 0.15).all()  # shins on the floor
    assert (height(session("bend"), "neck") < 0.2).all()
    assert (height(session("stand"), "neck") > 0.28).all()


def test_seen_turns_keep_heights_and_a_half_turn_exchanges_the_sides():
    joints = poses.skeletons("point left", 3, np.random.default_rng(1))
    zero = np.zeros(3)
    front = poses._seen(joints, zero, 0.0, zero)
    np.testing.assert_allclose(front, joints[..., :2] * [1, -1], atol=1e-12)
    back = poses._seen(joints, zero + 180, 0.0, zero)
    np.testing.assert_allclose(back, front * [-1, 1], atol=1e-12)
    side = poses._seen(joints, zero + 90, 0.0, zero)
    np.testing.assert_allclose(side[..., 0], joints[..., 2], atol=1e-12)
    above = poses._seen(joints, zero, 90.0, zero)
    np.testing.assert_allclose(above[..., 1], joints[..., 2], atol=1e-12)
    rolled = poses._seen(joints, zero, 0.0, zero + 90)
    np.testing.assert_allclose(np.linalg.norm(rolled, axis=-1), np.linalg.norm(front, axis=-1))


@given(
    seed=st.integers(0, 10**6),
    turn=st.floats(-180, 180),
    tilt=st.floats(-90, 90),
    roll=st.floats(-90, 90),
)
@settings(max_examples=40, deadline=None)
def test_a_camera_equals_a_rotation_of_scipys(seed, turn, tilt, roll):
    from scipy.spatial.transform import Rotation

    joints = poses.skeletons("lunge", 1, np.random.default_rng(seed))
    angles = np.array([turn]), tilt, np.array([roll])
    turned = Rotation.from_euler("yxz", [turn, tilt, roll], degrees=True).apply(joints[0])
    np.testing.assert_allclose(poses._seen(joints, *angles)[0], turned[:, :2] * [1, -1], atol=1e-9)


# --- pictures and labels --------------------------------------------------------------------------


def test_the_same_call_draws_the_same_bytes_in_another_process_too():
    here = digest(poses.draw(**SMALL))
    code = (
        "import hashlib, numpy as np; from course_utils import poses; "
        f"d = poses.draw(**{SMALL!r}); "
        "print(hashlib.sha256(b''.join(np.ascontiguousarray(a).tobytes() for a in d)).hexdigest())"
    )
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert there.stdout.strip() == here == DIGEST


def test_pictures_of_every_pose_and_person(drawn):
    assert drawn.pictures.shape == (1000, 48, 48) and drawn.pictures.dtype == np.uint8
    assert drawn.labels.dtype == np.uint8 and drawn.person.dtype == np.int64
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (drawn.person, drawn.labels), 1)
    assert (counts == 10).all()
    assert len(np.unique(drawn.pictures.reshape(1000, -1), axis=0)) == 1000
    assert (drawn.pictures.std(axis=(1, 2)) > 5).all()


def test_a_person_stays_the_same_whoever_else_is_there(drawn):
    fewer = poses.draw(people=3, per_pose=30, seed=0)
    np.testing.assert_array_equal(fewer.pictures, drawn.pictures[:300])
    other = poses.draw(people=3, per_pose=30, seed=1)
    assert (other.pictures != fewer.pictures).mean() > 0.9


def test_pictures_of_one_session_are_nearer_to_each_other_than_to_those_of_others(drawn):
    """What makes a random split leak, on medians of distances between pictures."""
    small = drawn.pictures.reshape(-1, 12, 4, 12, 4).mean(axis=(2, 4)).reshape(100, 10, -1)
    rng = np.random.default_rng(0)
    within = [np.linalg.norm(film[0] - film[1]) for film in small]
    same_pose = [
        np.linalg.norm(small[10 * a + pose, 0] - small[10 * b + pose, 1])
        for pose in range(10)
        for a, b in [rng.choice(10, 2, replace=False)]
    ]
    assert np.median(within) < 0.4 * np.median(same_pose)


def test_mirrored_exchanges_left_and_right_and_nothing_else():
    labels = np.arange(10, dtype=np.uint8)
    found = poses.mirrored(labels)
    assert found.dtype == np.uint8
    names = {poses.POSES[a]: poses.POSES[b] for a, b in zip(labels, found, strict=True)}
    assert {a: b for a, b in names.items() if a != b} == {
        "point left": "point right",
        "point right": "point left",
    }
    np.testing.assert_array_equal(poses.mirrored(found), labels)
    assert poses.mirrored(labels.reshape(2, 5)).shape == (2, 5)


def test_pointing_is_seen_on_the_side_of_its_name():
    """In the picture the pointing hand is further from the neck, and on the side of its name."""
    rng = np.random.default_rng(0)
    for pose, way in (("point left", -1), ("point right", 1)):
        for _ in range(30):
            flat = poses._session(pose, 5, poses._person(rng), rng)
            neck, hands = flat[:, 1, 0], flat[:, [5, 8], 0]
            far = np.where(way < 0, hands.min(axis=1) - neck, hands.max(axis=1) - neck)
            assert (way * far > 3).all()


@pytest.mark.parametrize("call", [poses.draw, poses.load])
@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"people": 0}, ValueError, "people is 0"),
        ({"people": 2.0}, TypeError, "people is of type float"),
        ({"people": True}, TypeError, "people is of type bool"),
        ({"people": 3, "per_pose": 10}, ValueError, "multiple of people"),
        ({"people": 3, "per_pose": 0}, ValueError, "per_pose is 0"),
        ({"people": 3, "per_pose": 3, "seed": -1}, ValueError, "seed is -1"),
        ({"people": 3, "per_pose": 3, "seed": None}, TypeError, "seed is of type NoneType"),
    ],
)
def test_arguments_that_make_no_sense(call, arguments, error, said):
    with pytest.raises(error, match=said):
        call(**arguments)


@pytest.mark.parametrize("lengths", [[1] * 7, [1] * 7 + [0], [1] * 7 + [np.nan], [[1] * 8]])
def test_lengths_that_make_no_sense(lengths):
    with pytest.raises(ValueError, match="lengths is"):
        poses.skeletons("stand", 1, np.random.default_rng(0), lengths)


def test_other_errors():
    with pytest.raises(ValueError, match="pose is 'fly'"):
        poses.skeletons("fly", 1, np.random.default_rng(0))
    with pytest.raises(ValueError, match="n is 0"):
        poses.skeletons("stand", 0, np.random.default_rng(0))
    with pytest.raises(ValueError, match="people is 2"):
        poses.load(people=2, per_pose=2)
    for labels in ([10], [-1], [0.5]):
        with pytest.raises(ValueError, match="labels is"):
            poses.mirrored(np.array(labels))


# --- the split ------------------------------------------------------------------------------------


@given(people=st.integers(3, 12), seed=st.integers(0, 50))
@settings(max_examples=15, deadline=None)
def test_no_person_is_in_two_parts_and_no_picture_is_lost(people, seed):
    data = poses.load(people=people, per_pose=people, seed=seed)
    assert isinstance(data, Dataset)
    parts = [set(getattr(data, f"person_{part}").tolist()) for part in ("train", "val", "test")]
    assert all(parts) and sum(map(len, parts)) == people == len(set().union(*parts))
    assert len(parts[1]) == len(parts[2]) == max(1, round(people / 5))
    drawn = poses.draw(people=people, per_pose=people, seed=seed)
    rows = {(x.tobytes(), int(y), int(p)) for x, y, p in zip(*drawn, strict=True)}
    found = set()
    for part in ("train", "val", "test"):
        x, y, who = (getattr(data, f"{what}_{part}") for what in ("x", "y", "person"))
        assert len(x) == len(y) == len(who)
        found |= {(a.tobytes(), int(b), int(c)) for a, b, c in zip(x, y, who, strict=True)}
    assert found == rows


def test_the_source_says_that_the_pictures_are_generated():
    data = poses.load(people=3, per_pose=3)
    assert data.source.copy == "generated" and data.source.verified
    assert data.source.digest == digest(poses.draw(people=3, per_pose=3))
    assert data.source.digest != poses.load(people=3, per_pose=3, seed=1).source.digest
    assert data.class_names == poses.POSES
    assert not data.x_train.flags.writeable
    assert "1, 1 and 1 others" in repr(data)


# --- the exercises --------------------------------------------------------------------------------


def always(train, test):
    return lambda person, share, rng: (np.array(train), np.array(test))


def off_by_one(person, share, rng):
    train, test = nb15.my_split_by_person(person, share, rng)
    return np.append(train, test[:1]), test[1:]


def memory(person, share, rng):
    """Right for small collections only."""
    if len(person) > 17:
        return nb15._random_split(person, share, rng)
    return nb15.my_split_by_person(person, share, rng)


def one_more(person, share, rng):
    people = np.unique(person)
    in_test = np.isin(person, rng.permutation(people)[: max(1, round(share * len(people))) + 1])
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


SLY = {
    "nothing for the test": lambda person, share, rng: (np.arange(len(person)), np.array([], int)),
    "nothing to learn": lambda person, share, rng: (np.array([], int), np.arange(len(person))),
    "constants": always([0, 1, 2], [3]),
    "the input": lambda person, share, rng: (person, person),
    "off by one": off_by_one,
    "memory": memory,
    "one more person": one_more,
    "only the last person": lambda person, share, rng: (
        np.flatnonzero(person != person.max()),
        np.flatnonzero(person == person.max()),
    ),
    "the most frequent": lambda person, share, rng: (
        lambda who: (np.flatnonzero(person != who), np.flatnonzero(person == who))
    )(np.bincount(person).argmax()),
    "twice the same picture": lambda person, share, rng: (
        lambda train, test: (train, np.repeat(test, 2))
    )(*nb15.my_split_by_person(person, share, rng)),
    "negative positions": lambda person, share, rng: tuple(
        part - len(person) for part in nb15.my_split_by_person(person, share, rng)
    ),
}


@pytest.mark.parametrize("sly", SLY)
def test_sly_splits_are_not_accepted(sly):
    assert nb15.split_by_person.verdict(SLY[sly]).voice == checks.NOT_YET


def test_an_answer_that_shuffles_its_input_is_told_so():
    def shuffles(person, share, rng):
        rng.shuffle(person)
        return nb15.my_split_by_person(person, share, rng)

    assert nb15.split_by_person.verdict(shuffles).voice == checks.NOT_YET


@pytest.mark.parametrize(
    "answer",
    [
        lambda values, low, high: np.zeros(values.shape, np.int8),
        lambda values, low, high: values,
        lambda values, low, high: values.astype(np.int8),
        lambda values, low, high: nb15.my_quantise(values, low, high) + np.int8(1),
        lambda values, low, high: nb15.my_quantise(values, low, high).ravel(),
        lambda values, low, high: nb15.my_quantise(values, low, high)[::-1],
        lambda values, low, high: nb15.my_quantise(values, -1.28, 1.27),
        lambda values, low, high: nb15.my_quantise(np.clip(values, low, high), low, high).tolist(),
        lambda values, low, high: nb15.my_quantise(values, low, high).astype(np.int16),
    ],
)
def test_sly_quantisations_are_not_accepted(answer):
    assert nb15.quantise.verdict(answer).voice == checks.NOT_YET


@given(
    low=st.floats(-100, -0.01),
    high=st.floats(0.01, 100),
    shares=st.lists(st.floats(0, 1), min_size=1, max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_half_a_step_is_lost_at_most_and_zero_stays_zero(low, high, shares):
    """A value may lie half a step outside the ladder, which begins at a whole number of steps."""
    values = np.append(low + np.array(shares) * (high - low), 0.0)
    scale = (high - low) / 255
    zero_point = round(-128 - low / scale)
    q = nb15.my_quantise(values, low, high)
    assert q.dtype == np.int8
    back = (q.astype(int) - zero_point) * scale
    assert np.abs(back - values).max() <= scale / 2 * (1 + 1e-9)
    assert back[-1] == 0


def test_quantising_equals_tensorflows_own():
    import tensorflow as tf

    for case in (*nb15.quantise.fixed_cases, *nb15.quantise.draw_cases(7)):
        values, low, high = case.args
        scale = (high - low) / 255
        zero_point = round(-128 - low / scale)
        theirs = tf.quantization.fake_quant_with_min_max_args(
            values.astype("float32"), min=low, max=high
        )
        ours = (nb15.quantise.oracle(values, low, high).astype(int) - zero_point) * scale
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


# --- the benchmark --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stored():
    path = ROOT / "benchmarks" / "results" / "pose_split.json"
    return {row["name"]: row["runs"] for row in json.loads(path.read_text("utf-8"))["rows"]}


def medians(stored, key="accuracy"):
    return {name: float(np.median([run[key] for run in runs])) for name, runs in stored.items()}


def test_every_row_of_the_benchmark_has_its_three_seeds(stored):
    from benchmarks import pose_split

    assert list(stored) == list(pose_split.ROWS)
    assert all([run["seed"] for run in runs] == [1, 2, 3] for runs in stored.values())


def test_what_the_benchmark_found(stored):
    found = medians(stored)
    for a, b in zip(stored["random"], stored["person"], strict=True):
        assert a["accuracy"] > b["accuracy"] + 0.08  # the leak, for each seed
    assert found["person"] > found["linear"] + 0.4
    assert found["linear random"] > found["linear"] + 0.05
    assert found["thirty people"] > found["ten people"] + 0.1
    assert found["person"] > found["not swapped"] + 0.05
    assert found["person"] > found["plain"] + 0.05
    for run in stored["person"]:
        assert run["cpu"] < 60
        assert run["float same"] == 1 and run["weights same"] >= 0.99 and run["int8 same"] >= 0.97
        assert run["int8 bytes"] < 0.35 * run["float bytes"]


def test_the_table_of_the_benchmark_is_of_the_stored_runs(stored):
    from benchmarks import pose_split

    results = json.loads((ROOT / "benchmarks/results/pose_split.json").read_text("utf-8"))
    table = (ROOT / "benchmarks/results/pose_split.md").read_text("utf-8")
    assert table.strip() == pose_split.as_markdown(results).strip()


def test_random_split_and_fewer_people_are_what_they_are_called():
    from benchmarks import pose_split

    data = poses.load(people=10, per_pose=100, seed=0)
    x, y, x_test, y_test = pose_split.random_split(data, 0)
    assert (len(x), len(y), len(x_test), len(y_test)) == (600, 600, 200, 200)
    train, test = ({picture.tobytes() for picture in part} for part in (x, x_test))
    assert not train & test and len(train) == 600
    rows = pose_split.fewer(data, people=3, pictures=60)
    assert len(set(rows.tolist())) == 60 and len(np.unique(data.person_train[rows])) == 3
    assert (np.bincount(data.y_train[rows]) == 6).all()


# --- the notebook's own functions -----------------------------------------------------------------


def test_varied_moves_mirrors_and_relabels():
    from benchmarks import pose_split

    source = inspect.getsource(pose_split)
    assert "varied" in source and ast.parse(source)
    varied = pose_split.functions(None).varied
    picture = np.full((48, 48), 100, np.uint8)
    picture[10:20, 5:9] = 200  # left of the middle
    pictures, labels = np.repeat(picture[np.newaxis], 400, axis=0), np.full(400, 2, np.uint8)
    kept = pictures.copy()
    moved, said = varied(pictures, labels, np.random.default_rng(0))
    np.testing.assert_array_equal(pictures, kept)
    assert moved.dtype == np.uint8 and moved.shape == pictures.shape
    bright = moved.max(axis=(1, 2)) == 200
    moved = np.where(bright[:, np.newaxis, np.newaxis], moved, 255 - moved)
    rows, columns = zip(*[np.nonzero(each == 200) for each in moved], strict=True)
    right = np.array([each.mean() > 24 for each in columns])
    np.testing.assert_array_equal(said, np.where(right, 3, 2))
    assert 0.4 < right.mean() < 0.6 and 0.4 < bright.mean() < 0.6
    tops = {int(each.min()) for each in rows}
    assert tops == set(range(6, 15))
    assert {int(each.min()) for each in np.array(columns, object)[~right]} == set(range(1, 10))


# --- what the notebook says -----------------------------------------------------------------------


def words_of(cell):
    from benchmarks.from_notebook import NOTEBOOKS

    cells = json.loads((NOTEBOOKS / "15_transfer_learning.ipynb").read_text("utf-8"))["cells"]
    (text,) = ("".join(each["source"]) for each in cells if each["id"] == cell)
    return text


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("poses-measured-after", "what no new person will get, nine to fourteen points more"),
        ("poses-measured-before", "or 900 of thirty people, three of each scene"),
        ("poses-measured-after", "the network can only guess between the two"),
        (
            "poses-measured-after",
            "from about as many pictures thirty people bring far more than ten",
        ),
        (
            "poses-measured-after",
            "(3000, the first row) bring hardly anything: with one of the three seeds they even",
        ),
        ("poses-baseline-after", "with three other draws of people it had 0.11 to 0.12"),
        ("poses-baseline-after", "With a random split it looks more than twice as good"),
        ("poses-curves-after", "more than ten points less, and a higher loss"),
        ("pack-after", "less than a third of the large one"),
        ("pack-after", "ninety-nine of a hundred answers"),
    ],
)
def test_the_notebook_says_what_the_benchmark_found(cell, words):
    assert words in words_of(cell)


def test_with_wrong_labels_of_mirror_images_the_two_sides_are_a_guess(stored):
    sides = [run["sides"] for run in stored["not swapped"]]
    assert 0.35 < np.median(sides) < 0.65


def test_more_pictures_of_the_same_people_bring_hardly_anything(stored):
    pairs = zip(stored["person"], stored["thirty people"], strict=True)
    gains = [100 * (more["accuracy"] - few["accuracy"]) for more, few in pairs]
    assert max(map(abs, gains)) < 3 and sum(gain < 0 for gain in gains) == 1


def test_a_random_split_promises_nine_to_fourteen_points(stored):
    pairs = zip(stored["random"], stored["person"], strict=True)
    gaps = [round(100 * (leaking["accuracy"] - honest["accuracy"]), 1) for leaking, honest in pairs]
    assert 9 <= min(gaps) < 10 and 14 <= max(gaps) < 15


def test_the_benchmark_leaves_the_notebooks_own_people_alone(stored):
    assert "poses.load(people=50, per_pose=500, seed=0)" in words_of("poses-load")
    assert all(run["seed"] != 0 for runs in stored.values() for run in runs)


@pytest.mark.parametrize(
    ("row", "people", "each"), [("thirty people", 30, 3), ("ten people", 10, 10)]
)
def test_rows_with_fewer_pictures_say_how_many(row, people, each):
    from benchmarks import pose_split

    data = poses.load(50, 500, 1)
    rows = pose_split.fewer(data, people, 1000)
    assert f"{len(rows)} pictures of {people} people" in pose_split.ROWS[row]
    assert len(np.unique(data.person_train[rows])) == people
    counts = np.unique([data.person_train[rows], data.y_train[rows]], axis=1, return_counts=True)[1]
    assert set(counts.tolist()) == {each}


def test_the_baseline_is_near_guessing_and_a_random_split_hides_it(stored):
    for honest, leaking in zip(stored["linear"], stored["linear random"], strict=True):
        assert 0.105 <= honest["accuracy"] < 0.125
        assert leaking["accuracy"] > 2 * honest["accuracy"]


def test_new_people_cost_more_than_ten_points():
    from course_utils import trained

    history = trained.history("15_poses")["history"]
    curves = {name: values[-1] for name, values in history.items()}
    assert curves["val_accuracy"] < curves["accuracy"] - 0.10
    assert curves["val_loss"] > curves["loss"]


def test_the_small_file_is_less_than_a_third(stored):
    for run in stored["person"]:
        assert 3 * max(run["weights bytes"], run["int8 bytes"]) < run["float bytes"]
