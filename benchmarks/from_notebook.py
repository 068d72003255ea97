"""Take function definitions out of a notebook, so that what is measured is what is shown."""

import ast
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def definitions(notebook: str, names: list[str], **namespace: Any) -> SimpleNamespace:
    """Return functions defined in a notebook's code cells.

    Parameters
    ----------
    notebook : str
        File name in `notebooks/`.
    names : list of str
        The functions wanted. Nothing else of the notebook is run.
    **namespace
        What the functions use by name (`keras=keras`, `np=np` …).

    Returns
    -------
    SimpleNamespace
        With one attribute a function.

    Raises
    ------
    KeyError
        If the notebook defines no function of that name, or more than one.
    """
    found = _found(notebook, names)
    code = ast.fix_missing_locations(ast.Module(body=list(found.values()), type_ignores=[]))
    exec(compile(code, notebook, "exec"), namespace)
    return SimpleNamespace(**{name: namespace[name] for name in names})


def code_of(notebook: str, names: list[str], defaults: bool = True) -> str:
    """Return the code of a notebook's functions, to notice when it changes.

    Docstrings, comments and spaces are left out, and where asked for the defaults of arguments.
    """
    functions = _found(notebook, names).values()
    for function in functions:
        if ast.get_docstring(function) is not None:
            function.body = function.body[1:]
        if not defaults:
            function.args.defaults = []
    return "\n\n".join(sorted(ast.unparse(function) for function in functions))


def _found(notebook: str, names: list[str]) -> dict[str, ast.FunctionDef]:
    cells = json.loads((NOTEBOOKS / notebook).read_text(encoding="utf-8"))["cells"]
    found: dict[str, ast.FunctionDef] = {}
    for cell in cells:
        if cell["cell_type"] != "code" or "exercise" in cell["metadata"].get("tags", []):
            continue
        for node in ast.parse("".join(cell["source"])).body:
            if isinstance(node, ast.FunctionDef) and node.name in names:
                if node.name in found:
                    raise KeyError(f"{notebook} defines {node.name} twice")
                found[node.name] = node
    missing = set(names) - set(found)
    if missing:
        raise KeyError(f"{notebook} defines no function {', '.join(sorted(missing))}")
    return found
