"""Copy the course as somebody gets it who clones it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def copy_tree(target: Path, *, only_tracked: bool) -> int:
    """Copy the files that git tracks, as they are now, and return how many there are.

    Parameters
    ----------
    target : Path
        The folder to make.
    only_tracked : bool
        Leave out files that nobody has told git about yet, as a clone would.

    Raises
    ------
    FileExistsError
        If the folder is there already.
    subprocess.CalledProcessError
        If this is not a git repository.
    """
    others = [] if only_tracked else ["--others", "--exclude-standard"]
    command = ["git", "ls-files", "-z", "--cached", *others]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    names = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    target.mkdir(parents=True)
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    return len(names)
