"""The shipped weights of the features of core.candidates; made by `python -m tests.patterns.fit`."""

WEIGHTS = (
    -1.2633,  # constant
    0.4155,  # mixture
    0.5739,  # active day and time of day
    -0.3652,  # every day
    -0.1154,  # these days
    0.1446,  # workdays or weekend
    -0.0807,  # weekday lately
    0.0727,  # weekday
    -0.0058,  # every two weeks
    0.0395,  # days since the last
    0.0417,  # yesterday, the day before and a week ago
    0.0633,  # one, two and four weeks ago
    0.4245,  # hit yesterday
    0.0405,  # hit a week ago
    0.0330,  # hit two weeks ago
    0.1833,  # hits so far
    -0.8507,  # few hits and mixture
    -0.0034,  # days known
    -0.1416,  # type overdue
    0.6092,  # type lately
    -0.0063,  # everything lately
    0.0308,  # type a day
    0.3620,  # dense
)
