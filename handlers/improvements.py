"""What Jarvis could do better, what it was told it did wrong, and what builds keep to since."""

import asyncio
import re

from telegram import Update

from core.errors import Refused
from core.model.ids import ChatId, CorrectionId, ProjectName, TaskId
from core.model.improvement import Acted
from core.model.notification import LessonAsked
from core.notifications import record_sent
from handlers import overnight
from handlers.approvals import yes_or_no
from handlers.improvement_buttons import DropLesson, ImprovementVerb, KeepLesson, LetBe, OnImprovement
from handlers.replies import edit, edit_pressed, reply
from handlers.services import Context, Services
from handlers.tasks import person
from handlers.views import improvements as views
from handlers.views.message import Message

_CORRECTION = re.compile(
    r"(?!no\.\s*\d)(?:no|nope|wrong)(?:\s*[,.:;!…]+\s*|\s*[–—-]+\s+)(\S.*)", re.IGNORECASE | re.DOTALL
)
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,3})?")
_NO_MORE_THAN_NO = re.compile(
    r"(?:(?:thanks?(?: you)?|gracias|grazie|obrigad[oa]|please|sorry|stop|wait|reject|cancel|discard|worries|problem"
    r"|no|nope|not? (?:idea|need|now|yet|this|today|needed|worries|problem)|nothing|later|tomorrow|never ?mind|leave"
    r"|go (?:ahead|on)|(?:do not|don['’]?t)(?: (?:merge|build|do|ship|keep|bother))?"
    r"|i(?: a|['’]?)m (?:good|fine)|(?:(?:that|it|all|everything|you)(?:['’]?s| is| was|['’]?re| are)? )?"
    r"(?:looks )?(?:all )?(?:good|fine|ok(?:ay)?|great|right|perfect|enough|well))"
    r"(?: (?:it|that|this|a lot|so much|very much|for now|then|now|at all|as it is))*\b\W*)+",
    re.IGNORECASE,
)
"""Also after a comma, as in “no, thanks”: an answer, not a wish."""
_MOST_WORDS = 8
"""Of such an answer. There are two ways to read “no problem”, so many of them in a row would take for ever."""


async def improve(update: Update, context: Context) -> None:
    """`/improve`: open suggestions with their evidence, and what earlier ones have brought; `stats`: in numbers.

    `/improve log-time op 2500` and `/improve log-failure api error` add what was measured elsewhere.
    """
    services, now = context.services, context.services.clock()
    match context.args or []:
        case []:
            await reply(update, await asyncio.to_thread(_shown, services))
        case ["stats"]:
            await reply(update, await asyncio.to_thread(_stats, services))
        case ["log-time", operation, ms] if _NUMBER.fullmatch(ms):
            services.improver.log_time(operation, float(ms), now)
            await reply(update, Message("Noted."))
        case ["log-failure", api, error, *more]:
            services.improver.log_failure(api, " ".join([error, *more]), now)
            await reply(update, Message("Noted."))
        case _:
            raise Refused("Write /improve, /improve stats, /improve log-time op 2500 or /improve log-failure api error")


async def on_improvement(update: Update, context: Context, pressed: OnImprovement) -> str:
    """Do it, not now, never."""
    services, by = context.services, person(update)
    improver, now = services.improver, services.clock()
    match pressed.verb:
        case ImprovementVerb.DO:
            done = improver.act(pressed.improvement, now, by)
            said = views.done(done)
            services.wake()
        case ImprovementVerb.LATER:
            improver.postpone(pressed.improvement, now, by)
            said = "Not now. I come back to it in a week, in /improve."
        case ImprovementVerb.NEVER:
            improver.decline(pressed.improvement, now, by)
            said = "Never, then."
    shown = overnight.evening_message if pressed.evening else _shown
    await edit_pressed(update, await asyncio.to_thread(shown, services))
    return said


def _stats(services: Services) -> Message:
    now = services.clock()
    services.improver.flush(now)
    return views.stats(services.improver.stats(now))


def _shown(services: Services) -> Message:
    now, improver = services.clock(), services.improver
    improver.flush(now)
    waiting = improver.suggest(now)
    acted = [(each, improver.impact(each, now)) for each in improver.acted() if isinstance(each.state, Acted)]
    return views.improve(waiting, acted)


# -- corrections ------------------------------------------------------------------------------------------------------


async def correct(update: Update, context: Context) -> None:
    """`/correct use tabs`, `/correct shop use tabs`: something was wrong."""
    project, text = _place(context.services, context.args or [])
    if not text:
        raise Refused("What was wrong? For example: /correct use tabs, or for one project: /correct shop use tabs")
    await _take(update, context, project, None, text)


def asks_for_nothing(text: str) -> bool:
    """Whether it is a mere yes, no or thanks, which is no task."""
    one_word = len(text.split()) == 1 and yes_or_no(text) is not None
    return one_word or _is_mere(text)


def _is_mere(text: str) -> bool:
    return len(text.split()) <= _MOST_WORDS and _NO_MORE_THAN_NO.fullmatch(text.strip()) is not None


async def correction_in_words(update: Update, context: Context, task_id: TaskId | None, text: str) -> bool:
    """Take “no, use tabs” as a correction of what was replied to; False for other words, and for a mere no."""
    match = _CORRECTION.fullmatch(text.strip())
    if match is None or _is_mere(match[1]):
        return False
    store = context.services.store
    task = (store.tasks.get(task_id) or store.archived_tasks.get(task_id)) if task_id is not None else None
    project = task.project if task is not None and store.projects.get(task.project or "") is not None else None
    await _take(update, context, project, task_id, match[1])
    return True


async def _take(update: Update, context: Context, project: ProjectName | None, task: TaskId | None, text: str) -> None:
    services, now = context.services, context.services.clock()
    made = services.lessons.take_correction(text, project, now, person(update), task=task, asked=True)
    sent = await reply(update, views.ask_lesson(made, services.projects.all()))
    if sent is not None and made.answered_at is None:
        subject = LessonAsked(correction=made.id)
        record_sent(services.store, subject, ChatId(sent.chat.id), sent.message_id, now)


async def answer_lesson(update: Update, context: Context, correction: CorrectionId, text: str) -> bool:
    """Take “yes” or “no” as the answer to whether builds shall keep to a correction; False for other words."""
    yes, services, now = yes_or_no(text), context.services, context.services.clock()
    if yes is None:
        return False
    if yes:
        place = services.lessons.correction(correction).project
        shown = views.kept(services.lessons.keep(correction, place, now, person(update)))
    else:
        shown = views.ask_lesson(services.lessons.let_be(correction, now, person(update)), ())
    await reply(update, shown)
    message = update.effective_message
    if message is not None and message.reply_to_message is not None:
        await edit(context.bot, message.chat.id, message.reply_to_message.message_id, shown)
    return True


async def on_keep(update: Update, context: Context, pressed: KeepLesson) -> str:
    """The correction becomes a lesson."""
    services = context.services
    lesson = services.lessons.keep(pressed.correction, pressed.project, services.clock(), person(update))
    await edit_pressed(update, views.kept(lesson))
    return "I keep to it."


async def on_let_be(update: Update, context: Context, pressed: LetBe) -> str:
    """It was about that one time."""
    services = context.services
    said = services.lessons.let_be(pressed.correction, services.clock(), person(update))
    await edit_pressed(update, views.ask_lesson(said, ()))
    return "Only this time, then."


# -- lessons ----------------------------------------------------------------------------------------------------------


async def lessons(update: Update, context: Context) -> None:
    """`/lessons` lists them; `/lessons shop use tabs` adds one."""
    services = context.services
    project, text = _place(services, context.args or [])
    if text:
        await reply(update, views.kept(services.lessons.add(text, project, services.clock(), person(update))))
    else:
        await reply(update, views.lessons(services.lessons.all(), project))


async def on_drop(update: Update, context: Context, pressed: DropLesson) -> str:
    """Forget a lesson."""
    services = context.services
    services.lessons.drop(pressed.lesson, services.clock(), person(update))
    await edit_pressed(update, views.lessons(services.lessons.all(), None))
    return "Forgotten."


def _place(services: Services, words: list[str]) -> tuple[ProjectName | None, str]:
    """The project that is named first, if one is, and the rest."""
    known = {project.name.casefold(): project.name for project in services.projects.all()}
    named = known.get(words[0].removeprefix("@").casefold()) if words else None
    if named is None and words and words[0].startswith("@"):
        raise Refused(f"There is no project “{words[0][1:41]}”. /projects lists them.")
    return named, " ".join(words[1:] if named is not None else words)
