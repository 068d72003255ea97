"""Waiting, so that a test says something about a widget and nothing about a busy machine.

A page, a kernel and a test are three programs. Between an action and what it changes lie messages
and frames of the screen, and on a loaded machine each may take a second. So nothing is compared
before it had its time, and nothing is waited for by a number of milliseconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

SECONDS = 60.0  # for what takes a fraction of one where nothing else runs
WAIT = 1000 * SECONDS  # the same as Playwright counts

Answer = TypeVar("Answer")


def eventually(page, check: Callable[[], Answer], *, seconds: float = SECONDS) -> Answer:
    """Repeat a check until it holds, and return what it returns.

    Raises
    ------
    AssertionError
        If it does not hold in time: the check's own, with what it found at last.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        page.wait_for_timeout(100)


def painted(page) -> None:
    """Wait until the page has taken in what was pressed or moved, and has drawn it.

    Chromium hands over what the mouse and the keyboard do before it draws a frame, and a widget may
    draw in the next one. After two frames a page that still looks as before means to.
    """
    page.evaluate(
        """milliseconds => new Promise((done, failed) => {
            setTimeout(() => failed(new Error("the page draws no frames")), milliseconds);
            requestAnimationFrame(() => requestAnimationFrame(() => done()));
        })""",
        WAIT,
    )


def at_rest(locator) -> dict:
    """Return where an element is once it stays there: not while the page is laid out or scrolls."""
    before, still = None, 0

    def stays() -> dict:
        nonlocal before, still
        box = locator.bounding_box()
        still = still + 1 if box and box == before else 0
        before = box
        assert still >= 3, f"it does not come to rest, now at {box}"
        return box

    painted(locator.page)
    return eventually(locator.page, stays)


def press(page, *keys: str) -> None:
    """Press keys one after the other; the page has acted on each when this returns."""
    for key in keys:
        page.keyboard.press(key)
        painted(page)


def click(widget, name: str) -> None:
    """Click what has this test id; the page has acted on it when this returns."""
    widget.get_by_test_id(name).click()
    painted(widget.page)


def slowdown() -> float:
    """Return how many times longer work takes now than on a processor of its own, 1 or more.

    What is required in milliseconds is required of a machine that has time for it. Where twenty
    programs share two cores, a time measured says how long the others had their turn; divided by
    this it is comparable again. The least of three measurements: about 1 where no others wait.
    """

    def once() -> float:
        wall, own = time.perf_counter(), time.thread_time()
        while time.thread_time() - own < 0.05:
            pass
        return (time.perf_counter() - wall) / (time.thread_time() - own)

    return max(1.0, min(once() for _ in range(3)))
