"""The shipped weights of the features of core.candidates; made by `python -m tests.patterns.fit`."""

WEIGHTS = (
    -1.4566,  # constant
    0.5170,  # mixture
    0.5043,  # active day and time of day
    -0.2817,  # every day
    -0.1306,  # these days
    0.0902,  # workdays or weekend
    -0.1161,  # weekday lately
    0.0897,  # weekday
    -0.0068,  # every two weeks
    0.0433,  # days since the last
    0.0119,  # yesterday, the day before and a week ago
    0.0556,  # one, two and four weeks ago
    0.2849,  # hit yesterday
    0.0754,  # hit a week ago
    0.1019,  # hit two weeks ago
    0.2235,  # hits so far
    -0.4143,  # few hits and mixture
    0.0024,  # days known
    -0.1781,  # type overdue
    0.5303,  # type lately
    0.0847,  # everything lately
    0.0483,  # type a day
    0.4245,  # dense
)
