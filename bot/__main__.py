"""`python -m bot` is `jarvis`."""

from bot.cli import main

main()
