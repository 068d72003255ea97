"""Fetch pinned packages of npm, without node, and keep them in ``build/npm``.

Versions and integrity hashes stand in ``npm.toml``. A package is downloaded once: what lies in
``build/npm`` with the right hash is used without asking the network. The registry is npm's own,
or the one that npm's settings name (``npm_config_registry``, ``registry=`` in ``~/.npmrc``).
"""

from __future__ import annotations

import base64
import os
import re
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STORE = ROOT / "build" / "npm"
PINS = Path(__file__).with_name("npm.toml")
REGISTRY = "https://registry.npmjs.org"
SECONDS = 30  # to wait for the registry's next bytes


class PackageError(RuntimeError):
    """A package cannot be had; the message says what to do."""


@dataclass(frozen=True)
class Package:
    """One pinned package.

    Attributes
    ----------
    name, version : str
        As npm knows it.
    integrity : str
        ``sha512-…`` in base 64, as npm prints it.
    licence : str
        SPDX identifier.
    files : tuple of str
        What is used of it, as paths inside the package.
    """

    name: str
    version: str
    integrity: str
    licence: str
    files: tuple[str, ...]

    @property
    def archive(self) -> str:
        """File name of the archive at the registry."""
        return f"{self.name}-{self.version}.tgz"

    @property
    def sha512(self) -> str:
        """The integrity hash in hexadecimal.

        Raises
        ------
        ValueError
            If the hash is of another kind.

        Examples
        --------
        >>> Package("p", "1.0", "sha512-" + "AAAA" * 21 + "AA==", "MIT", ()).sha512 == "0" * 128
        True
        """
        kind, _, digest = self.integrity.partition("-")
        if kind != "sha512":
            raise ValueError(f"integrity of {self.name} is {kind!r}, expected 'sha512'")
        return base64.b64decode(digest).hex()


def pinned(name: str) -> Package:
    """Return a package of ``npm.toml``.

    Raises
    ------
    KeyError
        If it isn't pinned.

    Examples
    --------
    >>> pinned("reveal.js").licence
    'MIT'
    """
    table = tomllib.loads(PINS.read_text(encoding="utf-8"))[name]
    return Package(name, table["version"], table["integrity"], table["licence"],
                   tuple(table["files"]))  # fmt: skip


def registry() -> str:
    """Return the address of the registry, as npm's settings have it."""
    for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
        if os.environ.get(name):
            return os.environ[name].rstrip("/")
    settings = Path(os.environ.get("NPM_CONFIG_USERCONFIG") or Path.home() / ".npmrc")
    if settings.is_file():
        text = settings.read_text(encoding="utf-8", errors="replace")
        if found := re.search(r"^\s*registry\s*=\s*(\S+)", text, re.M):
            return found[1].strip("\"'").rstrip("/")
    return REGISTRY


def fetch(name: str, store: Path = STORE) -> Path:
    """Return the folder with the files of a package, downloading it where it isn't there.

    Parameters
    ----------
    name : str
        A package of ``npm.toml``.
    store : Path
        The folder where archives and files are kept.

    Raises
    ------
    PackageError
        If it cannot be downloaded, or what came is not what was pinned.
    """
    package = pinned(name)
    folder = store / f"{package.name}-{package.version}"
    with tarfile.open(_archive(package, store)) as archive:
        for path in package.files:
            target = folder / path
            member = archive.extractfile(f"package/{path}")
            content = member.read()
            if not target.is_file() or target.read_bytes() != content:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
    return folder


def stored(name: str, store: Path = STORE) -> bool:
    """Whether a package is there already, so that fetching it needs no network."""
    return (store / pinned(name).archive).is_file()


def _archive(package: Package, store: Path) -> Path:
    """Return the archive of a package, verified."""
    import pooch
    import requests

    url = f"{registry()}/{package.name}/-/{package.archive}"
    pooch.get_logger().setLevel("WARNING")
    try:
        path = pooch.retrieve(
            url, f"sha512:{package.sha512}", fname=package.archive, path=store,
            downloader=pooch.HTTPDownloader(timeout=SECONDS),
        )  # fmt: skip
    except (requests.RequestException, OSError) as error:
        raise PackageError(
            f"{package.name} {package.version} could not be fetched from {url} "
            f"({type(error).__name__}). It is needed once: run this again where there is a "
            f"network, or put {package.archive} into {store} yourself. If your network has its "
            f"own npm registry, name it in npm_config_registry."
        ) from error
    except ValueError as error:
        raise PackageError(
            f"What {url} sent for {package.name} {package.version} is not the pinned package: its "
            f"hash differs. Try again, or another registry (npm_config_registry)."
        ) from error
    return Path(path)
