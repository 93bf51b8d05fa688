"""A year in a minute: real engines, store and timetable on a virtual clock, with an owner and a machine made up."""
