"""Find out which lines of a notebook an answer needs, so that the others need not run.

A notebook may train networks for minutes; its exercises rarely use them. A line is needed if it
binds, or changes, a name that an answer uses, directly or through other lines that are needed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

# A line of IPython's own: `%matplotlib inline`, `!ls`, `?np.sum`, `np.sum??`.
_LINE_MAGIC = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.*%]+\?{1,2};?[ \t]*)$", re.M)
_HARMLESS = re.compile(r"^\s*%%(time|timeit|capture)\b.*$", re.M)


@dataclass(frozen=True)
class Piece:
    """Lines that belong together, and the names they bind, change and use."""

    cell: int
    first: int
    last: int
    binds: frozenset[str]
    uses: frozenset[str]
    always: bool = False


def plain(source: str) -> str:
    r"""Return the Python of a cell, line by line, without IPython's magics.

    Examples
    --------
    >>> plain("%matplotlib inline\nx = 1")
    'pass\nx = 1'

    What is Python already stays: here the % is an operator.

    >>> print(plain("x = (7\n     % 4)"))
    x = (7
         % 4)
    """
    if _is_python(source):
        return source
    if source.lstrip().startswith("%%"):
        if not _HARMLESS.match(source):
            return ""  # another language
        source = _HARMLESS.sub("pass", source, count=1)
    return _LINE_MAGIC.sub(r"\1pass", source)


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def needed(cells: Sequence[str], answers: set[int]) -> list[str]:
    r"""Return the cells with only those lines that the answers need, all others blank.

    Parameters
    ----------
    cells : sequence of str
        The code cells of a notebook, in order.
    answers : set of int
        The positions of those with an answer. They stay whole, and so does each cell that is not
        valid Python, whose error its author shall see.

    Returns
    -------
    list of str
        As many as there are cells, with unchanged line numbers.

    Examples
    --------
    >>> needed(["import time\nk = 3", "fit(k)", "def my_f(x):\n    return k * x"], {2})
    ['\nk = 3', '', 'def my_f(x):\n    return k * x']
    """
    cells = [plain(cell) for cell in cells]
    modules = frozenset(name for cell in cells for name in _imported(cell))
    pieces = [
        piece for i, cell in enumerate(cells) for piece in _pieces(i, cell, i in answers, modules)
    ]
    end = max(answers, default=-1)
    pieces = [piece for piece in pieces if piece.cell <= end]
    kept: set[Piece] = set()
    wanted: set[str] = set()
    while more := [p for p in pieces if p not in kept and (p.always or p.binds & wanted)]:
        kept.update(more)
        wanted.update(*(p.uses for p in more))
    return [
        _only(cell, [p for p in kept if p.cell == i]) if i <= end else ""
        for i, cell in enumerate(cells)
    ]


def _imported(source: str) -> list[str]:
    """Return the names that a cell gets by importing."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    aliases = [node for node in ast.walk(tree) if isinstance(node, ast.alias)]
    return [(alias.asname or alias.name).split(".")[0] for alias in aliases]


def _pieces(number: int, source: str, answer: bool, modules: frozenset[str]) -> list[Piece]:
    everything = len(source.splitlines())
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [Piece(number, 1, everything, frozenset(), frozenset(), always=answer)]
    if answer:
        return [Piece(number, 1, everything, _bound(tree), _used(tree), always=True)]
    pieces: list[Piece] = []
    for statement in tree.body:
        decorators = [d.lineno for d in getattr(statement, "decorator_list", [])]
        first, last = min([statement.lineno, *decorators]), statement.end_lineno or 0
        star = isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*"
        binds = _bound(statement)
        if isinstance(statement, ast.Expr):
            binds -= modules  # plots.show(x) does not change plots
        piece = Piece(number, first, last, binds, _used(statement), star)
        if pieces and pieces[-1].last >= first:  # two statements on one line
            before = pieces.pop()
            piece = Piece(
                number,
                before.first,
                max(last, before.last),
                before.binds | piece.binds,
                before.uses | piece.uses,
                before.always or star,
            )
        pieces.append(piece)
    return pieces


def _bound(tree: ast.AST) -> frozenset[str]:
    """Return the names that a statement binds or changes."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            found.add(_root(node))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            found.add(_root(node.value.func))  # values.append(1) changes values
    found.discard("")
    return frozenset(found)


def _root(node: ast.AST) -> str:
    """Return the name that a chain of attributes and brackets begins with; a plain name has none.

    ``fit(x)`` changes no name ``fit``; ``model.fit(x)`` changes ``model``.
    """
    chained = False
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
        chained = True
    return node.id if chained and isinstance(node, ast.Name) else ""


def _used(tree: ast.AST) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def _only(source: str, pieces: Sequence[Piece]) -> str:
    keep = {line for piece in pieces for line in range(piece.first, piece.last + 1)}
    lines = source.splitlines()
    return "\n".join(line if i in keep else "" for i, line in enumerate(lines, 1)).rstrip()
