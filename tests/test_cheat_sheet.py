"""The cheat sheet: its formulas are read from the page and computed, its code runs."""

from __future__ import annotations

import ast
import itertools
import math
import os
import pathlib
import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.signal import correlate2d

from course_utils import convolution, dense, optimisers
from course_utils.environment import quiet_import
from tests.notebooks.parts import ROOT, Notebook, notebook_paths

SHEET = (ROOT / "reference" / "cheat_sheet.md").read_text(encoding="utf-8")
MOST_LINES = 75  # one page of A4 in two columns, see reference/print.css

# --- Reading the sheet ----------------------------------------------------------------------------


def part(heading: str) -> str:
    """Return a part of the sheet, from its heading to the next."""
    return SHEET.split(f"## {heading}\n")[1].split("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the tables in a text, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    body = [line for line, after in itertools.pairwise([*lines, ""]) if "---" not in line + after]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in body]


def after(label: str) -> str:
    """Return what follows a bold label, up to the next one or the end of its line."""
    return re.search(rf"\*\*{re.escape(label)}\*\*(.*?)(?=\*\*|$)", SHEET, flags=re.M)[1]


def numbers(text: str) -> list[float]:
    """Return the numbers of a text; a space may stand before each three digits."""
    text = re.sub(r"(?<=\d) (?=\d{3}\b)", "", text.replace("−", "-"))
    return [float(number) for number in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", text)]


SIGNS = {
    "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "√v̂": "sqrt(v_hat)", "√": "sqrt", "⁄": "/",
    "−": "-", "·": "*", "←": "=", "²": "**2", "ᵗ": "**t", "₁": "1", "₂": "2", "ε": "eps",
    "m̂": "m_hat", "v̂": "v_hat", "exp(zⱼ)": "exp(z)",
}  # fmt: skip


def as_python(formula: str) -> str:
    """Return a formula of the sheet as Python: signs, powers and left-out products written out."""
    for sign, code in SIGNS.items():
        formula = formula.replace(sign, code)
    formula = re.sub(r"(?<!\w)([dγ]|\d[\d.]*)(?=\()", r"\1*", formula)  # d(k - 1), γ(x - mean)
    formula = re.sub(r"(?<![\w.])(\d[\d.]*)(?=[a-z])", r"\1*", formula)  # 2p, 0.9m
    return re.sub(r"\bk(\*\*2)?(?=c1|m\b)|c1(?=c2)", r"\g<0>*", formula)  # km, k²c₁c₂


def value(formula: str, **names: object) -> object:
    """Return what a formula of the sheet gives for these numbers or arrays."""
    known = {"floor": math.floor, "ceil": math.ceil, "sqrt": np.sqrt, "exp": np.exp}
    return eval(as_python(formula), known, names)


def follow(steps: list[str], names: dict[str, object]) -> None:
    """Carry out the steps of a rule, such as v ← 0.9v − rate · g, in this order."""
    for step in steps:
        name, formula = as_python(step).split(" = ")
        names[name.strip()] = eval(formula, {"sqrt": np.sqrt}, names)


def test_a_formula_is_read_as_it_is_meant():
    assert value("⌊(i + 2p − d(k − 1) − 1) ⁄ s⌋ + 1", i=7, k=3, s=2, p=1, d=1) == 4
    assert value("k²c₁c₂ + c₂", k=3, c1=2, c2=3) == 57
    assert value("km + m", k=4, m=5) == 25
    assert as_python("v ← 0.9v − rate · g") == "v = 0.9*v - rate * g"
    assert as_python("m̂ = m ⁄ (1 − 0.9ᵗ)") == "m_hat = m / (1 - 0.9**t)"
    assert numbers("200 960 + 5 × 5, c₁ = −1.5") == [200960, 5, 5, -1.5]


def test_the_sheet_is_one_page():
    lines = [line for line in SHEET.splitlines() if line.strip()]
    assert len(lines) <= MOST_LINES, "the cheat sheet is one page: take something out"


def test_the_style_for_print_names_both_pages():
    style = (ROOT / "reference" / "print.css").read_text(encoding="utf-8")
    for page in (ROOT / "reference").glob("*.md"):
        title = page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        assert f"  #{title.lower().replace(' ', '-')} {{" in style


# --- Shapes and sizes -----------------------------------------------------------------------------


def wrong_sums(text: str) -> list[str]:
    """Return the sums on a page that don't come out."""
    wrong = []
    for terms, total in re.findall(r"((?:\d[\d ]*[+·] )+\d[\d ]*) = (\d[\d ]*\d)", text):
        if eval(terms.replace(" ", "").replace("·", "*")) != numbers(total)[0]:
            wrong.append(f"{terms} = {total}")
    return wrong


def test_sums():
    assert len(re.findall(r"\d [+·] [^.:|]*\d = \d", SHEET)) == 3
    assert wrong_sums(SHEET) == []
    assert len(wrong_sums(SHEET.replace("= 59 810", "= 59 811"))) == 1
    assert len(wrong_sums(SHEET.replace("4 · 2 = 12", "4 · 2 = 13"))) == 1


LAYERS = {name: (inside, out, count, example) for name, inside, out, count, example in
          rows(part("Shapes and parameters"))}  # fmt: skip


@given(k=st.integers(1, 9), c1=st.integers(1, 9), c2=st.integers(1, 9))
def test_parameter_formulas(k, c1, c2):
    formula = LAYERS["convolution, kernel k × k"][2]
    assert value(formula, k=k, c1=c1, c2=c2) == convolution.parameter_count(k, c1, c2)
    network = dense.initialise([k, c1], ["linear"], np.random.default_rng(0))
    count = sum(array.size for array in network.parameters)
    assert value(LAYERS["dense, m nodes"][2], k=k, m=c1) == count


def test_parameter_examples():
    inputs, nodes, count = numbers(LAYERS["dense, m nodes"][3])
    assert value(LAYERS["dense, m nodes"][2], k=inputs, m=nodes) == count
    k, _, c1, c2, count = numbers(LAYERS["convolution, kernel k × k"][3])
    assert convolution.parameter_count(int(k), int(c1), int(c2)) == count
    channels, count = numbers(LAYERS["batch normalisation"][3])
    assert sum(numbers(re.sub(r"\bc\b", "", LAYERS["batch normalisation"][2]))) == 4
    assert count == 4 * channels


def test_pooling_examples():
    window, _, *shapes = (int(number) for number in numbers(LAYERS["pooling"][3]))
    assert convolution.max_pool2d(np.zeros(shapes[:3]), window).shape == tuple(shapes[3:])
    *shape, out = (int(number) for number in numbers(LAYERS["global pooling"][3]))
    assert convolution.global_max_pool2d(np.zeros(shape)).shape == (out,)
    *shape, out = (int(number) for number in numbers(LAYERS["flatten"][3]))
    assert np.zeros(shape).size == out


PLACES = {name.split(",")[0]: (formula, example) for name, formula, example in
          rows(part("How many places on a side?"))}  # fmt: skip


def counted(i: int, k: int, s: int, padding: str) -> int:
    """Return how many places the course's convolution finds on a side."""
    return len(convolution.conv2d(np.zeros((i, i)), np.zeros((k, k)), stride=s, padding=padding))


SIZES = {
    "in general": convolution.output_size,
    "valid": lambda i, k, s: counted(i, k, s, "valid"),
    "same": lambda i, k, s: counted(i, k, s, "same"),
    "full": lambda i, k, s: counted(i, k, s, "full"),
}


def test_each_size_has_a_row():
    assert PLACES.keys() == SIZES.keys()


@pytest.mark.parametrize("name", SIZES)
def test_examples_of_sizes(name):
    settings, result = PLACES[name][1].split(":")
    named = dict(pair.split(" = ") for pair in settings.split(", "))
    named = {name: int(number) for name, number in named.items()}
    assert SIZES[name](**named) == int(result)


def test_dilation():
    reach, k, d, over = re.search(
        r"reaches over (.*?): k = (\d) with d = (\d) over (\d)\)",
        part("How many places on a side?"),
    ).groups()
    assert value(reach, k=int(k), d=int(d)) == int(over)
    for i in range(5, 30):
        assert convolution.output_size(i, int(k), d=int(d)) == convolution.output_size(i, int(over))


@given(i=st.integers(1, 12), k=st.integers(1, 5), s=st.integers(1, 3), p=st.integers(0, 2),
       d=st.integers(1, 2))  # fmt: skip
def test_formulas_of_sizes(i, k, s, p, d):
    assume(i >= d * (k - 1) + 1)
    general = {"i": i, "k": k, "s": s, "p": p, "d": d}
    assert value(PLACES["in general"][0], **general) == convolution.output_size(**general)
    assert value(PLACES["valid"][0], i=i, k=k, s=s) == counted(i, k, s, "valid")
    assert value(PLACES["same"][0].split(";")[0], i=i, s=s) == counted(i, k, s, "same")
    assert value(PLACES["full"][0], i=i, k=k) == counted(i, k, 1, "full")


def test_the_odd_zero_goes_to_the_end():
    assert "one more at the bottom and right" in PLACES["same"][0]
    assert convolution.padding_amounts(7, 2, 2, "same") == (0, 1)


def test_receptive_field():
    text = after("Receptive field")
    first, window, second = re.search(
        r"Convolution (\d), pooling (\d), convolution (\d)", text
    ).groups()
    layers = [(int(first), 1), (int(window), int(window)), (int(second), 1)]
    assert convolution.receptive_field(layers) == numbers(text)[-1]


# --- Forward --------------------------------------------------------------------------------------


def test_activations():
    assert "sigmoid σ(z) = 1 ⁄ (1 + e⁻ᶻ); tanh(z) = 2σ(2z) − 1" in after("Layer")
    z = np.linspace(-4, 4, 9)
    np.testing.assert_allclose(1 / (1 + np.exp(-z)), dense.sigmoid(z), rtol=1e-14)
    np.testing.assert_allclose(2 * dense.sigmoid(2 * z) - 1, np.tanh(z), atol=1e-14)


def test_softmax():
    text = after("Softmax")
    *scores, first, second, third = numbers(text.split("Scores")[1])
    shares = dense.softmax(np.array(scores))
    formula = re.search(r"pⱼ = (.*?); the", text)[1].replace("Σ exp(z)", "total")
    total = np.exp(scores).sum()
    assert value(formula, z=np.array(scores), total=total) == pytest.approx(shares)
    assert shares == pytest.approx([first, second, third], abs=5e-4)


def test_cross_entropy():
    text = after("Cross-entropy")
    assert "−log p of the right class; yes or no: −y log p − (1 − y) log(1 − p)." in text
    given_to_truth, price = numbers(text)[-2:]
    p = np.array([[0.5, given_to_truth, 0.4]])
    assert dense.categorical_crossentropy(np.array([[0, 1, 0]]), p) == pytest.approx(
        price, abs=5e-4
    )
    y, p = np.array([[0.0], [1.0]]), np.array([[0.2], [0.7]])
    by_hand = (-y * np.log(p) - (1 - y) * np.log(1 - p))[:, 0]
    np.testing.assert_allclose(dense.binary_crossentropy(y, p), by_hand)


def test_batch_normalisation():
    formula = after("Batch normalisation").split("y = ")[1].split(". ")[0]
    *x, gamma, beta, a, b, c, d = numbers(after("Batch normalisation").split(". ", 1)[1])
    x = np.array(x)
    named = {"mean": x.mean(), "variance": x.var(), "γ": gamma, "β": beta, "eps": 0.0}
    assert value(formula, x=x, **named) == pytest.approx([a, b, c, d], abs=5e-3)


def test_starting_weights():
    he, glorot = re.search(r"He (√.*?), Glorot (√\(.*?\)\))", after("Starting weights")).groups()
    rng = np.random.default_rng(0)
    for scheme, formula in (("he", he), ("glorot", glorot)):
        kernel = dense.initialise([300, 200], ["relu"], rng, scheme).kernels[0]
        assert kernel.std() == pytest.approx(value(formula, inputs=300, outputs=200), rel=0.02)


# --- Backward and downhill ------------------------------------------------------------------------


def test_dense_slopes():
    assert "∂W = Xᵀδ, ∂b = δ summed over the rows, ∂X = δWᵀ" in after("Dense")
    assert "δ = (p − y) ⁄ n" in after("Softmax or sigmoid with its cross-entropy")
    assert "δ where z > 0, else 0" in after("ReLU")
    assert "δ · a(1 − a)" in after("Sigmoid")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 4)), np.eye(3)[rng.integers(0, 3, 6)]
    for name in ("relu", "sigmoid"):
        network = dense.initialise([4, 5, 3], [name, "softmax"], rng)
        _, hidden, p = dense.forward(network, x)
        delta = (p - y) / len(x)
        slopes = [hidden.T @ delta, delta.sum(axis=0)]
        arrives = delta @ network.kernels[1].T
        delta = arrives * (hidden > 0 if name == "relu" else hidden * (1 - hidden))
        slopes = [x.T @ delta, delta.sum(axis=0), *slopes]
        for ours, theirs in zip(
            slopes, dense.gradients(network, x, y, "categorical_crossentropy"), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, atol=1e-14)


@pytest.mark.parametrize("stride", [1, 2])
def test_convolution_slopes(stride):
    text = after("Convolution")
    assert "∂F = *valid* cross-correlation of X with δ, nothing turned; ∂b = sum of δ" in text
    assert "∂X = *full* cross-correlation of δ with F turned by 180°" in text
    assert "A stride puts s − 1 zeros between the δ first" in text
    rng = np.random.default_rng(1)
    picture, kernel = rng.normal(size=(6, 6)), rng.normal(size=(2, 2))
    side = convolution.output_size(6, 2, stride)
    delta = rng.normal(size=(side, side))
    spread = np.zeros(((side - 1) * stride + 1,) * 2)
    spread[::stride, ::stride] = delta
    found = convolution.conv2d_gradients(picture, kernel, delta, stride=stride)
    np.testing.assert_allclose(correlate2d(picture, spread, "valid"), found.kernels, atol=1e-12)
    np.testing.assert_allclose(
        correlate2d(spread, kernel[::-1, ::-1], "full"), found.images, atol=1e-12
    )
    assert found.bias == pytest.approx(delta.sum())


def test_pooling_slopes():
    assert "all of δ to the winner (the first)" in after("Max pooling")
    assert "equal shares" in after("Average pooling")
    picture = np.array([[1.0, 3], [3, 2]])
    to_winner = convolution.max_pool2d_gradient(picture, np.array([[8.0]]), 2)
    assert to_winner.tolist() == [[0, 8], [0, 0]]
    shares = convolution.average_pool2d_gradient(picture, np.array([[8.0]]), 2)
    assert shares.tolist() == [[2, 2], [2, 2]]


def rule(label: str) -> list[str]:
    """Return the steps of a rule on the sheet."""
    main, _, where = after(label).strip(" .").partition(" with ")
    steps = [*where.split(", "), *main.split(", ")] if where else main.split(", ")
    moves = [step for step in steps if step.startswith("w ")]
    keeps = [step for step in steps if step.startswith(("v ", "m "))]
    return keeps + [step for step in steps if step not in moves + keeps] + moves


@pytest.mark.parametrize(
    ("label", "optimiser"),
    [
        ("Gradient descent", optimisers.GradientDescent(0.1)),
        ("Momentum", optimisers.GradientDescent(0.1, momentum=0.9)),
        ("Adam", optimisers.Adam(0.1)),
    ],
)
def test_rules_for_steps(label, optimiser):
    start = np.array([3.0, -0.5])
    scale = np.array([1.0, 4.0])
    theirs, ours = [start.copy()], {"w": start, "v": 0.0, "m": 0.0, "rate": 0.1, "eps": 1e-9}
    for t in range(1, 6):
        optimiser.update(theirs, [scale * theirs[0]])
        ours |= {"g": scale * ours["w"], "t": t}
        follow(rule(label), ours)
    np.testing.assert_allclose(ours["w"], theirs[0], atol=1e-5)


def test_weight_decay():
    assert "w ← w − rate · decay · w" in after("Weight decay")
    named = {"w": 2.0, "rate": 0.1, "decay": 0.5}
    follow(["w ← w − rate · decay · w"], named)
    assert named["w"] == pytest.approx(1.9)  # notebook 13, where Keras says so too


# --- Keras ----------------------------------------------------------------------------------------

CODE = re.findall(r"^```python\n(.*?)^```", SHEET, flags=re.M | re.S)
LOSSES = rows(part("Keras"))
ALSO = re.findall(r"`([^`]+)`", re.search(r"^Also: (.*)$", SHEET, flags=re.M)[1])


@pytest.fixture(scope="module")
def keras():
    """Keras, imported without its notes on stderr."""
    with quiet_import():
        import keras
    return keras


@pytest.fixture(scope="module")
def ran(keras, tmp_path_factory):
    """The names that the code of the sheet leaves behind, after a run on a few pictures."""
    folder, before = tmp_path_factory.mktemp("sheet"), pathlib.Path.cwd()
    rng = np.random.default_rng(0)
    names: dict[str, object] = {}
    for name, n in (("train", 60), ("val", 20), ("test", 30)):
        names[f"x_{name}"] = rng.integers(0, 256, (n, 28, 28, 1), dtype=np.uint8)
        names[f"y_{name}"] = rng.integers(0, 10, n, dtype=np.uint8)
    os.chdir(folder)  # the code saves a file where it runs
    try:
        for code in CODE:
            exec(compile(code, "cheat_sheet.md", "exec"), names)
    finally:
        os.chdir(before)
    return names


def test_the_code_runs(ran):
    assert len(CODE) == 1
    assert len(ran["history"].history["val_accuracy"]) == 2
    assert ran["answers"].shape == (30,) and 0 <= ran["answers"].min() <= ran["answers"].max() < 10
    assert ran["loss"] > 0 and 0 <= ran["accuracy"] <= 1


def test_shapes_named_in_comments(ran):
    comment = re.search(r"get_weights\(\)  # \((.*?)\), \((.*?),\)", CODE[0])
    assert [ran["kernels"].shape, ran["biases"].shape] == [
        tuple(int(number) for number in numbers(text)) for text in comment.groups()
    ]


def test_the_network_is_the_one_traced_above(ran):
    line = after("CNN")
    shapes = {tuple(layer.output.shape[1:]) for layer in ran["model"].layers}
    traced = {tuple(int(n) for n in found) for found in re.findall(r"(\d+) × (\d+) × (\d+)", line)}
    assert traced <= shapes
    counts = [layer.count_params() for layer in ran["model"].layers if layer.count_params()]
    assert f"{' + '.join(map(str, counts))} = {ran['model'].count_params()}" in re.sub(
        r"(?<=\d) (?=\d{3}\b)", "", line
    )


def called(tree: ast.AST) -> set[str]:
    """Return the names of what is called in a piece of code."""
    functions = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {
        each.attr if isinstance(each, ast.Attribute) else ast.unparse(each) for each in functions
    }


def test_calls_are_those_of_the_course():
    """What the sheet calls is called in a notebook, too."""
    notebooks = [Notebook.read(path) for path in notebook_paths()]
    used = set().union(*(called(cell.tree) for notebook in notebooks for cell in notebook.code))
    pieces = [*CODE, *ALSO, *(cell.strip("`") for _, _, cell in LOSSES)]
    on_sheet = set().union(*(called(ast.parse(piece)) for piece in pieces))
    assert len(on_sheet) > 20
    prose = (cell.source for notebook in notebooks for cell in notebook.prose)
    assert any("`from_logits=True`" in text for text in prose)
    used |= {"SparseCategoricalCrossentropy"}  # notebook 05 names its argument only
    assert on_sheet <= used, f"in no notebook: {sorted(on_sheet - used)}"


@pytest.mark.parametrize("call", ALSO)
def test_further_calls(call, keras):
    eval(call, {"keras": keras, "layers": keras.layers})


def loss_by_hand(last: str, labels: np.ndarray, answers: np.ndarray) -> float:
    """Return the mean loss by the course's own functions."""
    if labels.ndim == 1:
        labels = np.eye(answers.shape[1])[labels]
    if "bare" in last:
        answers = dense.softmax(answers)
    name = "mse" if "Dense(1)" in last else "categorical_crossentropy"
    name = "binary_crossentropy" if "sigmoid" in last else name
    return dense.LOSSES[name](labels, answers.astype(float)).mean()


@pytest.mark.parametrize(("last", "labels", "loss"), LOSSES)
def test_losses_that_fit(last, labels, loss, keras):
    keras.utils.set_random_seed(0)
    layer, loss = last.split("`")[1], loss.strip("`")
    names = {"keras": keras, "Dense": keras.layers.Dense, "c": 3}
    model = keras.Sequential([keras.Input((4,)), eval(layer, names)])
    model.compile(loss=eval(loss, names))
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(16, 4)), rng.integers(0, 3, 16)
    if "one-hot" in labels:
        y = np.eye(3)[y]
    elif "(n, 1)" in labels:
        y = rng.normal(size=(16, 1)) if "any" in labels else rng.integers(0, 2, (16, 1))
    by_hand = loss_by_hand(last, y, model.predict(x, verbose=0))
    assert model.evaluate(x, y, verbose=0) == pytest.approx(by_hand, rel=1e-5)


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")
def test_symptoms(keras):
    text = part("Five classic mistakes")
    assert len(rows(text)) == 5
    assert f"ln(classes), {math.log(10):.1f} for ten" in text
    assert f"the largest input is {1 / 255:.3f}" in text
    one_node = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation="softmax")])
    assert "softmax on one node" in text and "the answer is 1 to everything" in text
    assert (one_node.predict(np.array([[-5.0, 3.0], [9.0, 0.0]]), verbose=0) == 1).all()
