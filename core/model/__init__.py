"""Types of the domain: what exists, and which states it can be in."""
