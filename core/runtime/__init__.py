"""What touches the machine: clock, processes, git."""
