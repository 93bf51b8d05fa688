"""Telegram on this machine: a strict Bot API core, its HTTP server and a web chat."""
