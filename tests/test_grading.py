"""Submissions are graded through the exported assignment, and none harms another.

The notebooks here are the course's own. Answers are put in as a student would, in the exercise
cells, and whatever else a student may leave in a notebook beside them.
"""

from __future__ import annotations

import copy
import csv
import json
import os
import re
import site
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from course_utils import _needed, exercises, grading
from course_utils.checks import NOT_STARTED, NOT_YET, WELL_DONE
from course_utils.grading import _assignment, _judge, _wire, runner
from course_utils.grading.__main__ import main
from tests import submissions

LINUX = sys.platform == "linux"
POSIX = os.name == "posix"
QUICK = runner.Limits(seconds=240, cell_seconds=20, check_seconds=1.5, gigabytes=2)
ALL = [module.__name__[-2:] for module in exercises.modules()]


def grade(folder: Path, number: str, students: dict[str, dict], **options) -> dict[str, list]:
    """Export, collect and grade; return the marks of each student."""
    if not (folder / "course").exists():
        _assignment.export(number, folder / "course")
    for student, notebook in students.items():
        submissions.write(notebook, folder / "in" / f"{student}.ipynb")
    found = runner.collect(number, folder / "course", folder / "in")
    marks = runner.grade(number, folder / "course", found, **options)
    return {student: [m for m in marks if m.student == student] for student in found}


def points(marks) -> dict[str, float]:
    return {mark.exercise: mark.points for mark in marks}


# --- right answers pass, wrong answers fail -------------------------------------------------------


def grade_everything(number: str, folder: Path, record_property, only: str = "") -> None:
    asked, handed_in, expected = submissions.everything(number, only)
    name = _assignment.find_notebook(number).name
    submissions.write(asked, folder / "notebooks" / name)
    submissions.write(handed_in, folder / "in" / "ada.ipynb")
    _assignment.export(number, folder / "course", notebooks=folder / "notebooks")
    found = runner.collect(number, folder / "course", folder / "in")
    limits = runner.Limits(seconds=1800, check_seconds=60)
    marks = runner.grade(number, folder / "course", found, limits=limits)
    assert [mark.exercise for mark in marks] == list(expected)
    for mark in marks:
        sentence = expected[mark.exercise]
        if sentence is None:
            assert (mark.points, mark.voice) == (1, WELL_DONE), mark
        else:
            assert (mark.points, mark.voice) == (0, NOT_YET), mark
            assert mark.feedback.startswith(sentence), mark
    wrong = sum(sentence is not None for sentence in expected.values())
    record_property("graded", [number, len(expected) - wrong, wrong])


@pytest.mark.parametrize("number", ["01", "08"])
def test_right_answers_pass_and_each_catalogued_wrong_answer_fails(
    number, tmp_path, record_property
):
    grade_everything(number, tmp_path, record_property)


def test_a_keras_model_is_graded(tmp_path, record_property):
    grade_everything("05", tmp_path, record_property, only="classifier")


@pytest.mark.long
@pytest.mark.parametrize("number", ALL)
def test_every_notebook_is_graded(number, tmp_path, record_property):
    grade_everything(number, tmp_path, record_property)


def test_a_class_is_graded_by_the_command(tmp_path, capsys):
    """Students hand in what students hand in; the table has a line for each exercise."""
    plain = submissions.original("00")
    own = {
        "add": "def my_add(a, b):\n    return helper(a) + b",
        "column_ranges": "def my_column_ranges(table):\n    return table.max(axis=0)",
        "layer": "def my_layer(inputs, weights, biases)\n    return inputs @ weights",
    }
    ada = submissions.filled(plain, lambda exercise, name: own[exercise])
    ada["cells"].insert(3, {"cell_type": "code", "source": "def helper(x):\n    return +x"})
    ada["cells"].insert(3, {"cell_type": "code", "source": ["%matplotlib inline\n", "1 / 0"]})
    ben = submissions.filled(plain, submissions.right)
    for cell in ben["cells"]:
        cell.pop("id")  # as some editors do
    cyd = copy.deepcopy(plain)
    cyd["cells"] = [
        cell for cell in cyd["cells"] if "exercise" not in cell["metadata"].get("tags", [])
    ]
    folder = tmp_path / "in"
    submissions.write(ada, folder / "ada.ipynb")
    submissions.write(ben, folder / "ben" / "00 copy (2).ipynb")
    submissions.write(cyd, folder / "cyd.ipynb")
    (folder / "=dan.ipynb").write_text("no notebook")
    (folder / "notes.txt").write_text("not handed in")

    course = str(tmp_path / "course")
    assert main(["export", "00", course, "--points", "2"]) == 0
    assert main(["grade", "00", course, str(folder)]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"^ben( +2){3} +6$", shown, re.M)
    with open(tmp_path / "course" / "00_points.csv", encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    got = {(line["student"], line["exercise"]): line for line in lines}
    assert len(got) == 12
    assert got["ada", "add"]["points"] == "2.0"
    assert got["ada", "column_ranges"]["voice"] == NOT_YET
    assert "SyntaxError" in got["ada", "layer"]["feedback"]
    assert {got["cyd", name]["voice"] for name in ("add", "layer")} == {NOT_STARTED}
    assert got["'=dan", "add"]["feedback"] == "The file is not a notebook that can be read."


# --- hostile submissions --------------------------------------------------------------------------

RIGHT = "def my_add(a, b):\n    return a + b\n"
WRONG = "def my_add(a, b):\n    return a - b\n"
THE_REST = {"column_ranges": 1.0, "layer": 1.0}
NOTHING = {"add": 0.0, "column_ranges": 0.0, "layer": 0.0}

# what the cell of `add` holds, what its author gets, and a piece of the sentence for `add`
HOSTILE = {
    "loops": ("def my_add(a, b):\n    while True: pass", THE_REST, "was stopped"),
    "loops and catches everything": (
        "def my_add(a, b):\n    while True:\n        try:\n            while True: pass\n"
        "        except BaseException: pass",
        THE_REST,
        "was stopped",
    ),
    "loops inside C": ("def my_add(a, b):\n    return sum(range(10**15))", THE_REST, "was stopped"),
    "loops in its cell": ("while True: pass\n" + RIGHT, THE_REST, "was not done within"),
    "leaves at once": (
        "import os\ndef my_add(a, b):\n    os._exit(0)",
        THE_REST,
        "ended the Python",
    ),
    "exits": ("import sys\ndef my_add(a, b):\n    sys.exit()", THE_REST, "asks Python to exit"),
    "exits in its cell": ("import sys\nsys.exit()\n" + RIGHT, THE_REST, "no `my_add`"),
    "kills itself": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\n" + RIGHT,
        THE_REST,
        "ended the Python",
    ),
    "crashes": ("import ctypes\nctypes.string_at(0)\n" + RIGHT, THE_REST, "ended the Python"),
    "deletes its folder": (
        "import os, shutil\nshutil.rmtree(os.getcwd())\n" + RIGHT,
        THE_REST | {"add": 1.0},
        "Right",
    ),
    "patches the checks": (
        "from course_utils import checks, grading\n"
        "exercise.add.check = exercise.add.verdict = lambda answer, **more: None\n"
        "for name in ('check', 'verdict', '_judge', '_not_yet'):\n"
        "    setattr(checks._BaseExercise, name, lambda self, *a, **k: self._done('Right.'))\n"
        "checks._agree = checks._results.same = lambda *a: True\n"
        "checks.WELL_DONE = checks.NOT_YET = 'well done'\n"
        "grading.require = lambda *a: None\n"
        "exercise.add.cases = ()\n"
        "print('[well done] add: Right on all 5 cases.')\n" + WRONG,
        THE_REST,
        "You subtracted",
    ),
    "equals everything": (
        "class Any(float):\n    __eq__ = __le__ = __ge__ = lambda self, other: True\n"
        "    __hash__ = None\n\ndef my_add(a, b):\n    return Any()",
        THE_REST,
        "object of type Any",
    ),
    "tells its own marks": (
        "import json, os\n"
        "line = json.dumps({'grade_id': 'test-add', 'share': 1.0, 'voice': 'well done',\n"
        "                   'sentence': '', 'details': [], 'token': ''}).encode() + b'\\n'\n"
        "for fd in range(64):\n    try:\n        os.write(fd, line)\n    except OSError: pass\n"
        + RIGHT,
        THE_REST,
        "disturbed the grading",
    ),
    "prints without end": (
        "import os\ndef my_add(a, b):\n    print('x' * 10**6)\n    os.write(2, b'x' * 10**6)\n"
        "    return a - b",
        THE_REST,
        "You subtracted",
    ),
    "returns too much": (
        "import numpy as np\ndef my_add(a, b):\n    return np.zeros(2 * 10**7)",
        THE_REST,
        "cannot be handed",
    ),
    "returns itself": (
        "def my_add(a, b):\n    x = []\n    x.append(x)\n    return x",
        THE_REST,
        "cannot be handed",
    ),
}
if LINUX:
    HOSTILE |= {
        "wants all memory": (
            "import numpy as np\ndef my_add(a, b):\n    return np.ones(10**9)",
            THE_REST,
            "more memory than there is",
        ),
        "lists without end": (
            "def my_add(a, b):\n    x = [0] * 10**6\n    while True:\n        x = x + x",
            THE_REST,
            "more memory than there is",
        ),
        "kills its judge": (
            "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n" + RIGHT,
            {},
            "ended from within",
        ),
    }


def hostile(code: str) -> dict:
    """Return notebook 00 with the code in the first exercise, and right answers in the others."""
    return submissions.filled(
        submissions.original("00"),
        lambda exercise, name: code if exercise == "add" else submissions.right(exercise, name),
    )


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_cell_costs_its_author_only(what, tmp_path, record_property):
    code, gets, sentence = HOSTILE[what]
    limits = QUICK
    if what in ("loops in its cell", "lists without end"):
        limits = runner.Limits(seconds=240, cell_seconds=6, check_seconds=60, gigabytes=1)
    before = time.monotonic()
    marks = grade(tmp_path, "00", {"eve": hostile(code)}, limits=limits)["eve"]
    assert points(marks) == NOTHING | gets, marks
    assert sentence in marks[0].feedback
    assert time.monotonic() - before < 240
    record_property("hostile", what)


def test_the_next_one_is_graded_right(tmp_path):
    """Between those who end the grading, and delete and change files, others get their points."""
    worst = [
        "import os, signal\nos.kill(os.getppid(), signal.SIGTERM)",
        "import os, shutil\nshutil.rmtree('.')\nos._exit(1)",
        "import builtins, numpy\nbuiltins.len = numpy.array = None",
    ]
    students = {f"{n}-eve": hostile(code) for n, code in enumerate(worst) if POSIX or n}
    students |= {f"{n}-fay": hostile(RIGHT) for n in range(len(worst))}
    graded = grade(tmp_path, "00", students, limits=QUICK)
    assert [points(graded[student])["add"] for student in sorted(students)] == [
        float(student.endswith("fay")) for student in sorted(students)
    ]
    assert all(sum(points(graded[s]).values()) == 3 for s in students if s.endswith("fay"))


@pytest.mark.skipif(not LINUX, reason="processes are found by their environment on Linux only")
def test_processes_left_behind_are_ended(tmp_path):
    seconds = "98765.25"
    code = (
        "import subprocess\n"
        "for _ in range(20):\n"
        f"    subprocess.Popen(['sleep', '{seconds}'], start_new_session=True)\n" + RIGHT
    )
    marks = grade(tmp_path, "00", {"eve": hostile(code)}, limits=QUICK)["eve"]
    assert points(marks) == {"add": 1, **THE_REST}
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert f"sleep {seconds}" not in left


@pytest.mark.skipif(not POSIX, reason="Windows has no such limits")
def test_limits_are_set_where_the_code_runs(tmp_path):
    code = """
    import os, resource

    def my_add(a, b):
        names = ("RLIMIT_AS", "RLIMIT_FSIZE", "RLIMIT_NPROC")
        hard = [resource.getrlimit(getattr(resource, name))[1] for name in names]
        home, here = os.environ["HOME"], os.getcwd()
        raise ValueError(f"{hard[0]} {all(h > 0 for h in hard)} {home == here} {len(os.environ)}")
    """
    os.environ["A_SECRET"] = "no student's business"
    try:
        marks = grade(tmp_path, "00", {"eve": hostile(textwrap.dedent(code))}, limits=QUICK)["eve"]
    finally:
        del os.environ["A_SECRET"]
    said = marks[0].feedback
    assert f"ValueError: {2 * 2**30 if LINUX else ''}" in said
    assert " True True " in said
    assert int(said.split("True True ")[1].split(".")[0]) < 30
    assert "in line 8, `raise ValueError" in said  # the student's own line


def test_a_submission_sees_its_own_files_only(tmp_path):
    """It works on a copy of what was handed in beside the notebook, made anew for each worker."""
    _assignment.export("00", tmp_path / "course")
    folder = tmp_path / "in" / "fay"
    code = "import os\nfrom mine import add as my_add\nos.remove('mine.py')"
    submissions.write(hostile(code), folder / "00.ipynb")
    (folder / "mine.py").write_text("def add(a, b):\n    return a + b\n")
    (tmp_path / "secret.txt").write_text("somebody else's")
    if POSIX:  # Windows lets few people make links
        (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    found = runner.collect("00", tmp_path / "course", tmp_path / "in")
    marks = runner.grade("00", tmp_path / "course", found, limits=QUICK)
    assert points(marks) == {"add": 1, **THE_REST}, marks
    beside = found["fay"].parent
    assert (folder / "mine.py").exists() and (beside / "mine.py").exists()
    assert not (beside / "link.txt").exists()


# --- what would stop the run, and so cost others their points -------------------------------------


def _deep(text: str, depth: int) -> str:
    """Return a notebook's text with metadata nested too deep to be written again."""
    return text.replace('"metadata": {', '"metadata": {"x": ' + "[" * depth + "]" * depth + ", ", 1)


@pytest.mark.parametrize("what", ["half a character", "deep metadata", "half in metadata"])
def test_a_notebook_that_cannot_be_written_back_stops_nobody(tmp_path, what):
    notebook = hostile("# \ud800\n" + RIGHT if what == "half a character" else RIGHT)
    notebook["metadata"]["x"] = "\udc80" if what == "half in metadata" else ""
    text = json.dumps(notebook)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "eve.ipynb").write_text(_deep(text, 900) if "deep" in what else text)
    assert points(grade(tmp_path, "00", {}, limits=QUICK)["eve"]) == {"add": 1, **THE_REST}


def test_a_notebook_of_a_million_cells_is_refused_at_once(tmp_path):
    cells = ",".join(['{"cell_type": "code", "source": ""}'] * 300_000)
    (tmp_path / "x.ipynb").write_text(f'{{"cells": [{cells}]}}')
    with pytest.raises(_assignment.Unreadable, match="more than 2000 cells"):
        _assignment.read(tmp_path / "x.ipynb")


@pytest.mark.skipif(not POSIX, reason="Windows has no such files")
def test_a_file_that_never_ends_is_refused(tmp_path):
    os.mkfifo(tmp_path / "x.ipynb")
    with pytest.raises(_assignment.Unreadable, match="not a notebook"):
        _assignment.read(tmp_path / "x.ipynb")


@pytest.mark.skipif(not POSIX, reason="Windows has no such names")
def test_an_odd_file_name_stops_nobody(tmp_path):
    """A name that is no text, one that pretends to be another's line, one for no printer's set."""
    names = [b"\xff.ipynb", b"eve\nada: 3 of 3.ipynb", "žofie.ipynb".encode()]
    (tmp_path / "in").mkdir()
    for name in names:
        (tmp_path / "in" / os.fsdecode(name)).write_text(json.dumps(hostile(RIGHT)))
    course = tmp_path / "course"
    _assignment.export("00", course)
    line = [sys.executable, "-m", "course_utils.grading", "grade", "00", course, tmp_path / "in"]
    surroundings = {**os.environ, "PYTHONIOENCODING": "ascii:strict", "PYTHONPATH": os.getcwd()}
    done = subprocess.run(line, env=surroundings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not re.search("^ada", done.stdout, re.M)
    with open(course / "00_points.csv", encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["points"] for line in lines] == ["1.0"] * 9
    assert {line["student"] for line in lines} >= {"žofie"}


@pytest.mark.skipif(not POSIX, reason="Windows has no paths as long as that")
def test_a_folder_without_end_stops_nobody(tmp_path):
    """Neither one handed in, nor one that a cell makes; and what a cell makes is deleted."""
    make = "import os\nfor _ in range(1500): os.mkdir('d'); os.chdir('d')\n"
    folder = tmp_path / "in" / "eve"
    folder.mkdir(parents=True)
    subprocess.run([sys.executable, "-c", make], cwd=folder, check=True)
    students = {"eve/00": hostile(RIGHT), "fay": hostile(make + RIGHT), "ida": hostile(RIGHT)}
    try:
        graded = grade(tmp_path, "00", students, limits=QUICK)
    finally:
        runner._remove(folder)
    assert [sum(points(graded[who]).values()) for who in ("eve", "fay", "ida")] == [0, 3, 3]
    assert "files beside the notebook cannot be copied" in graded["eve"][0].feedback
    assert not folder.exists()


def test_a_submission_that_is_gone_stops_nobody(tmp_path):
    """Whoever's code deletes others' files under the same account: the rest is graded."""
    _assignment.export("00", tmp_path / "course")
    for who in ("ada", "ben"):
        submissions.write(hostile(RIGHT), tmp_path / "in" / f"{who}.ipynb")
    found = runner.collect("00", tmp_path / "course", tmp_path / "in")
    found["ada"].unlink()
    marks = runner.grade("00", tmp_path / "course", found, limits=QUICK)
    assert [mark.voice for mark in marks] == ["not graded"] * 3 + [WELL_DONE] * 3


def test_who_hands_in_twice_is_told(tmp_path):
    """Neither of two notebooks under one name takes the other's place in silence."""
    students = {"ada": hostile(WRONG), "ada/00": hostile(RIGHT)}
    students["ben"] = hostile(RIGHT)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ben.txt").touch()
    graded = grade(tmp_path, "00", students, limits=QUICK)
    said = {mark.feedback for mark in graded["ada"]}
    assert said == {"There are two hand-ins under this name."}
    assert points(graded["ben"]) == {"add": 1, **THE_REST}


def test_the_table_goes_where_it_is_asked_to(tmp_path):
    """The folder may be new, or deleted by now: the work of an hour is not lost for that."""
    runner.write_table([], tmp_path / "new" / "table.csv")
    assert (tmp_path / "new" / "table.csv").exists()


@pytest.mark.skipif(not POSIX, reason="Windows has neither such links nor such rights")
@pytest.mark.parametrize("then", ["", "os.symlink(os.environ['VICTIM'], base)"])
def test_clearing_up_touches_nothing_else(tmp_path, monkeypatch, then):
    """The code deletes the folder that is to be deleted, or puts a link in its place."""
    area, victim = tmp_path / "area", tmp_path / "victim"
    for folder in (area, victim):
        folder.mkdir()
        folder.chmod(0o755)
    (victim / "file").touch()
    monkeypatch.setattr(runner.tempfile, "tempdir", str(area))
    code = f"""
    import os, shutil
    base = os.path.dirname(os.getcwd())
    os.environ['VICTIM'] = {str(victim)!r}
    shutil.rmtree(base)
    {then}
    """
    marks = grade(tmp_path, "00", {"eve": hostile(textwrap.dedent(code) + RIGHT)}, limits=QUICK)
    assert points(marks["eve"]) == {"add": 1, **THE_REST}
    assert [oct(folder.stat().st_mode & 0o777) for folder in (area, victim)] == ["0o755"] * 2
    assert (victim / "file").exists()
    assert not list(area.iterdir())


def test_the_judge_imports_nothing_from_where_students_write(tmp_path, monkeypatch):
    """With PYTHONPATH=. the judge's folder, which the worker can reach, was on its path."""
    pwned = tmp_path / "pwned"
    code = f"""
    import os
    os.mkdir('../keras')
    with open('../keras/__init__.py', 'w') as file:
        file.write("open({str(pwned)!r}, 'w').close()")
    """
    notebook = submissions.filled(submissions.original("05"), lambda *_: textwrap.dedent(code))
    monkeypatch.setenv("PYTHONPATH", "." + os.pathsep)
    limits = runner.Limits(seconds=240, cell_seconds=20)
    marks = grade(tmp_path, "05", {"eve": notebook}, limits=limits)["eve"]
    assert sum(points(marks).values()) == 0
    assert not pwned.exists()


def test_a_student_has_no_place_among_the_installed_packages(tmp_path):
    """HOME is the student's folder; what Python runs at its start still comes from ours."""
    ask = [sys.executable, "-c", "import site; print(site.getuserbase())"]
    shown = subprocess.run(
        ask, env=_judge._surroundings(tmp_path, ""), capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == site.getuserbase()


# --- the format -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> Path:
    return _assignment.export("08", tmp_path_factory.mktemp("course"), points=3)


def test_assignment_is_marked_as_nbgrader_asks(exported):
    """Its rules for schema version 3: keys, unique ids, points on test cells only."""
    marks = [
        cell["metadata"]["nbgrader"]
        for cell in json.loads(exported.read_text("utf-8"))["cells"]
        if "nbgrader" in cell["metadata"]
    ]
    keys = {"cell_type", "grade", "grade_id", "locked", "schema_version", "solution", "task"}
    assert {frozenset(set(mark) - {"points"}) for mark in marks} == {frozenset(keys)}
    assert len({mark["grade_id"] for mark in marks}) == len(marks) == 2 * 6
    assert [mark["solution"] for mark in marks] == [True, False] * 6
    assert all(mark["grade"] == mark["locked"] == ("points" in mark) for mark in marks)
    assert {mark["points"] for mark in marks if mark["grade"]} == {3}


def test_questions_are_the_exercises_of_the_notebook(exported):
    asked = _assignment.questions(exported)
    assert {question.exercise for question in asked} == set(submissions.catalogue("08"))
    stubs = [cell for cell, _, _ in submissions.exercise_cells(submissions.original("08"))]
    assert [q.stub for q in asked] == ["".join(cell["source"]) for cell in stubs]


def test_source_version_solves_itself(tmp_path):
    """As an instructor validates it: the model solutions stand in the regions left out later."""
    _assignment.export("00", tmp_path / "course")
    source = json.loads(runner.exported("00", tmp_path / "course").read_text("utf-8"))
    assert points(grade(tmp_path, "00", {"ada": source})["ada"]) == {"add": 1, **THE_REST}


def test_points_that_a_student_writes_are_dropped():
    notebook = submissions.original("00")
    for cell in notebook["cells"]:
        cell["metadata"]["nbgrader"] = {"grade": True, "points": 100, "grade_id": "mine"}
    assert not any("nbgrader" in cell["metadata"] for cell in _tidied(notebook)["cells"])


def _tidied(notebook: dict) -> dict:
    return {"cells": [_assignment._tidy(cell) for cell in notebook["cells"]]}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"cells": 5}', '{"cells": [{"source": 5}]}', '{"cells": [1]}', "[" * 9999],
)
def test_what_is_no_notebook_is_refused(tmp_path, text):
    (tmp_path / "x.ipynb").write_text(text)
    with pytest.raises(_assignment.Unreadable, match="not a notebook"):
        _assignment.read(tmp_path / "x.ipynb")


def test_nothing_to_grade_is_said(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    assert main(["grade", "00", str(tmp_path / "course"), str(tmp_path / "in")]) == 1
    assert "make it with `python -m course_utils.grading export 00" in capsys.readouterr().err
    assert main(["export", "99", str(tmp_path)]) == 1
    assert "one notebook 99_" in capsys.readouterr().err


def test_require_in_a_notebook():
    exercise = submissions.catalogue("00")["add"]
    assert grading.require(exercise, lambda a, b: a + b) is None
    with pytest.raises(grading.NotYet, match="You subtracted"):
        grading.require(exercise, lambda a, b: a - b)


@pytest.mark.long
def test_nbgrader_itself_grades_the_export(tmp_path):
    """Its own commands, on the same files: the students' version has the course's stubs."""
    pytest.importorskip("nbgrader", reason="instructor/requirements.txt is not installed")
    plain = submissions.original("00")
    students = {
        "ada": submissions.filled(plain, submissions.right),
        "ben": submissions.filled(plain, lambda e, n: submissions.wrong(e, n, 0)),
        "cyd": plain,
    }
    ours = {who: sum(points(m).values()) for who, m in grade(tmp_path, "00", students).items()}
    assert ours == {"ada": 3, "ben": 0, "cyd": 0}
    course = tmp_path / "course"
    scripts = os.path.dirname(sys.executable)
    surroundings = {**os.environ, "PATH": scripts + os.pathsep + os.environ["PATH"]}
    name = _assignment.find_notebook("00").stem
    for command in (["generate_assignment", name], ["autograde", name], ["export"]):
        line = [sys.executable, "-m", "nbgrader", *command]
        done = subprocess.run(line, cwd=course, env=surroundings, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    with open(course / "grades.csv", newline="") as file:
        theirs = {line["student_id"]: float(line["score"]) for line in csv.DictReader(file)}
    assert theirs == ours
    released = json.loads((course / "release" / name / f"{name}.ipynb").read_text("utf-8"))
    pairs = zip(
        submissions.exercise_cells(released), submissions.exercise_cells(plain), strict=True
    )
    for (cell, _, _), (stub, _, _) in pairs:
        assert "".join(cell["source"]).strip() == "".join(stub["source"]).strip()


# --- what an answer needs -------------------------------------------------------------------------

NOTEBOOK = [
    "import keras\nimport numpy as np, time\nfrom course_utils import plots",
    "k = 3; unused = 4\nmodel = keras.Sequential()",
    "model.fit(k)\nplots.show(k)\nscale = []",
    "scale.append(k)\n\n@cached\ndef helper(x):\n    return scale[0] * x",
    "def my_f(x):\n    return np.sum(helper(x))",
    "k = 0",
]


def test_only_what_an_answer_needs_is_run():
    assert _needed.needed(NOTEBOOK, {4}) == [
        "\nimport numpy as np, time",
        "k = 3; unused = 4",
        "\n\nscale = []",
        NOTEBOOK[3],
        NOTEBOOK[4],
        "",
    ]


def test_a_training_is_run_where_an_answer_asks_for_the_model():
    kept = _needed.needed([*NOTEBOOK[:3], "my_answer = model.predict(x)"], {3})
    assert kept[2] == "model.fit(k)"
    assert "import keras" in kept[0]


def test_a_cell_that_is_no_python_costs_nobody_else():
    kept = _needed.needed(["def (", "%%bash\nls", "!ls\nk = 1", "my_k = k"], {3})
    assert kept == ["", "", "\nk = 1", "my_k = k"]


@pytest.mark.parametrize(
    ("source", "python"),
    [
        ("my_rest = (7\n    % 4)", "my_rest = (7\n    % 4)"),
        ('"""\n!\nreally?\n"""', '"""\n!\nreally?\n"""'),
        ("np.sum?\nmy_k = 1", "pass\nmy_k = 1"),
        ("?np.sum\nmy_k = 1", "pass\nmy_k = 1"),
        ("if True:\n    !ls\nmy_k = 1", "if True:\n    pass\nmy_k = 1"),
        ("%%time\nmy_k = 1", "pass\nmy_k = 1"),
    ],
)
def test_ipython_s_own_lines_are_left_out_and_python_stays(source, python):
    assert _needed.plain(source) == python


# --- what travels between the processes -----------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, -7, 2**70, 0.1, float("inf"), 1 + 2j, "ü", b"\0", range(2, 9, 3)),
        *([1, [2.0, "x"]], (1, ()), {"a": [1], 2: None}, {3, 4}, frozenset("ab")),
        *(np.float32(0.5), np.arange(6).reshape(2, 3).T, np.zeros((0, 3)), np.array(["a", "bc"])),
        *(np.array([True, False]), np.array([1, None], dtype=object)),
    ],
    ids=lambda value: type(value).__name__,  # repr of a set varies from process to process
)
def test_values_arrive_as_they_were(value):
    arrived = _through_the_wire(value)
    assert type(arrived) is type(value)
    np.testing.assert_equal(arrived, value)
    if isinstance(value, np.ndarray):
        assert arrived.dtype == value.dtype and arrived.shape == value.shape


def _through_the_wire(value):
    packer = _wire.Packer()
    told = json.loads(json.dumps(packer.pack(value)))
    return _wire.Unpacker(b"".join(packer.blobs)).unpack(told)


def test_a_generator_arrives_in_its_state():
    rng = np.random.default_rng(5)
    rng.random(3)
    assert _through_the_wire(rng).random() == rng.random()


def test_nothing_arrives_that_could_run():
    class Sly:
        def __reduce__(self):
            return (os.system, ("true",))

    arrived = _through_the_wire(Sly())
    assert type(arrived).__name__ == "Sly" and type(arrived) is not Sly
    assert not callable(arrived)


@pytest.mark.parametrize(
    "told",
    [
        {"k": "array", "dtype": "O", "shape": [1], "at": [0, 8]},
        {"k": "array", "dtype": "<f8", "shape": [10**12], "at": [0, 8]},
        {"k": "array", "dtype": "<f8", "shape": [1], "at": [-8, 8]},
        {"k": "generator", "v": {"k": "dict", "v": [["bit_generator", "RandomState"]]}},
        {"k": "exec"},
        {},
        [],
        5,
        {
            "k": "keras",
            "model": {"module": "os", "class_name": "system"},
            "compiled": None,
            "v": None,
        },
        {"k": "keras", "model": {"module": "keras.layers", "class_name": "Lambda"}, "compiled": 0},
        {"k": "keras", "model": {"module": "keras.utils", "class_name": "get_file"}, "compiled": 0},
        {"k": "keras", "model": {"module": "builtins", "class_name": "exec"}, "compiled": 0},
    ],
)
def test_a_forged_message_is_refused(told):
    with pytest.raises(_wire.Broken):
        _wire.Unpacker(b"12345678").unpack(told)
