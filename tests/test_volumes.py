"""`volumes` against SciPy and Keras; the molecules; the rules; the stored measurement."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate

from benchmarks import measure
from benchmarks import volumes as benchmark
from course_utils import measured, volumes
from course_utils.environment import quiet_import

# --- convolution ----------------------------------------------------------------------------------


def shapes(rng):
    kernel = rng.integers(1, 4, 3)
    return kernel + rng.integers(0, 4, 3), kernel


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_conv3d_is_scipys_correlation(seed):
    rng = np.random.default_rng(seed)
    volume, kernel = (rng.normal(size=shape) for shape in shapes(rng))
    expected = correlate(volume, kernel, mode="valid", method="direct")
    np.testing.assert_allclose(volumes.conv3d(volume, kernel), expected, atol=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_conv3d_is_the_layer_of_keras(seed):
    with quiet_import():
        import keras
    rng = np.random.default_rng(seed)
    size, kernel_size = shapes(rng)
    volume, kernel = rng.normal(size=size), rng.normal(size=kernel_size)
    layer = keras.layers.Conv3D(1, tuple(map(int, kernel_size)), use_bias=False)
    layer.build((None, *size, 1))
    layer.set_weights([kernel[..., np.newaxis, np.newaxis]])
    found = np.asarray(layer(volume[np.newaxis, ..., np.newaxis].astype("float32")))
    np.testing.assert_allclose(found[0, ..., 0], volumes.conv3d(volume, kernel), atol=1e-4)


def test_the_worked_example():
    volume = [[[1, 0, 2], [0, 3, 0], [1, 0, 0]], [[0, 1, 0], [2, 0, 1], [0, 0, 4]],
              [[1, 0, 0], [0, 2, 0], [3, 0, 1]]]  # fmt: skip
    kernel = [[[1, 0], [0, 2]], [[0, -1], [1, 0]]]
    found = volumes.conv3d(volume, kernel)
    assert found.shape == (2, 2, 2) and found[0, 0, 0] == (1 + 6) + (-1 + 2)


@pytest.mark.parametrize(
    ("volume", "kernel", "message"),
    [
        ((3, 3), (2, 2, 2), r"volume: expected the shape \(d, h, w\), got \(3, 3\)"),
        ((3, 3, 3), (2, 2), "kernel: expected the shape"),
        ((3, 3, 0), (1, 1, 1), "volume: expected"),
        ((2, 3, 3), (3, 1, 1), r"kernel \(3, 1, 1\) is larger than volume \(2, 3, 3\)"),
    ],
)
def test_conv3d_says_what_is_wrong(volume, kernel, message):
    with pytest.raises(ValueError, match=message):
        volumes.conv3d(np.zeros(volume), np.zeros(kernel))


# --- molecules ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def some():
    return volumes.molecules(120, seed=5)


def test_the_same_seed_gives_the_same_molecules_however_many():
    few, more = volumes.molecules(3, seed=7), volumes.molecules(5, seed=7)
    np.testing.assert_array_equal(few.volumes, more.volumes[:3])
    np.testing.assert_array_equal(few.places, more.places[:3])
    assert not np.array_equal(few.volumes, volumes.molecules(3, seed=8).volumes)


def test_the_molecules_are_those_that_were_fixed_before_training():
    """Held to a hundredth of a voxel: another release of NumPy may round the last digit."""
    places = volumes.molecules(3, seed=161).places
    expected = [[8.228, 11.905, 6.397], [8.156, 3.591, 5.445], [7.796, 4.868, 11.111]]
    np.testing.assert_allclose(places, expected, atol=0.01)


def test_each_molecule_is_what_the_text_says(some):
    """Bonds and their number tell the groups apart, by the atoms alone."""
    for places, electrons, groups in zip(some.atoms, some.electrons, some.groups, strict=True):
        assert 14 <= len(places) <= 16
        assert places.min() >= 1 - 1e-9 and places.max() <= 14 + 1e-9
        distance = np.linalg.norm(places[:, np.newaxis] - places, axis=-1)
        bonded = np.isclose(distance, volumes.BOND, atol=1e-6)
        others = distance[~bonded & ~np.eye(len(places), dtype=bool)]
        assert others.min() >= 1.45 * volumes.BOND - 1e-9
        assert bonded.sum() == 2 * (len(places) - 1)  # a tree: no rings
        kinds = []
        for carbon in groups:
            centre = np.linalg.norm(places - carbon, axis=1).argmin()
            assert electrons[centre] == 6 and bonded[centre].sum() == 3
            oxygens = [a for a in np.flatnonzero(bonded[centre]) if electrons[a] == 8]
            kinds.append(sorted(int(bonded[oxygen].sum()) for oxygen in oxygens))
        assert kinds == [[1, 1], [1, 2], [1]]  # carboxylate, ester, ketone
        assert sum(electrons == 8) == 5


def test_only_one_carbon_has_two_oxygens_at_an_end(some):
    for places, electrons, place in zip(some.atoms, some.electrons, some.places, strict=True):
        distance = np.linalg.norm(places[:, np.newaxis] - places, axis=-1)
        bonded = np.isclose(distance, volumes.BOND, atol=1e-6)
        ends = (electrons == 8) & (bonded.sum(axis=1) == 1)
        carbons = np.flatnonzero((bonded & ends).sum(axis=1) == 2)
        assert len(carbons) == 1
        np.testing.assert_allclose(places[carbons[0]], place, atol=1e-5)


def test_density_without_noise_is_a_sum_of_balls():
    quiet = volumes.molecules(2, seed=3, noise=0.0)
    noisy = volumes.molecules(2, seed=3)
    assert 0.11 < (noisy.volumes - quiet.volumes).std() < 0.13
    grid = np.stack(np.meshgrid(*[np.arange(16)] * 3, indexing="ij"), axis=-1)
    for volume, places, electrons in zip(quiet.volumes, quiet.atoms, quiet.electrons, strict=True):

        def balls(blur, places=places, electrons=electrons):
            squares = ((grid[..., np.newaxis, :] - places) ** 2).sum(axis=-1)
            return (np.exp(-squares / (2 * blur**2)) * electrons / 8).sum(axis=-1)

        total = volume.sum() / (electrons.sum() / 8 * (2 * np.pi) ** 1.5)
        np.testing.assert_allclose(volume[..., 0], balls(np.cbrt(total)), atol=0.05)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n": 0}, "n is 0"),
        ({"n": 2.5}, "n is 2.5"),
        ({"n": 1, "seed": -1}, "seed is -1"),
        ({"n": 1, "noise": -0.1}, "noise is -0.1"),
    ],
)
def test_molecules_says_what_is_wrong(given, message):
    with pytest.raises(ValueError, match=message):
        volumes.molecules(**given)


def test_the_three_parts_share_no_molecule():
    data = volumes.dataset(6, 5, 4)
    assert data.source.copy == "generated" and len(data.source.digest) == 64
    assert data.x_train.shape == (6, 16, 16, 16, 1) and data.y_test.shape == (4, 3)
    places = np.concatenate([data.y_train, data.y_val, data.y_test])
    assert len(np.unique(places, axis=0)) == 15
    np.testing.assert_array_equal(data.x_val, volumes.molecules(5, seed=162).volumes)


# --- places, cells, turns -------------------------------------------------------------------------


def test_cells_and_their_centres():
    cells = np.arange(512)
    np.testing.assert_array_equal(volumes.cell_of(volumes.centre_of(cells)), cells)
    places = np.random.default_rng(0).uniform(-0.5, 15.49, (200, 3))
    off = np.abs(places - volumes.centre_of(volumes.cell_of(places)))
    assert off.max() <= 1


def test_found_is_a_distance():
    named, places = np.array([[1.0, 1, 1], [1, 1, 1]]), np.array([[1.0, 1, 3], [1, 1, 3.01]])
    assert volumes.found(named, places).tolist() == [True, False]
    assert volumes.found(named, places, near=1).tolist() == [False, False]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: volumes.cell_of([[0, 0, 15.5]]), "leave the volume"),
        (lambda: volumes.cell_of([0, 0, 1]), r"places: expected the shape \(n, 3\)"),
        (lambda: volumes.cell_of([[0, np.nan, 1]]), "not finite"),
        (lambda: volumes.centre_of(np.array([512])), "leave 0 to 511"),
        (lambda: volumes.centre_of(np.array([1.0])), "whole numbers"),
        (lambda: volumes.found(np.zeros((2, 3)), np.zeros((1, 3))), "expected the same shape"),
        (lambda: volumes.by_brightness(np.zeros((2, 16, 16, 16))), r"volumes: expected the shape"),
        (lambda: volumes.by_template(volumes.molecules(1).volumes, 0), "turns is 0"),
        (lambda: volumes.template(np.ones((3, 3))), "rotation matrix"),
        (lambda: volumes.template(side=4), "odd"),
        (
            lambda: volumes.turned(volumes.molecules(1).volumes, np.zeros((2, 3)), None),
            r"places: expected \(1, 3\)",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_there_are_24_turns_and_no_mirror_image():
    ways = volumes._ways()
    assert len(set(ways)) == 24
    for order, backwards in ways:
        matrix = np.eye(3)[list(order)] * np.where(backwards, -1, 1)[:, np.newaxis]
        assert np.linalg.det(matrix) == pytest.approx(1)


def test_a_turned_molecule_keeps_its_place(some):
    """Mark the voxel nearest to each place: turned, it is where the turned place says."""
    marked = np.zeros_like(some.volumes)
    nearest = np.rint(some.places).astype(int)
    marked[(np.arange(len(marked)), *nearest.T)] = 1
    before = marked.copy()
    new, places = volumes.turned(marked, nearest.astype("float32"), np.random.default_rng(0))
    np.testing.assert_array_equal(marked, before)
    where = np.argwhere(new[..., 0] == 1)[:, 1:]
    np.testing.assert_array_equal(where, places)
    assert (places != nearest).any(axis=1).mean() > 0.8
    assert new.dtype == np.float32 and places.dtype == np.float32


# --- rules ----------------------------------------------------------------------------------------


def test_the_template_fits_its_own_molecule_best():
    """A carboxylate alone, turned as one of the rule's directions, is found to the voxel."""
    from scipy.spatial.transform import Rotation

    volume = np.zeros((1, 16, 16, 16, 1))
    turn = Rotation.random(10, random_state=0).as_matrix()[6]
    volume[0, 2:13, 3:14, 4:15, 0] = volumes.template(turn)
    assert volumes.by_template(volume, 10).tolist() == [[7, 8, 9]]


def test_the_template_takes_away_behind_the_oxygens():
    plain, holed = volumes.template(), volumes.template(behind=2.0)
    step = 1.5 * volumes.BOND * np.array([0, np.sqrt(3) / 2, 0.5])
    ring = step + volumes.BOND * np.sqrt(3) / 2 * np.array([1.0, 0, 0])
    at = tuple(np.rint(5 + ring).astype(int))
    assert holed[at] < plain[at] - 0.02
    assert plain.sum() == pytest.approx(0) and np.linalg.norm(holed) == pytest.approx(1)


def test_the_brightest_place_of_a_single_ball():
    volume = np.zeros((1, 16, 16, 16, 1))
    volume[0, 4, 9, 11] = 1
    assert volumes.by_brightness(volume).tolist() == [[4, 9, 11]]


def test_rules_are_neither_useless_nor_enough(some):
    """What the task was fixed by: rules find a quarter, take the ester more often."""
    for rule, options in ((volumes.by_brightness, {}), (volumes.by_template, {"turns": 60})):
        named = rule(some.volumes, **options)
        own, ester = (volumes.found(named, some.groups[:, group]).mean() for group in (0, 1))
        assert 0.1 < own < 0.45 < ester


# --- the measurement ------------------------------------------------------------------------------


def test_missing_runs_are_made_and_no_others(monkeypatch, tmp_path):
    monkeypatch.setattr(measure, "RESULTS", tmp_path)
    data, asked = volumes.dataset(2, 2, 2), []

    def one_run(name, seed):
        asked.append((name, seed))
        extra = {"behind": 2.0} if name == "expert" else {}
        return {"found": 0.5 + seed / 10, "cpu": 1.234, "peak": 1.0, **extra}

    monkeypatch.setattr(benchmark, "code_of", lambda *_: "code")
    results = benchmark.all_runs(one_run, data)
    assert asked == [(name, 0) for name in benchmark.RULES] + [("network", s) for s in (0, 1, 2)]
    assert "| network | 0.600 (0.500–0.700) | 3 |" in benchmark.as_markdown(results)
    asked.clear()
    assert benchmark.all_runs(one_run, data) == results and asked == []
    monkeypatch.setattr(benchmark, "code_of", lambda *_: "other code")
    benchmark.all_runs(one_run, data)
    assert [name for name, _ in asked] == ["network"] * 3
    assert json.loads((tmp_path / "groups.json").read_text())["rows"][3]["name"] == "network"


def test_a_rule_of_another_name_is_refused():
    with pytest.raises(ValueError, match="name is 'guess'"):
        benchmark.apply_rule("guess", volumes.dataset(1, 1, 1))


def test_stored_figures_are_of_this_notebook_and_hold_what_the_text_says():
    stored = measured.load("groups")
    rows = {row["name"]: row for row in stored["rows"]}
    marks = benchmark.marks(stored["digest"])
    assert {name: row["digest"] for name, row in rows.items()} == marks
    found = {name: [made["found"] for made in row["runs"]] for name, row in rows.items()}
    assert [made["seed"] for made in rows["network"]["runs"]] == [0, 1, 2]
    rules = max(found["brightness"] + found["template"] + found["expert"])
    assert min(found["network"]) > rules
    assert max(found["brightness"] + found["template"]) < min(0.5, *found["expert"])
    assert max(found["network"]) < 0.9  # "far from perfect"
    assert round(3**0.5 * volumes.BOND, 1) == 4.2  # voxels to the atom behind an oxygen
    text = (measure.RESULTS / "groups.md").read_text("utf-8")
    assert text.rstrip() == benchmark.as_markdown(stored).rstrip()
