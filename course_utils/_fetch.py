"""Download one file from the first host that delivers it whole.

pooch does the transfer and compares the SHA-256. This module adds what a lecture hall needs: hosts
tried in turn, short waits, a progress bar on standard output, a second try where a server is
only busy, and a host given up when it stalls or crawls. A file appears under its name only after
its hash was right.
"""

import collections
import contextlib
import errno
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Limits:
    """How long to wait for a host.

    Attributes
    ----------
    connect, read : float
        Seconds to wait for a connection, and for the next bytes.
    slow_rate, slow_seconds : float
        A host below `slow_rate` bytes per second for `slow_seconds` is given up for the next.
    crawl_rate : float
        The same limit in bytes per second once every host has proved slow and waiting was
        asked for.
    patience : float
        Seconds spent without receiving one byte, over all hosts, before giving up (unless
        waiting was asked for).
    back_off : tuple of float
        Pauses in seconds before asking a busy server again.
    chunk : int
        Bytes written at a time.
    """

    connect: float = 5.0
    read: float = 8.0
    slow_rate: float = 100_000.0
    slow_seconds: float = 8.0
    crawl_rate: float = 2_000.0
    patience: float = 12.0
    back_off: tuple[float, ...] = (0.5, 1.5)
    chunk: int = 8192


LIMITS = Limits()
UNKNOWN_NAME = "is not known to this network (no network, or names cannot be looked up)"


class FetchError(Exception):
    """A file could not be fetched.

    Attributes
    ----------
    reasons : list of str
        One clause for each host that was tried.
    offline : bool
        Whether no host gave any answer at all.
    """

    def __init__(self, reasons: Iterable[str], *, offline: bool = False) -> None:
        self.reasons = list(dict.fromkeys(reasons))
        self.offline = offline
        super().__init__("; ".join(self.reasons))


class DiskError(FetchError):
    """The disk, not the network, is at fault: another host would not help."""


class _Failed(Exception):
    """One attempt failed: why, whether asking again may help, whether it was only slow."""

    def __init__(self, reason: str, *, again: bool = False, rate: float | None = None) -> None:
        super().__init__(reason)
        self.again = again
        self.rate = rate


@dataclass
class Budget:
    """Time left for waiting on hosts that send nothing, shared by the files of one data set."""

    seconds: float
    answered: bool = False
    received: bool = False
    unreachable: dict[str, str] = field(default_factory=dict)

    @property
    def spent(self) -> bool:
        """Whether it is time to give up: nothing has come, and nothing is left."""
        return self.seconds <= 0 and not self.received

    @contextlib.contextmanager
    def charged(self) -> Iterator[None]:
        """Take the time spent inside from the budget."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds -= time.monotonic() - start


def host_of(url: str) -> str:
    """Return the host a URL names.

    Examples
    --------
    >>> host_of("https://example.org:8080/mnist.npz")
    'example.org'
    """
    return urlsplit(url).hostname or url


def fetch(
    urls: Iterable[str],
    target: Path,
    *,
    sha256: str | None,
    size: int | None,
    label: str,
    budget: Budget,
    wait: bool = False,
) -> str:
    """Download a file from the first of several hosts that delivers it whole.

    Parameters
    ----------
    urls : iterable of str
        Addresses of the same file, in the order in which they are tried.
    target : Path
        Where the file goes; its folder exists. Nothing appears there unless the hash is right.
    sha256 : str or None
        SHA-256 of the file (hex); None where it is unknown and the caller verifies the content.
    size : int or None
        Its size in bytes, if known.
    label : str
        What is fetched, for the progress bar.
    budget : Budget
        Time for waiting on silent hosts.
    wait : bool
        When all hosts are slow, wait for the fastest.

    Returns
    -------
    str
        The host that delivered.

    Raises
    ------
    DiskError
        If the file cannot be written.
    FetchError
        If no host delivered; it holds a clause for each.
    """
    reasons, slow = [], {}
    for url in urls:
        reason = _unreachable(url, budget)
        if reason is None:
            try:
                _with_second_tries(url, target, sha256, size, label, budget, LIMITS.slow_rate)
                return host_of(url)
            except _Failed as failure:
                reason = str(failure)
                if failure.rate is not None:
                    slow[url] = failure.rate
        reasons.append(f"{host_of(url)} {reason}")
        if budget.spent:
            break
    if wait and slow:
        url = max(slow, key=slow.get)
        print(f"{host_of(url)} is slow, but it is the best there is: waiting for it.")
        try:
            _with_second_tries(url, target, sha256, size, label, budget, LIMITS.crawl_rate)
            return host_of(url)
        except _Failed as failure:
            reasons.append(f"{host_of(url)} {failure}")
    raise FetchError(reasons, offline=not budget.answered)


def _unreachable(url: str, budget: Budget) -> str | None:
    """Say why a host cannot be reached at all, or return None; through the proxy if one is set."""
    import requests.utils

    parts = urlsplit(url)
    proxy = requests.utils.get_environ_proxies(url).get(parts.scheme)
    behind = " (the proxy set on this machine)" if proxy else ""
    if proxy:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    try:
        place = (parts.hostname, parts.port or {"https": 443}.get(parts.scheme, 80))
    except ValueError:
        return f"has an address that cannot be read{behind}"
    key = f"{place[0]}:{place[1]}"
    if key in budget.unreachable:
        return budget.unreachable[key] or None

    with budget.charged():
        reason = _knock(place, max(0.1, min(LIMITS.connect, budget.seconds)))
    budget.unreachable[key] = reason + behind if reason else ""
    return budget.unreachable[key] or None


def _knock(place: tuple[str, int], seconds: float) -> str:
    """Connect to a host and say why that fails, or return an empty string.

    A look-up or a connection that hangs can take minutes (each address of a host is tried with
    the full time-out), so it is tried beforehand in threads, which may be left behind; IPv4 and
    IPv6 side by side, because on many networks one of them leads nowhere.
    """
    import socket

    answers: queue.Queue[str] = queue.Queue()

    def connect(family: int) -> None:
        try:
            address = socket.getaddrinfo(*place, family, socket.SOCK_STREAM)[0][4]
            with socket.socket(family, socket.SOCK_STREAM) as connection:
                connection.settimeout(seconds)
                connection.connect(address)
            answers.put("")
        except Exception as error:  # OSError mostly; a malformed name raises UnicodeError
            answers.put(_network_reason(error))

    families = (socket.AF_INET, socket.AF_INET6)
    for family in families:
        threading.Thread(target=connect, args=(family,), daemon=True).start()
    deadline = time.monotonic() + seconds
    reasons = []
    for _ in families:
        try:
            reasons.append(answers.get(timeout=max(0.01, deadline - time.monotonic())))
        except queue.Empty:
            reasons.append("did not answer in time")
        if not reasons[-1]:
            return ""
    # That a name has no address of one kind says little if the other kind failed differently.
    return next((reason for reason in reasons if reason != UNKNOWN_NAME), UNKNOWN_NAME)


def _with_second_tries(
    url: str,
    target: Path,
    sha256: str | None,
    size: int | None,
    label: str,
    budget: Budget,
    rate: float,
) -> None:
    pauses = iter(LIMITS.back_off)
    while True:
        left = LIMITS.read if budget.received else min(LIMITS.read, budget.seconds)
        try:
            return _attempt(url, target, sha256, size, label, budget, max(0.1, left), rate)
        except _Failed as failure:
            pause = next(pauses, None) if failure.again else None
            if pause is None:
                raise
            with budget.charged():
                time.sleep(pause)
            if budget.spent:
                raise


def _attempt(
    url: str,
    target: Path,
    sha256: str | None,
    size: int | None,
    label: str,
    budget: Budget,
    read_timeout: float,
    rate: float,
) -> None:
    import pooch

    watch = _Watch(f"{label} from {host_of(url)}", size, rate)
    downloader = pooch.HTTPDownloader(
        progressbar=watch,
        chunk_size=LIMITS.chunk,
        timeout=(min(LIMITS.connect, read_timeout), read_timeout),
        # Packed on the way, a file would be unpacked on arrival and its hash would be another.
        headers={"Accept-Encoding": "identity"},
        hooks={"response": watch.answered},
    )
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.WARNING)  # its notes go to standard error
    start = time.monotonic()
    try:
        pooch.retrieve(
            url,
            known_hash=None if sha256 is None else f"sha256:{sha256}",
            fname=target.name,
            path=target.parent,
            downloader=downloader,
        )
    except _Failed:
        raise
    except Exception as error:
        if watch.slow is not None:
            raise _Failed(
                f"is too slow ({watch.slow / 1000:,.0f} kB/s)", rate=watch.slow
            ) from error
        raise _reason(error, watch, size) from error
    finally:
        logger.setLevel(level)
        watch.close()
        budget.answered = budget.answered or watch.has_answer
        if watch.got:
            budget.received = True
        else:
            budget.seconds -= time.monotonic() - start


def _reason(error: Exception, watch: "_Watch", size: int | None) -> Exception:
    """Turn what pooch and requests raise into a clause that says what happened."""
    import requests

    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, requests.exceptions.SSLError):
        return _Failed(f"could not prove who it is: {_certificate_remedy()}")
    if isinstance(error, requests.exceptions.HTTPError):
        busy = status is not None and (status >= 500 or status == 429)
        meaning = {403: "refused access", 404: "does not have the file"}.get(
            status, "is out of order" if busy else "refused"
        )
        return _Failed(f"{meaning} (HTTP {status})", again=busy)
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return _Failed("did not answer in time")
    if isinstance(error, requests.exceptions.Timeout):
        return _Failed("stopped sending" if watch.got else "did not answer in time")
    if isinstance(error, requests.exceptions.RequestException):
        if watch.got:
            of = f" of {size:,}" if size else ""
            return _Failed(f"broke off after {watch.got:,}{of} bytes", again=True)
        return _Failed(_network_reason(_innermost(error)), again=_was_reset(error))
    if isinstance(error, ValueError):  # pooch's word for a hash that differs
        of = f" of {size:,}" if size else ""
        cut = f"sent only {watch.got:,}{of} bytes" if size and watch.got < size else None
        return _Failed(cut or "sent something else than the file (its SHA-256 is wrong)")
    if isinstance(error, OSError):
        return DiskError([_disk_reason(error)])
    return error


def _innermost(error: BaseException) -> BaseException:
    """Return the error of the network layer that requests and urllib3 have wrapped."""
    seen = set()
    while id(error) not in seen:
        seen.add(id(error))
        inner = getattr(error, "reason", None) or error.__cause__ or error.__context__
        if not isinstance(inner, BaseException) and error.args:
            inner = error.args[-1]
        if isinstance(inner, BaseException):
            error = inner
    return error


def _was_reset(error: BaseException) -> bool:
    import requests

    return isinstance(_innermost(error), ConnectionResetError) or isinstance(
        error, requests.exceptions.ChunkedEncodingError
    )


def _network_reason(error: BaseException) -> str:
    import socket

    if isinstance(error, socket.gaierror):
        return UNKNOWN_NAME
    if isinstance(error, ConnectionRefusedError):
        return "refused the connection"
    if isinstance(error, TimeoutError):
        return "did not answer in time"
    if isinstance(error, ConnectionResetError):
        return "broke the connection off"
    if getattr(error, "errno", None) in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN):
        return "cannot be reached (no network)"
    return f"cannot be reached ({type(error).__name__})"


def _certificate_remedy() -> str:
    if sys.platform == "darwin":
        return (
            "this Python has no certificates yet (run “Install Certificates.command” in the "
            "Python folder under Applications, then try again)"
        )
    return (
        "its certificate could not be checked (a network filter or a wrong clock can cause that; "
        "ask whoever runs the network for its certificate and name that file in REQUESTS_CA_BUNDLE)"
    )


def _disk_reason(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return "no space is left on the disk (free some, or set COURSE_CACHE_DIR to another disk)"
    return f"the file could not be written ({error.strerror or type(error).__name__})"


class _Watch:
    """pooch's progress bar and the clock that gives a slow host up.

    pooch sets `total`, then calls `update` for each chunk and `reset` and `close` at the end.
    A thread looks at the count, because a host that sends a byte now and then would keep the
    transfer itself waiting for its next chunk.
    """

    def __init__(self, label: str, size: int | None, rate: float) -> None:
        self.label = label
        self.size = size
        self.rate = rate
        self.got = 0
        self.slow: float | None = None
        self.has_answer = False
        self._bar = None
        self._done = threading.Event()
        self._response = None

    def answered(self, response, **_) -> None:
        """Look at the head of an answer (called by requests before anything is written)."""
        self.has_answer = True
        if response.is_redirect or response.status_code != 200:
            return
        if "text/html" in response.headers.get("Content-Type", ""):
            response.close()
            raise _Failed(
                "answered with a web page instead of data (a login page of this network, perhaps: "
                "open any page in a browser and log in)"
            )
        self._response = response
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        marks = collections.deque([(time.monotonic(), 0)])
        while not self._done.wait(LIMITS.slow_seconds / 8):
            now, got = time.monotonic(), self.got
            marks.append((now, got))
            while len(marks) > 1 and marks[1][0] <= now - LIMITS.slow_seconds:
                marks.popleft()
            then, before = marks[0]
            if now - then >= LIMITS.slow_seconds and got - before < self.rate * (now - then):
                self.slow = (got - before) / (now - then)
                self._interrupt()
                return

    def _interrupt(self) -> None:
        raw = self._response.raw
        with contextlib.suppress(Exception):
            # Closing alone would wait for the read that is in progress.
            getattr(raw, "shutdown", raw.close)()

    @property
    def total(self) -> int | None:
        """Bytes announced by the host."""
        return self.size

    @total.setter
    def total(self, value: int) -> None:
        from tqdm import tqdm

        self.size = value or self.size
        self._bar = tqdm(
            total=self.size,
            desc=self.label,
            unit="B",
            unit_scale=True,
            file=sys.stdout,
            ascii=os.name == "nt",
            dynamic_ncols=True,
        )

    def update(self, amount: int) -> None:
        """Count a chunk."""
        if self._done.is_set():
            return
        self.got += amount
        if self.size:  # pooch counts the last chunk as a full one
            self.got = min(self.got, self.size)
        self._bar.update(self.got - self._bar.n)

    def reset(self) -> None:
        """Stop counting: pooch now fills the bar up."""
        self._done.set()

    def close(self) -> None:
        """Stop watching and leave the bar as it is."""
        self._done.set()
        if self._bar is not None:
            self._bar.close()
            self._bar = None
