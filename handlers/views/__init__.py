"""Pure renderers: an engine's result becomes a Message of text and buttons; no Telegram in here."""
