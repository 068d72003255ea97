"""``python -m tools.slides [NN …]``: build the decks of all notebooks, or of some."""

from __future__ import annotations

import argparse
import sys
import time

from tools.npm import PackageError
from tools.slides.build import DECKS, DeckError, build, notebooks


def main(arguments: list[str] | None = None) -> int:
    """Build the decks and say where they are; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.slides",
        description="Build offline decks: each one HTML file in build/slides.",
    )
    parser.add_argument("number", nargs="*", help="notebooks by number, such as 08 (default: all)")
    wanted = parser.parse_args(arguments).number
    try:
        for path in notebooks(wanted):
            start = time.monotonic()
            deck = build(path)
            size, seconds = deck.path.stat().st_size / 1e6, time.monotonic() - start
            print(f"{deck.path.name:44} {deck.screens:3} screens {deck.formulas:4} formulas "
                  f"{size:5.1f} MB {seconds:5.1f} s", flush=True)  # fmt: skip
            if deck.not_run:
                print(f"  {deck.not_run} of its cells have not been run: no outputs. "
                      f"`make notebooks` runs them.")  # fmt: skip
    except (DeckError, PackageError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Open a file of {DECKS} in a browser. Keys: space goes on, S opens the speaker view,")
    print("Esc the overview, ? lists all. For a PDF add ?print-pdf to the address and print.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
