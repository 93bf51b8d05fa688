"""The shipped weights of the features of core.candidates; made by `python -m tests.patterns.fit`."""

WEIGHTS = (
    -1.4543,  # constant
    0.5164,  # mixture
    0.5031,  # active day and time of day
    -0.2768,  # every day
    -0.1327,  # these days
    0.0903,  # workdays or weekend
    -0.1118,  # weekday lately
    0.0855,  # weekday
    -0.0069,  # every two weeks
    0.0436,  # days since the last
    0.0120,  # yesterday, the day before and a week ago
    0.0561,  # one, two and four weeks ago
    0.2851,  # hit yesterday
    0.0740,  # hit a week ago
    0.1010,  # hit two weeks ago
    0.2217,  # hits so far
    -0.4134,  # few hits and mixture
    0.0037,  # days known
    -0.1779,  # type overdue
    0.5325,  # type lately
    0.0839,  # everything lately
    0.0484,  # type a day
    0.4234,  # dense
)
