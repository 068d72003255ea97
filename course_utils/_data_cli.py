"""The command ``python -m course_utils.datasets``: list, fetch and export the data."""

import argparse
import contextlib
import os
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from course_utils import _fetch, datasets
from course_utils._data_files import ARRAYS, Spec

IMAGES = ("mnist", "cifar10")

DESCRIPTION = "Shows which data the course finds on this machine, fetches it, or copies it."
EPILOG = """\
The course looks for data in this order: the folder named by COURSE_DATA_DIR, its own cache
(COURSE_CACHE_DIR moves it), Keras's cache, the network, and last its own stand-in.
"""
README = """\
Data for the course "Neural Networks by Hand: from a straight line to CNNs"
===========================================================================

Copy this folder to a disk, or leave it on this drive, and tell the course where it is by setting
the environment variable COURSE_DATA_DIR to the folder before JupyterLab is started:

    Windows (PowerShell)    $env:COURSE_DATA_DIR = "E:\\course-data"
    macOS, Linux            export COURSE_DATA_DIR="/media/stick/course-data"

What is here:

{contents}
Check it at any time with: python -m course_utils.datasets list

CIFAR-10 states no licence. This copy is meant for the people in your room, not for publishing.
The course's stand-ins are not here: each machine builds them in a few seconds.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after the command; those of this process by default.

    Returns
    -------
    int
        Exit code: 0 when all went well, 1 when something could not be had or written.
    """
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "fetch":
            return _fetch_all(chosen.names or IMAGES)
        if chosen.command == "export":
            return _export(Path(chosen.folder).expanduser(), chosen.names or IMAGES)
        return _list()
    except datasets.DataError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Nothing half-finished was kept.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.datasets",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("list", help="show what is here, where, and whether it is the original")
    fetch = commands.add_parser("fetch", help="download what is missing into the cache")
    export = commands.add_parser(
        "export", help="write a folder for a USB stick or a shared drive (COURSE_DATA_DIR)"
    )
    export.add_argument("folder", metavar="DIR", help="the folder to write; made if it is missing")
    for command in (fetch, export):
        command.add_argument(
            "names",
            nargs="*",
            metavar="NAME",
            type=_name,
            help=f"{' or '.join(IMAGES)}; all of them by default",
        )
    return parser


def _name(text: str) -> str:
    if text not in IMAGES:
        raise argparse.ArgumentTypeError(f"{text!r} came; expected {' or '.join(IMAGES)}")
    return text


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"


def _list() -> int:
    datasets.instructor_folder()  # say it once, and first, if that folder is not there
    rows = []
    for name in IMAGES:
        spec = datasets.specification(name)
        try:
            here = datasets.locate(name, download=False)
        except datasets.NotFound:
            size = sum(file.get("bytes", 0) for file in spec.copies[0]["files"])
            rows.append(
                (spec.title, "missing", f"to fetch: {_megabytes(size)}", f"fetch {name} gets it")
            )
        except datasets.DataError as error:
            rows.append((spec.title, "unusable", "", str(error)))
        else:
            state = "original (verified)" if here.verified else "altered copy"
            rows.append((spec.title, state, _megabytes(here.bytes), f"in {here.place}"))
    iris = datasets.load_iris()
    state = "original (verified)" if iris.source.verified else "altered copy"
    rows.append((iris.name, state, "", "comes with scikit-learn"))
    for kind in ("digits", "pictures"):
        path = datasets.stand_in_path(kind)
        state, size = ("ready", _megabytes(path.stat().st_size)) if path.is_file() else ("—", "")
        where = f"in {datasets.CACHE}" if size else "built in seconds when it is needed"
        rows.append((f"stand-in: {kind}", state, size, where))
    for title, state, size, where in rows:
        print(f"{title:<19} {state:<20} {size:>19}   {where}")
    print()
    print(f"COURSE_DATA_DIR   {os.environ.get('COURSE_DATA_DIR') or '(not set)'}")
    print(f"the cache         {datasets.cache_folder()}")
    print(f"Keras's cache     {datasets.keras_folder()}")
    return 0


def _fetch_all(names: Sequence[str]) -> int:
    failed = 0
    for name in names:
        spec = datasets.specification(name)
        try:
            print(_fetched(spec))
        except _fetch.FetchError as error:
            failed += 1
            print(
                f"{spec.title} could not be fetched: {error}. Connect to the network and try "
                f"again, or copy {name}.npz into a folder and set COURSE_DATA_DIR to it.",
                file=sys.stderr,
            )
    return 1 if failed else 0


def _fetched(spec: Spec) -> str:
    """Have the original on this machine and say where it is."""
    with contextlib.suppress(datasets.NotFound):
        here = datasets.locate(spec.name, download=False)
        if here.verified:
            return f"{spec.title} is here already: the original (verified), in {here.place}."
        print(f"The copy of {spec.title} in {here.place} is not the original: fetching that.")
        with contextlib.suppress(datasets.NotFound):
            datasets.from_cache(spec, remove_damaged=True)
            return f"{spec.title}: the original (verified) is in the cache already."
    fetched = datasets.download_original(spec, wait=True)
    return f"{spec.title} was fetched from {fetched.place}: the original (verified)."


def _export(folder: Path, names: Sequence[str]) -> int:
    failed, kinds = 0, {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            spec = datasets.specification(name)
            try:
                here = datasets.locate(name, download=True, wait=True)
            except datasets.NotFound as error:
                failed += 1
                print(
                    f"{spec.title} could not be had: {error}. Connect to the network and export "
                    "again.",
                    file=sys.stderr,
                )
                continue
            kinds[name] = "the original (verified)" if here.verified else "an altered copy"
            arrays = {key: getattr(here.whole, key) for key in ARRAYS}
            target = folder / f"{name}.npz"
            datasets.write_atomically(
                target, lambda file, arrays=arrays: np.savez_compressed(file, **arrays)
            )
            print(f"{target.name} written ({_megabytes(target.stat().st_size)}): {kinds[name]}.")
        if kinds:
            text = _readme(folder, kinds).encode("utf-8")
            datasets.write_atomically(folder / "README.txt", lambda file: file.write(text))
            print(f"Done. To use it, set COURSE_DATA_DIR to {folder}")
    except OSError as error:
        print(
            f"{folder} cannot be written ({error.strerror or type(error).__name__}): choose "
            "another folder or free some space, then export again.",
            file=sys.stderr,
        )
        return 1
    return 1 if failed else 0


def _readme(folder: Path, kinds: dict[str, str]) -> str:
    """Describe the data in the folder: what was written now, and what was there already."""
    contents = []
    for name in IMAGES:
        if (folder / f"{name}.npz").is_file():
            spec = datasets.specification(name)
            kind = kinds.get(name, "from an earlier export")
            contents.append(f"{name}.npz: {spec.title}, {kind}")
            for line in (spec.citation, f"Licence: {spec.licence}."):
                contents.append(
                    textwrap.fill(line, 96, initial_indent="    ", subsequent_indent="        ")
                )
            contents.append("")
    return README.format(contents="\n".join(contents))
