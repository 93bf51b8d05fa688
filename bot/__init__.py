"""The process and Telegram: wiring, timetable, outbox, settings, logs, local chat, command line."""
