"""Chat: one thin module per topic; parse, call an engine, render a view, reply."""
