"""Point badges, launch buttons and the citation at a repository: ``make badge REPO=owner/name``.

Where the course lives is said in one place, ``[project.urls]`` of ``pyproject.toml``. Files that
must repeat it (README, CITATION.cff) are rewritten by this program; the site reads it when it is
built. Until it is set, a placeholder stands there that can be nobody's repository: GitHub's names
have no underscores before the slash.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[1]
PLACEHOLDER = "YOUR_NAME/YOUR_COPY"
BRANCH = "main"
FILES = ("pyproject.toml", "README.md", "CITATION.cff")
# Where owner/name may stand: after one of these addresses.
HOSTS = ("https://github.com/", "https://mybinder.org/v2/gh/",
         "https://colab.research.google.com/github/")  # fmt: skip


class BadgeError(ValueError):
    """The repository cannot be set; the message says why."""


def repository(root: Path = ROOT) -> str:
    """Return ``owner/name`` of this copy of the course, or the placeholder.

    Raises
    ------
    BadgeError
        If ``pyproject.toml`` does not say.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    url = project.get("urls", {}).get("Repository", "")
    found = re.fullmatch(r"https://github\.com/([^/\s]+/[^/\s]+)", url)
    if not found:
        raise BadgeError(
            "pyproject.toml needs, under [project.urls], "
            f'Repository = "https://github.com/owner/name"; it says {url!r}'
        )
    return found[1]


def checked(name: str) -> str:
    """Return ``owner/name`` as GitHub writes it, also from the address of a repository.

    Raises
    ------
    BadgeError
        If it is neither.

    Examples
    --------
    >>> checked("https://github.com/ada/networks.git")
    'ada/networks'
    """
    short = re.sub(r"^(https://github\.com/|git@github\.com:)", "", name.strip())
    short = short.rstrip("/").removesuffix(".git")
    if short != PLACEHOLDER and not re.fullmatch(
        r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/(?!\.{1,2}$)[\w.-]{1,100}", short, re.ASCII
    ):
        raise BadgeError(f"REPO is {name!r}, expected owner/name, for instance REPO=ada/networks")
    return short


def binder_url(name: str, notebook: str) -> str:
    """Return the address that opens a notebook of ``owner/name`` on Binder."""
    return f"https://mybinder.org/v2/gh/{name}/HEAD?labpath={quote(notebook)}"


def colab_url(name: str, notebook: str) -> str:
    """Return the address that opens a notebook of ``owner/name`` on Colab."""
    return f"https://colab.research.google.com/github/{name}/blob/{BRANCH}/{quote(notebook)}"


def rewrite(text: str, old: str, new: str) -> tuple[str, int]:
    """Return a text that names the new repository wherever it named the old one, and how often.

    Examples
    --------
    >>> rewrite("https://github.com/ada/nets/issues, https://github.com/ada/nets2", "ada/nets", "b/c")
    ('https://github.com/b/c/issues, https://github.com/ada/nets2', 1)
    """  # noqa: E501
    hosts = "|".join(re.escape(host) for host in HOSTS)
    # A name ends where another character of a name does not follow; ".git" and a full stop may.
    ends = r"(?=\.git\b|\.?(?![\w.-]))"
    return re.subn(f"({hosts}){re.escape(old)}{ends}", lambda found: found[1] + new, text)


def point_at(name: str, root: Path = ROOT) -> dict[str, int]:
    """Write ``owner/name`` everywhere it appears; return file → how many places.

    Raises
    ------
    BadgeError
        If the name is not one of GitHub's; then nothing is written.
    """
    new, old = checked(name), repository(root)
    counts = {}
    for file in FILES:
        path = root / file
        text, counts[file] = rewrite(path.read_bytes().decode("utf-8"), old, new)
        path.write_bytes(text.encode("utf-8"))
    return counts


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.badge",
        description="Point badges, launch buttons and the citation at a repository on GitHub.",
    )
    parser.add_argument("repository", nargs="?", default="", metavar="owner/name")
    name = parser.parse_args(arguments).repository
    try:
        if not name:
            print(f"this copy is {repository()}; to change that: make badge REPO=owner/name")
            return 0 if repository() != PLACEHOLDER else 2
        for file, count in point_at(name).items():
            print(f"{file}: {count} {'place' if count == 1 else 'places'}")
        print(f"badges and launch buttons point at {repository()}; `make site` builds with it")
    except BadgeError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
