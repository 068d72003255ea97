"""Build the site: ``python -m tools.site``."""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
from pathlib import Path

from tools import badge, npm
from tools.site import check, pages

HERE = Path(__file__).resolve().parent
OUTPUT = pages.ROOT / "build" / "site"


def build(output: Path, work: Path) -> int:
    """Build the site from nothing; return Sphinx's exit status.

    Warnings are errors: a link that leads nowhere or a picture that is missing stops the build.

    Parameters
    ----------
    output : Path
        Where the site is written; what lies there is removed.
    work : Path
        For what is needed on the way; likewise.
    """
    if output.is_dir() and any(output.iterdir()) and not (output / ".buildinfo").is_file():
        print(f"{output} holds something else than a site: not touched", file=sys.stderr)
        return 2
    from sphinx.cmd.build import main as sphinx

    for folder in (output, work):
        shutil.rmtree(folder, ignore_errors=True)
    pages.stage(work / "source")
    return sphinx([
        "--builder", "html", "--quiet", "--fail-on-warning", "--keep-going",
        "--conf-dir", str(HERE), "--doctree-dir", str(work / "doctrees"),
        str(work / "source"), str(output),
    ])  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.site",
        description="Build the static site of the notebooks and documents.",
    )
    parser.add_argument("--output", type=Path, default=OUTPUT, help="default: build/site")
    output = parser.parse_args(arguments).output.resolve()
    if any(importlib.util.find_spec(name) is None for name in ("sphinx", "myst_nb", "furo")):
        wanted = (HERE / "requirements.lock").relative_to(pages.ROOT)
        print(f"first: {sys.executable} -m pip install --requirement {wanted}", file=sys.stderr)
        return 2
    try:
        npm.fetch("mathjax")
    except npm.PackageError as error:
        print(error, file=sys.stderr)
        return 2
    if status := build(output, output.with_name(output.name + "-work")):
        return status
    faults, counts = check.check_site(output)
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        return 1
    print(f"{output / 'index.html'}: {counts}")
    if badge.repository() == badge.PLACEHOLDER:
        print("launch buttons have no repository yet: make badge REPO=owner/name")
    return 0


if __name__ == "__main__":
    sys.exit(main())
