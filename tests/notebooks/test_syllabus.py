"""What each notebook owes the syllabus: its "Is that so?" boxes and the numbers it must reproduce.

A number must be *computed*, that is, stand in the text output of a code cell, and *guarded*, that
is, stand in an assertion, in code that the reader sees.
"""

import ast
import re

import pytest

from tests.notebooks.lint import boxes, has_assertion
from tests.notebooks.parts import Notebook, notebook_paths

# Notebook → for each box the words that must stand in its statement or explanation.
BOXES = {
    "01": [("right values of a and b for 10 = 3a + b", "whole **line**")],
    "02": [("0 or 1", "probability")],
    "03": [("at the output", "one", "sigmoid"), ("4 inputs", "5 nodes", "w33", "w34")],
    "04": [
        ("best parameters and hyper-parameters", "Gradient descent moves the parameters only"),
        ("accuracy on the test set", "validation accuracy under another name"),
    ],
    "06": [("784", "1024"), ("7 by 7", "56")],
    "07": [("6 million", "4 million", "24 million")],
    "08": [
        ("Two stacked 3 by 3", "one of 9 by 9", "5 by 5", "four"),
        ("second row of the 4's map", "1.9", "2.1"),
        ("−0.22 −0.11 −0.22", "−0.33 −0.33 −0.33", "−0.55"),
        ("map of the moved 9", "0.33 in row 2", "−0.33 in row 3", "−0.11"),
        ("`Conv2D` computes a convolution", "cross-correlation"),
    ],
    "09": [
        ("moved 9", "0.33 and −0.33", "−0.11", "two"),
        ("translation invariant", "equivariant", "small moves"),
        ("powers of two", "3 by 3"),
        ("Pooling reduces the number of parameters", "none", "dense"),
    ],
    "10": [
        ("comes from the previous layer", "nearer to the loss"),
        ("turned by 180°, for both slopes", "turns **nothing**"),
    ],
    "11": [("Flatten (120, 0)", "dense layer of 120")],
    "12": [("two colour channels", "three", "red, green and blue")],
    "13": [
        ("goes after the activation", "prevents over-fitting", "empirical question", "side effect")
    ],
}
# Notebook → numbers computed in an output and guarded by an assertion.
NUMBERS = {
    # slope and intercept, solved exactly; what the six trials give, and their errors
    "01": [2, 1, *[4, 15, 8, 11, 9, 10], *[6, -5, 2, -1, 1, 0]],
    "02": [4, 27, 10, 51],  # mistakes on OR and their bound, the same for AND
    "03": [
        *[-1.10, 1.32, -0.21, -1.37, 0.98, 0.39, -1.07, 1.34, -0.27],  # the employees, scaled
        *[12, 20, 15, 6, 53, 4, 5, 3, 2, 14, 67],  # weights, biases and all of 3-4-5-3-2
    ],
    "04": [
        *[800, 100, 120, 15],  # 80 : 10 : 10 of 1000 samples and of Iris
        *[8, 400],  # batches an epoch and updates: 1000 samples, batch 128, 50 epochs
        *[3, -16, 0.93],  # MSE and slopes worked by hand; the median of 20 splits of Iris
    ],
    "05": [25, 67],  # parameters of 2-3-3-1, and of 4-8-3 for Iris
    "06": [784, 1024, 56, 22_500, 67_500, 196_608, 6_220_800],
    "07": [10**8, 24 * 10**12, 24_883_200_000_000],
    "08": [
        *[530_660, 6_760, 10],  # weights: dense, one neuron per tile, one neuron for all tiles
        *[1.0, 1.2, 1.1, 0.9, 2.1, 2.7, 2.5, 1.9, 1.4, 1.8],  # the map of the 4
        *[1.0, -0.11, 0.11, -0.33, 0.33, -0.56],  # of the 9
        *[26, 28, 14, 8, 10, 4],  # sizes of maps
        *[3, 5, 7, 9],  # receptive fields
        *[308, -498, 164, -25, -151, 323, 337],  # the RGB patch, and with its kernels turned
        57,  # weights and biases of 3 × 2 kernels of 3 × 3
        *[37, 47, 67, 77, 23, 33, 53, 63],  # cross-correlation and true convolution
    ],
    "09": [
        *[1.0, 0.33, -0.11, -0.56],  # the maps of the 9 and of the moved 9, and pooled
        *[8, 9, 3, 2, 4.5, 0.75, 16, 18],  # 2 × 2 with stride 2: max, average, sum
        *[0.3, 0.9, 0.4],  # of tenths
        *[1.67, 1.22, 1.78, 1.11, 0.78, 1.33],  # 3 × 3 average
        *[14, 4, 6, 3],  # sizes
        *[320, 2_769_024, 692_352],  # numbers to learn without and with pooling
    ],
    "10": [
        *[37, 47, 67, 77],  # the output
        *[7, 9, 13, 15],  # slopes for the filter
        *[1, 2, 0, 4, -3, 8],  # slopes for the picture
        *[14, 16, 22, 24],  # slopes for the filter with stride 2
        *[3, -2, 0.75, 0.5],  # back through maximum and mean
        2730,  # parameters of the small CNN
    ],
    "11": [
        *[784, 6272, 1568, 1600, 400, 120, 64, 10],  # numbers after each row of the table
        *[80, 3216, 48_120, 59_810],  # parameters
    ],
    "12": [
        *[60_000, 5_000, 1_000, 10],  # pictures, of each class for training and testing, classes
        *[32, 3, 1024, 3072],  # side, channels, numbers a channel and a picture
        *[30_730, 789_258],  # parameters of the linear and of the dense network
        *[896, 18_496, 36_928, 65_600, 650],  # of each layer of the CNN
        *[56_320, 66_250, 122_570],  # of its convolutions, of its dense layers, together
    ],
    "13": [4, 5],  # mean and variance of the batch normalised by hand
    "14": [
        *[60, 190, 160],  # three pixels after one step along the sign of the slope
        *[0.48, 0.64, 1.28, 0.4, 1.92, -0.2],  # capsules after a round by hand, and its agreements
        0.06,  # the margin loss worked by hand
    ],
    "15": [
        *[3, 3073, 516],  # to learn: from two features, from the pixels, on the frozen base
        *[73_728, 8_768],  # weights of a convolution, and of depthwise and 1 × 1 in its place
        0.35,  # of the notes of batch normalisation, after ten batches
        *[-38, 28],  # the zero point, and 0.37, in 8 bits
    ],
    "16": [
        *[84, 60, 36],  # maps behind each bridge of the U-Net
        *[2, 3, 7],  # the heat map by hand
        8,  # the first number of the volume's convolution
    ],
}
EXISTING = {path.name[:2]: path for path in notebook_paths()}
SEPARATOR = "[,_ '\N{NO-BREAK SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}]?"
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def written(number: float) -> re.Pattern:
    """Return a pattern for a number in decimal digits, thousands apart or not.

    A float is looked for with its sign and two decimals or more, if these are zeros.
    """
    if isinstance(number, float):
        sign = "[-−]" if number < 0 else r"(?<![-−])"
        digits = f"{abs(number):.2f}".rstrip("0").replace(".", r"\.")
        return re.compile(rf"(?<![\d.,_]){sign}(?<![\d.,_]){digits}0*(?!\d)")
    groups = f"{number:,}".split(",")
    return re.compile(r"(?<![\d.,_])" + SEPARATOR.join(groups) + r"(?![\d_]|[.,]\d)")


def scientific_numbers(text: str):
    """Yield the values written as 2.4e13, 2.4 × 10¹³, 10**8."""
    text = text.replace("−", "-")
    for mantissa, exponent in re.findall(r"(\d+(?:\.\d+)?)[eE]\+?(\d+)", text):
        yield round(float(mantissa) * 10 ** int(exponent))
    powers = r"(?:(\d+(?:\.\d+)?)\s*[×*]\s*)?\b10(?:\*\*|\^)?([⁰¹²³⁴⁵⁶⁷⁸⁹]+|(?<=[*^])\d+)"
    for mantissa, exponent in re.findall(powers, text):
        yield round(float(mantissa or 1) * 10 ** int(exponent.translate(SUPERSCRIPTS)))


def is_computed(notebook: Notebook, number: int) -> bool:
    """Whether a number stands in the text output of a code cell."""
    for cell in notebook.code:
        for text in cell.output_texts():
            plain = re.sub(r"<[^>]*>", " ", text)
            if written(number).search(plain) or number in scientific_numbers(plain):
                return True
    return False


def value_of(node: ast.AST) -> float | None:
    """Return the value of an expression of plain numbers, else None."""
    allowed = (ast.Expression, ast.BinOp, ast.UnaryOp, ast.Constant, ast.operator, ast.unaryop)
    if not isinstance(node, ast.expr) or not all(isinstance(n, allowed) for n in ast.walk(node)):
        return None
    constants = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
    if not constants or not all(type(value) in (int, float) for value in constants):
        return None
    powers = [n.right for n in ast.walk(node) if isinstance(n, ast.BinOp) and type(n.op) is ast.Pow]
    if not all(isinstance(power, ast.Constant) and power.value < 100 for power in powers):
        return None
    try:
        return eval(compile(ast.Expression(node), "assertion", "eval"), {"__builtins__": {}})
    except (ArithmeticError, TypeError):
        return None


def is_guarded(notebook: Notebook, number: int) -> bool:
    """Whether a number stands in an assertion of a code cell, written out or as a product."""
    for cell in notebook.code:
        for statement in ast.walk(cell.tree):
            asserts = isinstance(statement, ast.Assert) or (
                isinstance(statement, ast.Call)
                and ast.unparse(statement.func).rpartition(".")[2].startswith("assert_")
            )
            if asserts and any(value_of(node) == number for node in ast.walk(statement)):
                return True
    return False


@pytest.mark.parametrize(
    ("number", "words"),
    [(number, words) for number in BOXES if number in EXISTING for words in BOXES[number]],
)
def test_box(number, words):
    """The box exists, says what is claimed, and a cell with an assertion settles it."""
    notebook = Notebook.read(EXISTING[number])
    for cell, inside in boxes(notebook):
        everything = " ".join(each.source for each in [cell, *inside]).replace("\n", " ")
        everything = re.sub("[×x]", "by", everything.replace("7 × 7", "7 by 7"))
        if all(word in everything.replace("1 024", "1024") for word in words):
            assert any(each.is_code and has_assertion(each) for each in inside)
            return
    pytest.fail(f'notebook {number} has no "Is that so?" box with the words {words}')


@pytest.mark.parametrize(
    ("notebook_number", "number"),
    [(name, number) for name in NUMBERS if name in EXISTING for number in NUMBERS[name]],
)
def test_number(notebook_number, number):
    """The number is computed in an output and guarded by an assertion."""
    notebook = Notebook.read(EXISTING[notebook_number])
    assert is_computed(notebook, number), f"{number} is in no text output of a code cell"
    assert is_guarded(notebook, number), f"{number} is in no assertion of a code cell"


@pytest.mark.parametrize("text", ["6220800", "6 220 800", "6,220,800 inputs", "(6_220_800)"])
def test_written_numbers_are_found(text):
    assert written(6_220_800).search(text)


@pytest.mark.parametrize("text", ["16220800", "6220800.5", "62208000", "1 784 0"])
def test_other_numbers_are_not(text):
    assert not written(6_220_800).search(text)


def test_signed_decimals_are_found():
    assert written(-1.1).search("age  -1.10   1.32") and written(-1.1).search("−1.1, 1.32")
    assert not any(written(-1.1).search(text) for text in ("1.10", "-1.11", "-1.01", "-11.10"))
    assert written(1.32).search("[-1.10, 1.32]") and not written(1.32).search("-1.32 11.32 1.325")


@pytest.mark.parametrize("text", ["2.4e+13", "2.4e13", "2.4 × 10¹³", "2.4*10**13"])
def test_powers_are_found(text):
    assert 24 * 10**12 in scientific_numbers(text)


def test_products_in_assertions_are_computed():
    value = value_of(ast.parse("6_220_800 * 4 * 10**6", mode="eval").body)
    assert value == 24_883_200_000_000
    assert value_of(ast.parse("side * 2", mode="eval").body) is None
