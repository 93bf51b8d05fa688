"""placeholder"""

WEIGHTS = (0.0, 1.0, *([0.0] * 22))
TIGHTNESS = (50.0,) * 24
