"""The engines: decisions over plain data, with time and machine passed in."""
