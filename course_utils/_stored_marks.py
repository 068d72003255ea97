"""The marks of trained networks in a notebook, and the lines that load them instead.

A code cell that trains a network says in its metadata, which readers don't see, what is stored:

    "stores": {"name": "07_dense", "model": "dense", "history": "history",
               "data": "data", "seed": 0}

Below the training stands, as a comment, the line that loads the network instead:

    # dense, history = trained.load("07_dense"), trained.history("07_dense")

With ``"stand_in": "train"`` the mark says that the network is of no use on the stand-in's pictures:
where tests load stored networks to save time, on the stand-in, this one is trained all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from course_utils._notebook import Cell, Notebook

KEY = "stores"
NEEDED = ("name", "model", "history", "data", "seed")
OPTIONAL = ("accuracy", "stand_in")
ANY_LINE = re.compile(r"^\s*#.*\btrained\.(?:load|history)\(.*$", re.M)


@dataclass(frozen=True)
class Mark:
    """What a cell says is to be stored: names of variables, and the name of the files."""

    name: str
    model: str
    history: str
    data: str
    seed: int | str
    accuracy: str | None = None
    stand_in: str | None = None

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> Mark | None:
        """Return the mark in a cell's metadata, or None.

        Raises
        ------
        ValueError
            If there is one with other entries than expected.
        """
        raw = metadata.get(KEY)
        if raw is None:
            return None
        fits = isinstance(raw, Mapping) and set(NEEDED) <= set(raw) <= {*NEEDED, *OPTIONAL}
        if not fits:
            raise ValueError(
                f"{KEY} needs {', '.join(NEEDED)} (and may have {', '.join(OPTIONAL)})"
            )
        if not re.fullmatch(r"\d\d(_[0-9a-z]+)+", str(raw["name"])):
            raise ValueError(f"{KEY} has the name {raw['name']!r}; write it like '07_dense'")
        for key in ("model", "history", "data", "accuracy", "seed"):
            value = raw.get(key)
            number = key == "seed" and isinstance(value, int) and not isinstance(value, bool)
            if key in raw and not number and not (isinstance(value, str) and value.isidentifier()):
                kind = "a number or a variable" if key == "seed" else "a variable"
                raise ValueError(f"{KEY} has the {key} {value!r}; name {kind}")
        if "stand_in" in raw and raw["stand_in"] != "train":
            raise ValueError(f"{KEY} has the stand_in {raw['stand_in']!r}; write 'train' or none")
        return cls(**raw)

    @property
    def line(self) -> str:
        """The line that loads the network, commented."""
        return (
            f'# {self.model}, {self.history} = trained.load("{self.name}"), '
            f'trained.history("{self.name}")'
        )


def marks(notebook: Notebook) -> list[tuple[Cell, Mark]]:
    """Return the cells with a mark, in order."""
    found = [(cell, Mark.of(cell.raw.get("metadata", {}))) for cell in notebook.cells]
    return [(cell, mark) for cell, mark in found if mark]


def replaced_cells(notebook: Notebook, cell: Cell, mark: Mark) -> list[Cell]:
    """Return the code cells from a marked one to the one with its line; empty if there is none.

    The search ends at the next heading and at the next mark.
    """
    found = []
    for each in notebook.cells[cell.number - 1 :]:
        if each.headings() or (found and KEY in each.raw.get("metadata", {})):
            break
        if each.is_code:
            found.append(each)
            if mark.line in each.source.splitlines():
                return found
    return []


def without_training(notebook: Notebook, *, on_stand_in: bool = False) -> dict[int, str]:
    """Return the code that replaces trainings, by the number of the cell.

    Each line that loads a network is uncommented, and the code that it replaces left out: all from
    the top of the marked cell down to the line. With `on_stand_in`, networks whose mark says
    ``"stand_in": "train"`` are trained.

    Raises
    ------
    ValueError
        If a marked cell has no such line below it.
    """
    changed = {}
    for cell, mark in marks(notebook):
        if on_stand_in and mark.stand_in:
            continue
        replaced = replaced_cells(notebook, cell, mark)
        if not replaced:
            raise ValueError(f"cell {cell.number} ({cell.id}): no line `{mark.line}` below it")
        for each in replaced:
            lines, kept = each.source.splitlines(), []
            if mark.line in lines:
                kept = [mark.line.removeprefix("# "), *lines[lines.index(mark.line) + 1 :]]
            changed[each.number] = "\n".join(kept)
    return changed


def uncommented(source: str) -> str:
    """Return the code of a cell with its line that loads a network as code beside the rest."""
    return ANY_LINE.sub(lambda match: match[0].replace("# ", "", 1), source)
