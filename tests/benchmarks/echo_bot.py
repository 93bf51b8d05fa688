"""The peer: the least that a bot on python-telegram-bot can be. Answers a text with the text, and a press by an edit.

`python -m tests.benchmarks.echo_bot TOKEN URL`
"""

import sys

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import ApplicationBuilder, CallbackQueryHandler, ContextTypes, MessageHandler, filters

KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("More", callback_data="more")]])


async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    """Say the same."""
    if update.message is not None and update.message.text is not None:
        await update.message.reply_text(update.message.text, reply_markup=KEYBOARD)


async def press(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
    """Answer, and change the message."""
    query = update.callback_query
    if query is not None:
        await query.answer()
        await query.edit_message_text(f"update {update.update_id}", reply_markup=KEYBOARD)


def main(token: str, url: str) -> None:
    """Run until SIGINT or SIGTERM."""
    app = ApplicationBuilder().token(token).base_url(f"{url}/bot").base_file_url(f"{url}/file/bot").build()
    app.add_handler(MessageHandler(filters.TEXT, echo))
    app.add_handler(CallbackQueryHandler(press))
    app.run_polling()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
