"""What the owner says about categories: `/rules`, and sentences such as “don't auto-approve infrastructure in shop”."""

from telegram import Update

from core import rule_text
from core.errors import Refused
from handlers import parsing
from handlers.callbacks import DropRule
from handlers.replies import edit_pressed, reply
from handlers.services import Context, Services
from handlers.tasks import person
from handlers.views import rules as views
from handlers.views.message import Message


async def rules(update: Update, context: Context) -> None:
    """`/rules`: what holds; `/rules ask before docs in shop` adds one."""
    text = " ".join(context.args or [])
    if not text:
        await reply(update, shown(context.services))
    elif not await rule_in_words(update, context, text):
        raise Refused(views.USAGE)


async def rule_in_words(update: Update, context: Context, text: str) -> bool:
    """Take a sentence as a rule if it is one, and say so; False for other texts. Raises Refused for unknown names."""
    services = context.services
    parsed = rule_text.parse(text, [project.name for project in services.projects.all()])
    if parsed is None:
        return False
    now = services.clock()
    rule = services.rules.add(parsed.verdict, parsed.category, parsed.project, person(update), now)
    await reply(update, views.added(rule))
    return True


async def trust(update: Update, context: Context) -> None:
    """`/trust`: how often automatic decisions stood."""
    parsing.no_arguments(context.args or [], "trust")
    await reply(update, views.trust(context.services.trust.records(context.services.clock())))


async def on_drop(update: Update, context: Context, pressed: DropRule) -> str:
    """Take a rule back."""
    services = context.services
    services.rules.remove(pressed.rule, person(update), services.clock())
    await edit_pressed(update, shown(services))
    return "Taken back."


def shown(services: Services) -> Message:
    """The table and the rules."""
    return views.rules(services.rules.all(), services.people.names(), services.clock(), services.config.zone)
