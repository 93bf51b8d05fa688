"""`python -m handlers.views.drawing`: a picture's JSON from stdin, its PNG to stdout."""

import sys

import msgspec

from handlers.views.drawing import draw
from handlers.views.pictures import Picture

if __name__ == "__main__":
    picture: Picture = msgspec.json.decode(sys.stdin.buffer.read(), type=Picture)
    sys.stdout.buffer.write(draw(picture))
