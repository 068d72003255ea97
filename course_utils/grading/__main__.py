"""The command ``python -m course_utils.grading``: export an assignment, collect, grade."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from course_utils.grading import _assignment, _limits, runner
from course_utils.grading._assignment import Unreadable


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.grading",
        description="Grades students' notebooks with the course's own checks.",
        epilog="Run notebooks of people you don't know in a container, or under an account that "
        "owns nothing: see instructor/grading.md.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    export = commands.add_parser("export", help="write a notebook as an nbgrader assignment")
    collect = commands.add_parser("collect", help="make nbgrader submissions of students' copies")
    grade = commands.add_parser("grade", help="collect, grade, and write a table of points")
    for command in (export, collect, grade):
        command.add_argument("number", help="of the notebook: 08")
        command.add_argument("course", type=Path, help="folder of the course, made by export")
    export.add_argument("--points", type=float, default=1.0, help="for each exercise (%(default)g)")
    export.add_argument("--notebooks", type=Path, help="where the course's notebooks are")
    for command in (collect, grade):
        command.add_argument("handed_in", type=Path, help="STUDENT.ipynb each, or folders STUDENT")
    usual = runner.Limits()
    grade.add_argument("--table", type=Path, help="CSV to write (COURSE/NUMBER_points.csv)")
    grade.add_argument("--whole", action="store_true", help="run all cells, trainings included")
    for name, value, what in (
        ("seconds", usual.seconds, "for a submission"),
        ("cell-seconds", usual.cell_seconds, "for a cell"),
        ("check-seconds", usual.check_seconds, "for a check"),
        ("gigabytes", usual.gigabytes, "of memory for a submission (not on Windows, macOS)"),
    ):
        grade.add_argument(f"--{name}", type=float, default=value, help=f"{what} (%(default)g)")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 1 with a sentence where it cannot be done."""
    options = _parser().parse_args(arguments)
    sys.stdout.reconfigure(errors="backslashreplace")  # no name may stop the grading
    try:
        if options.command == "export":
            print(
                _assignment.export(
                    options.number,
                    options.course,
                    points=options.points,
                    notebooks=options.notebooks,
                )
            )
            return 0
        submissions = runner.collect(options.number, options.course, options.handed_in)
        if options.command == "collect":
            for student, path in submissions.items():
                print(f"{student}: {path}")
            return 0
        return _grade(options, submissions)
    except (FileNotFoundError, NotADirectoryError, Unreadable) as trouble:
        print(trouble, file=sys.stderr)
        return 1


def _grade(options: argparse.Namespace, submissions: dict[str, Path | str]) -> int:
    if os.name != "posix":
        print("On Windows only the limits of time hold, not that of memory: see grading.md.")
    _limits.keep_private()
    limits = runner.Limits(
        seconds=options.seconds,
        cell_seconds=options.cell_seconds,
        check_seconds=options.check_seconds,
        gigabytes=options.gigabytes,
    )
    marks = runner.grade(
        options.number,
        options.course,
        submissions,
        limits=limits,
        whole=options.whole,
        say=lambda line: print(line, flush=True),
    )
    print(f"\n{runner.totals(marks)}\n", flush=True)
    table = options.table or options.course / f"{options.number}_points.csv"
    runner.write_table(marks, table)
    print(f"Feedback for each exercise: {table}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
