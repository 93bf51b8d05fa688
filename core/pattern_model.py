"""x"""

WEIGHTS = (
    -1.4555,  # constant
    0.5177,  # mixture
    0.5022,  # active day and time of day
    -0.2773,  # every day
    -0.1339,  # these days
    0.0917,  # workdays or weekend
    -0.1091,  # weekday lately
    0.0843,  # weekday
    -0.0076,  # every two weeks
    0.0434,  # days since the last
    0.0130,  # yesterday, the day before and a week ago
    0.0557,  # one, two and four weeks ago
    0.2910,  # hit yesterday
    0.0697,  # hit a week ago
    0.0988,  # hit two weeks ago
    0.2206,  # hits so far
    -0.4119,  # few hits and mixture
    0.0045,  # days known
    -0.1784,  # type overdue
    0.5351,  # type lately
    0.0849,  # everything lately
    0.0474,  # type a day
    0.4417,  # dense
)
