"""Read a notebook into the parts that its checks look at.

The file is read as plain JSON, not through nbformat, because nbformat repairs what a check
must see (a missing cell id, for example).
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

from course_utils import _notebook
from course_utils._notebook import joined as joined

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"

CHECK_CALL = re.compile(r"\bexercise\.(\w+)\.check\(")


def notebook_paths() -> list[Path]:
    """Return the notebooks of the course, in order."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


class Cell(_notebook.Cell):
    """One cell, with what the checks look at."""

    @property
    def is_for_presenters(self) -> bool:
        """Whether this is the cell that brings a notebook back; students have no use for it."""
        return self.is_code and "course_utils.presenting import resume" in self.source

    @property
    def is_compared(self) -> bool:
        """Whether nbval is meant to compare the outputs of this cell."""
        return self.is_code and "nbval-ignore-output" not in self.tags

    @property
    def outputs(self) -> list[dict]:
        return self.raw.get("outputs", [])

    @property
    def lines(self) -> int:
        """Non-blank lines."""
        return sum(bool(line.strip()) for line in self.source.splitlines())

    def output_texts(self) -> Iterator[str]:
        """Yield every output that is text (streams, text/*, SVG, JSON, tracebacks), no pictures."""
        for output in self.outputs:
            if "text" in output:
                yield joined(output["text"])
            for mime, content in output.get("data", {}).items():
                if mime.startswith("text/") or mime in ("image/svg+xml", "application/json"):
                    is_text = isinstance(content, str | list)
                    yield joined(content) if is_text else json.dumps(content)
            yield from output.get("traceback", [])

    def mimes(self) -> set[str]:
        """Return the media types of the outputs."""
        return {mime for output in self.outputs for mime in output.get("data", {})}

    def parse(self) -> ast.Module:
        """Return the syntax tree of the code, with IPython's magics turned into calls."""
        return ast.parse(TransformerManager().transform_cell(self.source))

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; empty where the code is not valid (one rule of its own says so)."""
        try:
            return self.parse()
        except SyntaxError:
            return ast.Module([], [])

    @property
    def prose(self) -> str:
        """The words a reader reads: no code, formulas, tags, addresses."""
        text = re.sub(r"`+[^`]*`+", " ", self.unfenced)
        text = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", " ", text, flags=re.S)
        text = re.sub(r"<[^>]*>", " ", text)
        text = re.sub(r"\]\([^)]*\)", "] ", text)
        return re.sub(r"https?://\S+", " ", text)


class Notebook(_notebook.Notebook):
    """A notebook file, with what the checks look at."""

    cell = Cell
    cells: list[Cell]
    code: list[Cell]

    @property
    def prose(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.is_prose]

    @property
    def exercises(self) -> list[Cell]:
        return [cell for cell in self.code if cell.is_exercise]

    @property
    def worked_through(self) -> list[Cell]:
        """The code cells that cost a student time: all but the one for presenters."""
        return [cell for cell in self.code if not cell.is_for_presenters]

    @property
    def words(self) -> int:
        """Whitespace-separated pieces of the Markdown cells."""
        return sum(len(cell.source.split()) for cell in self.prose)

    @property
    def minutes(self) -> int:
        """Minutes for one student: words / 180 + 1 a code cell + 8 an exercise, in fives."""
        minutes = self.words / 180 + len(self.worked_through) + 8 * len(self.exercises)
        return 5 * int(minutes / 5 + 0.5)

    @property
    def stated_minutes(self) -> int | None:
        """The minutes that the header states."""
        first = self.cells[0].source if self.cells else ""
        match = re.search(r"^\*\*Minutes:\*\*\s*(\d+)\b", first, re.M)
        return int(match[1]) if match else None

    @property
    def title(self) -> str:
        """The title in the first heading, without the number."""
        first = self.cells[0].source if self.cells else ""
        match = re.match(r"# \d\d · (.+)", first)
        return match[1].strip() if match else ""

    def exercise_module(self) -> str | None:
        """Return the dotted name of the module that the notebook imports as ``exercise``."""
        for cell in self.code:
            for node in ast.walk(cell.tree):
                if isinstance(node, ast.ImportFrom):
                    for alias in node.names:
                        if alias.asname == "exercise":
                            return f"{node.module}.{alias.name}"
        return None


def names_bound(tree: ast.Module) -> set[str]:
    """Return the names that the top level of a cell binds: assignments, functions, imports, loops.

    What is bound inside a function or a class body stays there and is not counted.
    """
    bound: set[str] = set()

    class Visitor(ast.NodeVisitor):
        def visit_FunctionDef(self, node):
            bound.add(node.name)

        visit_AsyncFunctionDef = visit_FunctionDef
        visit_ClassDef = visit_FunctionDef

        def visit_Lambda(self, node):
            pass

        def visit_comprehension_scope(self, node):
            for child in ast.walk(node):
                if isinstance(child, ast.NamedExpr):
                    bound.add(child.target.id)

        visit_ListComp = visit_SetComp = visit_DictComp = visit_comprehension_scope
        visit_GeneratorExp = visit_comprehension_scope

        def visit_Name(self, node):
            if isinstance(node.ctx, ast.Store):
                bound.add(node.id)

        def visit_alias(self, node):
            bound.add((node.asname or node.name).split(".")[0])

        def visit_ExceptHandler(self, node):
            if node.name:
                bound.add(node.name)
            self.generic_visit(node)

    Visitor().visit(tree)
    return bound


def names_used(tree: ast.Module) -> set[str]:
    """Return every name that a cell mentions, in whatever role."""
    used = names_bound(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            used.update(node.names)
    return used
