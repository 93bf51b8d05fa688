"""Structured logs on standard error and in `logs/jarvis.log`. A secret can't appear in either.

Everything, also what libraries log, is rendered by one formatter, and that replaces the secrets in the finished line:
the bot token is part of every request's address, so it turns up in the messages and exceptions of other libraries.
"""

import logging
import logging.handlers
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import structlog
from telegram.error import TelegramError

TOKEN = re.compile(r"\d{3,}:[\w-]{20,}")
"""The form of a bot token, wherever one comes from."""

HIDDEN = "[hidden]"


class Redacting(logging.Formatter):
    """Wraps a formatter; what it renders is cleaned of secrets."""

    def __init__(self, inner: logging.Formatter, secrets: Iterable[str]) -> None:
        super().__init__()
        self._inner = inner
        self._secrets = tuple(secret for secret in secrets if secret)

    def hide(self, secret: str) -> None:
        """Clean of one more from now on."""
        self._secrets += (secret,)

    def format(self, record: logging.LogRecord) -> str:
        """The finished line, tracebacks included."""
        try:
            line = self._inner.format(record)
        except Exception:
            # Python's own report of a message that does not fit its arguments would show both as they are.
            plain = {"msg": f"{record.msg!r} % {record.args!r}", "args": (), "exc_info": None}
            line = self._inner.format(logging.makeLogRecord({**vars(record), **plain}))
        return redact(line, self._secrets)


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text without the given secrets and without anything of a token's form."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return TOKEN.sub(HIDDEN, text)


def configure(level: str, folder: Path | None, secrets: Iterable[str]) -> None:
    """Set up logging for the process; `folder` None logs to standard error only."""
    secrets = tuple(secrets)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    handlers: list[logging.Handler] = [_handler(logging.StreamHandler(sys.stderr), console, shared, secrets)]
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = logging.handlers.RotatingFileHandler(folder / "jarvis.log", maxBytes=5_000_000, backupCount=3)
        handlers.append(_handler(file, structlog.processors.JSONRenderer(), shared, secrets))
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(level)
    for loud in ("telegram.ext.Updater", "asyncio"):
        logging.getLogger(loud).addFilter(_without_traceback)
    for noisy in ("httpx", "apscheduler", "tornado.access", "telegram.ext"):
        logging.getLogger(noisy).setLevel(logging.NOTSET if level == "DEBUG" else logging.WARNING)


def _without_traceback(record: logging.LogRecord) -> bool:
    """That the connection is gone when the bot stops is no mistake in the program."""
    if record.exc_info and isinstance(record.exc_info[1], TelegramError):
        record.exc_info = None
    return True


def hide(secret: str) -> None:
    """Keep one more secret, that was made after `configure`, out of all logs from now on."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, Redacting):
            handler.formatter.hide(secret)


def _handler(
    handler: logging.Handler,
    renderer: structlog.typing.Processor,
    shared: list[structlog.typing.Processor],
    secrets: Iterable[str],
) -> logging.Handler:
    inner = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        foreign_pre_chain=shared,
    )
    handler.setFormatter(Redacting(inner, secrets))
    return handler
