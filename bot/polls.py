"""Closes the native polls of votes that are over: once each, also when we were off at the end."""

from typing import Any

import structlog
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError
from telegram.ext import ExtBot

from core.ports import Clock
from core.weekend_votes import WeekendVote

log = structlog.get_logger("polls")


async def close_ended(weekends: WeekendVote, bot: ExtBot[Any], clock: Clock) -> None:
    """Close what is due; what Telegram can't be told now is due again next time."""
    for weekend, poll in weekends.polls_to_close(clock()):
        try:
            await bot.stop_poll(poll.chat, poll.message)
        except (BadRequest, Forbidden, ChatMigrated) as error:  # closed already, or out of our reach for good
            log.info("poll not closed", weekend=weekend, error=str(error))
        except TelegramError as error:
            log.warning("poll is closed later", weekend=weekend, error=str(error))
            continue
        weekends.poll_closed(weekend, poll.id, clock())
