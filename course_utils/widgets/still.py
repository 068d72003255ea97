"""A widget that also shows itself as a still picture where no kernel runs."""

from __future__ import annotations

import base64
import contextlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STATIC = Path(__file__).parent / "static"


def script(*names: str) -> str:
    """Return front-end scripts of `static/` as one, the later standing on the earlier.

    A widget's front end is a single module of the page: what several of them need is put in front
    of each instead of being imported.
    """
    return "".join((STATIC / name).read_text(encoding="utf-8") + "\n" for name in names)


class StillWidget(anywidget.AnyWidget):
    """An anywidget whose display carries a still picture and a sentence beside the live view.

    A subclass sets `sentence` (what it is, and that it needs a kernel) and defines `still`.
    """

    sentence = "A widget. It needs a running kernel: run this cell in JupyterLab."

    def still(self) -> Figure:
        """Return a picture of the widget at work."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self.sentence

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict, dict]:
        """Add the still picture for places that can't show widgets."""
        data, metadata = super()._repr_mimebundle_() or ({}, {})
        data["text/plain"] = self.sentence
        with contextlib.suppress(Exception):  # a missing picture must not cost the widget
            data["image/png"] = _png(self.still())
        return data, metadata


def _png(figure: Figure) -> str:
    """Return a figure as base64-encoded PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100, bbox_inches="tight")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
