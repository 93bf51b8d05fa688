"""Draws pictures as PNG. Loads the drawing library, so the bot never imports this: it runs it as a child process."""

from handlers.views.drawing.bars import draw_bars
from handlers.views.drawing.forecast import draw_forecast
from handlers.views.drawing.timeline import draw_timeline
from handlers.views.pictures import Bars, Forecast, Picture, Timeline


def draw(picture: Picture) -> bytes:
    """The picture as PNG, 1080 pixels wide; raises ValueError or KeyError for what can't be drawn.

    That is: a timeline that ends before it starts, an unknown zone, values that are no finite numbers or not as
    many as there are labels.
    """
    match picture:
        case Timeline():
            return draw_timeline(picture)
        case Bars():
            return draw_bars(picture)
        case Forecast():
            return draw_forecast(picture)
