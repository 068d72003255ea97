"""Is this computer ready for the course? And a TensorFlow that starts quietly.

``python -m course_utils.environment`` prints one line per finding: ``[ok]``, ``[note]`` (good to
know) or ``[fix]`` with a remedy. It uses the standard library alone, so that it still runs where
packages are missing.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_REMEDY = (
    "To find the cause, run  python -m course_utils.environment  in a terminal "
    "(or environment.report() in a cell) and follow its [fix] lines."
)


@contextmanager
def quiet_import() -> Iterator[None]:
    """Import TensorFlow or Keras without the page of messages that they print.

    ``with quiet_import(): import keras``. The messages come from C++ code, which writes to file
    descriptor 2, past Python's `sys.stderr`; so that descriptor is pointed to a temporary file
    until the import is done. Nothing is switched off: ``TF_ENABLE_ONEDNN_OPTS=0``, often
    recommended for silence, would double the training time. ``TF_CPP_MIN_LOG_LEVEL`` is set to 3
    where it is not set, for what comes later. If TensorFlow is loaded already, nothing is done.

    Raises
    ------
    Exception
        Whatever the import raised, with a note that holds the withheld messages and a remedy.

    Examples
    --------
    >>> with quiet_import():
    ...     import json
    """
    if "tensorflow" in sys.modules:
        yield
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    _flush()
    try:
        kept = os.dup(2)
    except OSError:  # no standard error to redirect, as under pythonw on Windows
        yield
        return
    with tempfile.TemporaryFile() as withheld:
        os.dup2(withheld.fileno(), 2)
        try:
            yield
        except Exception as error:
            _flush()
            withheld.seek(0)
            _explain(error, withheld.read().decode("utf-8", "replace"))
            raise
        finally:
            # sys.stderr itself is never replaced: libraries keep a reference to it at import.
            _flush()
            os.dup2(kept, 2)
            os.close(kept)


def _flush() -> None:
    """Let Python write out what it holds back before the descriptor changes."""
    if sys.stderr is not None:
        sys.stderr.flush()


def _explain(error: Exception, messages: str) -> None:
    """Add the last of the withheld messages and a remedy to an error."""
    tail = messages.strip().splitlines()[-15:]
    if tail:
        error.add_note("What was printed meanwhile:\n  " + "\n  ".join(tail))
    error.add_note(_REMEDY)
