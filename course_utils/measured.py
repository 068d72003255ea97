"""What the benchmarks of the course have measured, for the notebooks that show it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def load(name: str) -> dict[str, Any]:
    """Return the stored results of a benchmark.

    They lie in ``benchmarks/results`` of the course, and inside the package where it was installed
    without the rest (on Colab): so a notebook finds them from any folder.

    Parameters
    ----------
    name : str
        Such as ``"ablation"``.

    Returns
    -------
    dict
        As the benchmark wrote it.

    Raises
    ------
    FileNotFoundError
        If nothing of that name came with the course; the message lists what did.

    Examples
    --------
    >>> load("ablation")["pictures"]
    10000
    """
    packaged = HERE / "_data" / "results"
    folder = packaged if packaged.is_dir() else HERE.parent / "benchmarks" / "results"
    path = folder / f"{name}.json"
    if not path.is_file():
        there = ", ".join(sorted(each.stem for each in folder.glob("*.json"))) or "nothing"
        raise FileNotFoundError(f"no results named {name!r}; expected one of: {there}.")
    return json.loads(path.read_text(encoding="utf-8"))
