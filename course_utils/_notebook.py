"""Read a notebook file into its cells, as plain JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

FENCE = re.compile(r"^(```|~~~).*?^\1[^\S\n]*$", re.M | re.S)
HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*$", re.M)


def joined(text: str | list[str]) -> str:
    """Return the text of a notebook field, which may be stored as a list of lines."""
    return text if isinstance(text, str) else "".join(text)


@dataclass(frozen=True)
class Cell:
    """One cell: its place in the notebook (from 1, as people count) and its JSON."""

    number: int
    raw: dict[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        return self.raw.get("id", "no id")

    @property
    def is_code(self) -> bool:
        return self.raw["cell_type"] == "code"

    @property
    def is_prose(self) -> bool:
        return self.raw["cell_type"] == "markdown"

    @property
    def source(self) -> str:
        return joined(self.raw["source"])

    @property
    def metadata(self) -> dict[str, Any]:
        return self.raw.get("metadata", {})

    @property
    def tags(self) -> list[str]:
        return self.metadata.get("tags", [])

    @property
    def is_exercise(self) -> bool:
        return "exercise" in self.tags

    @property
    def unfenced(self) -> str:
        """The Markdown source without its code blocks."""
        return FENCE.sub("", self.source)

    def headings(self) -> list[tuple[int, str]]:
        """Return (level, text) of each Markdown heading."""
        found = HEADING.findall(self.unfenced) if self.is_prose else []
        return [(len(marks), text) for marks, text in found]


@dataclass(frozen=True)
class Notebook:
    """A notebook file."""

    path: Path
    raw: dict[str, Any] = field(repr=False)
    cell: ClassVar[type[Cell]] = Cell

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the notebook in a file."""
        return cls(path, json.loads(path.read_text(encoding="utf-8")))

    @property
    def number(self) -> str:
        """The two digits that its file name starts with."""
        return self.path.name[:2]

    @cached_property
    def cells(self) -> list[Any]:
        return [self.cell(number, raw) for number, raw in enumerate(self.raw["cells"], 1)]

    @property
    def code(self) -> list[Any]:
        return [cell for cell in self.cells if cell.is_code]
