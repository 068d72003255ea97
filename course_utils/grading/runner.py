"""Grade a folder of submissions, each in processes of its own, and write a table of points."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import course_utils
from course_utils.grading import _assignment, _limits
from course_utils.grading._assignment import Question, Unreadable

_JUDGE = "from course_utils.grading._judge import main; main()"
_MOST_BESIDE = 64 * 2**20  # bytes of the files beside a submitted notebook
_MOST_TOLD = 2**20  # bytes that a judge may say
COLUMNS = ("student", "exercise", "points", "out_of", "voice", "feedback")


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Parameters
    ----------
    seconds : float
        For the whole submission.
    cell_seconds : float
        For one cell.
    check_seconds : float
        For one check; more than in the notebook, as the machine may be busy.
    gigabytes : float
        Of memory; TensorFlow alone needs about 2.
    """

    seconds: float = 600.0
    cell_seconds: float = 60.0
    check_seconds: float = 15.0
    gigabytes: float = 4.0


@dataclass(frozen=True)
class Mark:
    """What one student gets for one exercise.

    Parameters
    ----------
    student, exercise : str
        Whose, and for what.
    points, out_of : float
        Got, and possible.
    voice : str
        "well done", "not yet" or "not started", as the check says; "not graded" where there was
        no verdict.
    feedback : str
        The check's own sentence.
    """

    student: str
    exercise: str
    points: float
    out_of: float
    voice: str
    feedback: str


def collect(number: str, course: Path, handed_in: Path) -> dict[str, Path | str]:
    """Turn the notebooks that students handed in into submissions to the exported assignment.

    Parameters
    ----------
    number : str
        Of the notebook: ``"08"``.
    course : Path
        Folder of the course, with the exported assignment.
    handed_in : Path
        Holds ``STUDENT.ipynb`` for each student, or a folder ``STUDENT`` with one notebook in it.

    Returns
    -------
    dict of str to Path or str
        For each student the file made, ``course/submitted/STUDENT/NN_topic/NN_topic.ipynb``, or a
        sentence that says why there is none.
    """
    source = exported(number, course)
    asked = _assignment.questions(source)
    found: dict[str, Path | str] = {}
    for path in sorted(handed_in.iterdir()):
        if path.is_symlink() or path.name.startswith("."):
            continue
        if not path.is_dir() and path.suffix != ".ipynb":
            continue
        student = _printable(path.name if path.is_dir() else path.stem)
        if student in found:
            found[student] = "There are two hand-ins under this name."
            continue
        target = course / "submitted" / student / source.stem
        try:
            file = _notebook_in(path, number) if path.is_dir() else path
            submitted = _assignment.submission(asked, _assignment.read(file))
            _remove(target)
            if path.is_dir():
                _copy_beside(path, target, file)
        except Unreadable as trouble:
            found[student] = str(trouble)
            continue
        _assignment._write(submitted, target / source.name)
        found[student] = target / source.name
    return found


def _notebook_in(folder: Path, number: str) -> Path:
    """Return the notebook that a student's folder holds, or raise `Unreadable`."""
    try:
        notebooks = [path for path in folder.glob("*.ipynb") if not path.is_symlink()]
    except OSError as error:
        raise Unreadable("The folder cannot be read.") from error
    named = [path for path in notebooks if path.name.startswith(number)] or notebooks
    if len(named) != 1:
        raise Unreadable(f"One notebook is expected in the folder, found {len(named)}.")
    return named[0]


def _printable(name: str) -> str:
    r"""Return a file's name as text that can be printed on one line, and be a file's name again.

    Examples
    --------
    >>> print(_printable("ada"), _printable("eve\nada: 3 of 3"), _printable("\udcff"))
    ada eve&#10;ada: 3 of 3 &#56575;
    """
    return "".join(c if c.isprintable() else f"&#{ord(c)};" for c in name)


def _copy_beside(folder: Path, target: Path, leave_out: Path) -> None:
    """Copy plain files, no links, up to a limit; raise `Unreadable` where that cannot be done."""
    try:
        _copy_files(sorted(folder.rglob("*")), folder, target, leave_out)
    except (OSError, RecursionError) as error:
        raise Unreadable("The files beside the notebook cannot be copied.") from error


def _copy_files(paths: Sequence[Path], folder: Path, target: Path, leave_out: Path) -> None:
    room = _MOST_BESIDE
    for path in paths:
        inside = path.relative_to(folder)
        linked = any((folder / part).is_symlink() for part in (inside, *inside.parents[:-1]))
        if linked or not path.is_file() or path == leave_out:
            continue
        room -= path.stat().st_size
        if room < 0:
            return
        (target / inside).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / inside)


def exported(number: str, course: Path) -> Path:
    """Return the exported assignment of a notebook.

    Raises
    ------
    FileNotFoundError
        If there is none in the course's folder.
    """
    found = sorted((course / "source").glob(f"{number}_*/{number}_*.ipynb"))
    if len(found) != 1:
        raise FileNotFoundError(
            f"{course} holds no assignment {number}: "
            f"make it with `python -m course_utils.grading export {number} {course}`."
        )
    return found[0]


def grade(
    number: str,
    course: Path,
    submissions: dict[str, Path | str],
    *,
    limits: Limits | None = None,
    whole: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> list[Mark]:
    """Grade submissions, one after the other, each in processes of its own.

    Parameters
    ----------
    number : str
        Of the notebook.
    course : Path
        Folder of the course, with the exported assignment.
    submissions : dict of str to Path or str
        As `collect` returns them.
    limits : Limits, optional
        For each submission.
    whole : bool, optional
        Run all cells of each notebook, not only what the answers need.
    say : callable, optional
        Gets a line for each student.

    Returns
    -------
    list of Mark
        For each student, one for each exercise.
    """
    asked = _assignment.questions(exported(number, course))
    marks: list[Mark] = []
    for student, path in submissions.items():
        if isinstance(path, str):
            new = [_no_mark(student, question, path) for question in asked]
        else:
            new = grade_one(student, path, asked, limits or Limits(), whole=whole)
        got, most = sum(m.points for m in new), sum(m.out_of for m in new)
        say(f"{student}: {got:g} of {most:g}")
        marks += new
    return marks


def _no_mark(student: str, question: Question, reason: str) -> Mark:
    label = question.grade_id.removeprefix("test-")
    return Mark(student, label, 0.0, question.points, "not graded", reason)


def grade_one(
    student: str, path: Path, asked: Sequence[Question], limits: Limits, *, whole: bool = False
) -> list[Mark]:
    """Grade one submission; parameters and result as in `grade`."""
    base = Path(tempfile.mkdtemp(prefix="grading-"))
    mark = secrets.token_hex(16)
    told: dict[str, dict] = {}
    try:
        job = _job(path, asked, base, limits, mark, whole)
        told, reason = _ask_the_judge(job, base, limits.seconds)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, Unreadable):
        reason = "The submission could not be read: is it still as it was collected?"
    finally:
        _limits.end_marked(mark)
        _remove(base)
    marks = []
    for question in asked:
        words = told.get(question.grade_id)
        if words is None:
            marks.append(_no_mark(student, question, reason))
            continue
        feedback = " ".join([words["sentence"], *words["details"]])
        points = question.points * words["share"]
        label = question.grade_id.removeprefix("test-")
        marks.append(Mark(student, label, points, question.points, words["voice"], feedback))
    return marks


def _job(
    path: Path, asked: Sequence[Question], base: Path, limits: Limits, mark: str, whole: bool
) -> dict:
    """Put down what the judge needs: cells, tests, limits; and the files beside the notebook."""
    cells, places = [], {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        label = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if cell["cell_type"] == "code" and not label.startswith("test-"):
            places[label.replace("answer-", "test-", 1)] = len(cells)
            cells.append("".join(cell["source"]))
    (base / "given").mkdir()
    _copy_beside(path.parent, base / "given", path)
    tests = [
        {"grade_id": q.grade_id, "answer": q.answer, "test": q.test, "cell": places[q.grade_id]}
        for q in asked
    ]
    return {
        "token": secrets.token_hex(16),
        "cells": cells,
        "tests": sorted(tests, key=lambda test: test["cell"]),
        "folder": str(base),
        "settings": {**asdict(limits), "mark": mark},
        "whole": whole,
    }


def _path() -> str:
    """Return where to import from; no relative folder, as students write where the judge runs."""
    here = Path(course_utils.__file__).resolve().parents[1]
    others = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    return os.pathsep.join(map(os.path.abspath, [here, *others]))


def _ask_the_judge(job: dict, base: Path, seconds: float) -> tuple[dict[str, dict], str]:
    """Return what the judge said of each test, and why it said nothing of the others."""
    judge = subprocess.Popen(
        [sys.executable, "-P", "-c", _JUDGE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=base,
        env={**os.environ, "PYTHONPATH": _path(), "TF_CPP_MIN_LOG_LEVEL": "3"},
        start_new_session=os.name == "posix",
    )
    told: dict[str, dict] = {}
    ended: list[bool] = []

    def listen() -> None:
        room = _MOST_TOLD
        for line in judge.stdout:
            room -= len(line)
            with contextlib.suppress(ValueError, KeyError, TypeError):
                words = json.loads(line)
                if room > 0 and words.pop("token") == job["token"]:
                    if "end" in words:
                        ended.append(True)
                    else:
                        told[words["grade_id"]] = words

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        with contextlib.suppress(OSError):
            judge.stdin.write(json.dumps(job).encode())
            judge.stdin.close()
        listener.join(seconds)
        late = listener.is_alive()
    finally:  # also where the grading is interrupted
        _limits.end(judge)
    listener.join(5)
    if not listener.is_alive():
        judge.stdout.close()
    if late:
        return told, f"The whole notebook was not done within {seconds:g} seconds."
    return told, "" if ended else "The grading of this notebook was ended from within it."


def _remove(folder: Path) -> None:
    """Delete a folder, however deep, also where its owner was denied access; follow no link."""
    if folder.is_symlink():
        folder.unlink()
    if not folder.exists():
        return
    emptied, waiting = [], [folder]
    while waiting:
        emptied.append(waiting.pop())
        waiting += _empty(emptied[-1], folder)
    for each in reversed(emptied):
        with contextlib.suppress(OSError):
            each.rmdir()


def _empty(folder: Path, top: Path) -> list[Path]:
    """Delete the files of a folder; return its folders, moved up to the top, away from the deep."""
    moved = []
    with contextlib.suppress(OSError):
        folder.chmod(0o700)
    for entry in _entries(folder):
        with contextlib.suppress(OSError):
            if not entry.is_symlink():
                os.chmod(entry.path, 0o700)
            if entry.is_dir(follow_symlinks=False):
                moved.append(Path(entry.path).rename(top / secrets.token_hex(8)))
            else:
                os.unlink(entry.path)
    return moved


def _entries(folder: Path) -> list[os.DirEntry]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return list(entries)
    return []


def write_table(marks: Sequence[Mark], path: Path) -> None:
    """Write one line for each student and exercise, as CSV (UTF-8, readable by spreadsheets)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([_harmless(value) for value in asdict(mark).values()] for mark in marks)


def _harmless(value: object) -> object:
    """Keep a spreadsheet from reading text as a formula."""
    return (
        f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value
    )


def totals(marks: Sequence[Mark]) -> str:
    """Return a table for people: a line for each student, a column for each exercise.

    Examples
    --------
    >>> print(totals([Mark("ada", "add", 1.0, 1.0, "well done", ""),
    ...               Mark("ada", "layer", 0.0, 1.0, "not yet", "")]))
    student  add  layer  total
    ada        1      0      1
    """
    names = list(dict.fromkeys(mark.exercise for mark in marks))
    rows = [["student", *names, "total"]]
    for student in dict.fromkeys(mark.student for mark in marks):
        own = {mark.exercise: mark.points for mark in marks if mark.student == student}
        got = [f"{own.get(name, 0):g}" for name in names]
        rows.append([student, *got, f"{sum(own.values()):g}"])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    )
