"""The paper: its size, fonts and colours, and texts, lines and boxes on it. Lengths are pixels from the top left."""

import io
from collections.abc import Sequence
from typing import Literal, NamedTuple

from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.patheffects import withStroke

from handlers.views.drawing.glyphs import MISSING, drawable, families

WIDTH = 1080
LOWEST, HIGHEST = 400, 700
MARGIN = 36
LINE = 42
"""From one line of text to the next."""
INK, MUTED, GRID, PAPER = "#1b2430", "#566170", "#dfe4ea", "#ffffff"
_DPI = 200
_SIZE, _TITLE_SIZE = 11.0, 13.0
"""Points; at this width and resolution 11 pt are still 10 pixels on a phone."""
_SAMPLE, _SAMPLE_GAP, _ENTRY_GAP = 48, 14, 36


class Look(NamedTuple):
    """How an area is filled; neighbours differ in brightness and in hatch, not in hue alone."""

    fill: str
    edge: str
    hatch: str = ""
    ink: str = INK
    """For text on it."""


class Stroke(NamedTuple):
    """How a line is drawn; `dashes` are a dash and a gap."""

    color: str
    width: float = 3.0
    dashes: tuple[float, float] | None = None


Entry = tuple[Look | Stroke, str]
"""A line of the legend."""


class Sheet:
    """A picture in the making. Its height may change as long as nothing stands on it."""

    def __init__(self) -> None:
        self.figure = Figure(dpi=_DPI, facecolor=PAPER)
        self._canvas = FigureCanvasAgg(self.figure)
        self._axes = self.figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()
        self.resize(LOWEST)

    def resize(self, height: float) -> None:
        """Take another height, before anything is drawn."""
        self.height = round(height)
        self.figure.set_size_inches(WIDTH / _DPI, self.height / _DPI)
        self._axes.set_xlim(0, WIDTH)
        self._axes.set_ylim(self.height, 0)

    # -- measuring -----------------------------------------------------------------------------------------------------

    def width(self, text: str, size: float = _SIZE, *, bold: bool = False) -> float:
        """How wide a drawable text is."""
        if not text:
            return 0.0
        renderer: RendererAgg = self._canvas.get_renderer()  # type: ignore[no-untyped-call]
        measured = renderer.get_text_width_height_descent(text, _font(size, bold), False)  # type: ignore[no-untyped-call]
        return float(measured[0])

    def fit(self, text: str, width: float, size: float = _SIZE, *, bold: bool = False) -> str:
        """As much of a text as can be drawn in that width, with an ellipsis where it was cut; maybe nothing."""
        shown = drawable(text, bold=bold)
        if self.width(shown, size, bold=bold) <= width:
            return shown
        low, high = 0, len(shown)
        while low < high:
            middle = (low + high + 1) // 2
            if self.width(shown[:middle].rstrip() + "…", size, bold=bold) <= width:
                low = middle
            else:
                high = middle - 1
        return shown[:low].rstrip() + "…" if low >= 3 or (low and shown[0] == MISSING) else ""

    def wrap(self, text: str, width: float, lines: int) -> list[str]:
        """A text in at most that many lines, broken between words; the last one, or a long word, is cut."""
        words, wrapped = drawable(text).split(), list[str]()
        while words and len(wrapped) < lines - 1:
            taken = max((n for n in range(1, len(words) + 1) if self.width(" ".join(words[:n])) <= width), default=0)
            if not taken:
                break
            wrapped.append(" ".join(words[:taken]))
            words = words[taken:]
        last = self.fit(" ".join(words), width)
        if words and wrapped and not last and self.width(wrapped[-1] + "…") <= width:
            wrapped[-1] += "…"
        return [*wrapped, last] if last else wrapped

    # -- drawing -------------------------------------------------------------------------------------------------------

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        color: str = INK,
        align: Literal["left", "center", "right"] = "left",
        halo: str = "",
    ) -> None:
        """One drawable line around the height `y`; `halo` is a colour that keeps it apart from what is behind it."""
        self._text(x, y, text, color, _font(), align, halo)

    def line(self, xs: Sequence[float], ys: Sequence[float], stroke: Stroke, *, layer: float = 2) -> None:
        """A line through points."""
        line = Line2D(xs, ys, color=stroke.color, linewidth=_points(stroke.width), zorder=layer)
        line.set_solid_capstyle("butt")
        if stroke.dashes:
            # In units of the line's width, as the library wants them.
            line.set_linestyle((0, tuple(length / stroke.width for length in stroke.dashes)))
        self._axes.add_line(line)

    def dot(self, x: float, y: float, color: str) -> None:
        """A point that no line leads to."""
        self._axes.add_line(Line2D([x], [y], color=color, marker="o", markersize=_points(18), zorder=3))

    def box(self, left: float, top: float, right: float, bottom: float, look: Look) -> None:
        """A filled box."""
        self.area([(left, top), (right, top), (right, bottom), (left, bottom)], look)

    def area(self, corners: Sequence[tuple[float, float]], look: Look) -> None:
        """A filled area."""
        self._axes.add_patch(
            Polygon(
                list(corners),
                facecolor=look.fill,
                edgecolor=look.edge,
                hatch=look.hatch or None,
                linewidth=_points(2),
                zorder=1,
            )
        )

    def head(self, title: str, below: str = "") -> None:
        """The title, and a quiet line below it."""
        shown = self.fit(title, WIDTH - 2 * MARGIN, _TITLE_SIZE, bold=True)
        self._text(MARGIN, 50, shown, INK, _font(_TITLE_SIZE, bold=True))
        self.text(MARGIN, 100, self.fit(below, WIDTH - 2 * MARGIN), color=MUTED)

    def legend(self, top: float, entries: Sequence[Entry]) -> None:
        """What the colours mean, in as few rows as it takes."""
        for (sample, name), (x, row) in zip(entries, self._legend_places(entries), strict=True):
            y = top + (row + 0.5) * LINE
            if isinstance(sample, Look):
                self.box(x, y - 13, x + _SAMPLE, y + 13, sample)
            else:
                self.line([x, x + _SAMPLE], [y, y], sample)
            self.text(x + _SAMPLE + _SAMPLE_GAP, y, self._legend_name(name))

    def legend_height(self, entries: Sequence[Entry]) -> float:
        """What `legend` takes."""
        return (self._legend_places(entries)[-1][1] + 1) * LINE + 14 if entries else 0

    def png(self) -> bytes:
        """What was drawn."""
        file = io.BytesIO()
        self._canvas.print_png(file)  # type: ignore[no-untyped-call]
        return file.getvalue()

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        color: str,
        properties: FontProperties,
        align: Literal["left", "center", "right"] = "left",
        halo: str = "",
    ) -> None:
        written = self._axes.text(
            x,
            y,
            text,
            color=color,
            ha=align,
            va="center_baseline",
            fontproperties=properties,
            parse_math=False,
            zorder=4,
        )
        if halo:
            written.set_path_effects([withStroke(linewidth=_points(10), foreground=halo)])

    def _legend_name(self, name: str) -> str:
        return self.fit(name, WIDTH - 2 * MARGIN - _SAMPLE - _SAMPLE_GAP)

    def _legend_places(self, entries: Sequence[Entry]) -> list[tuple[float, int]]:
        """The left end and the row of each."""
        places, x, row = list[tuple[float, int]](), float(MARGIN), 0
        for _, name in entries:
            width = _SAMPLE + _SAMPLE_GAP + self.width(self._legend_name(name))
            if x > MARGIN and x + width > WIDTH - MARGIN:
                x, row = MARGIN, row + 1
            places.append((x, row))
            x += width + _ENTRY_GAP
        return places


def head_height(below: str = "") -> float:
    """What `Sheet.head` takes."""
    return 132 if below else 90


def _font(size: float = _SIZE, bold: bool = False) -> FontProperties:
    return FontProperties(family=families(), size=size, weight="bold" if bold else "normal")


def _points(pixels: float) -> float:
    return pixels * 72 / _DPI
