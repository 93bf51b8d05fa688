"""Native polls: sending, voting, closing; tallies are kept and told."""

import secrets
from typing import Any

from bot.local.backend import Backend
from bot.local.entities import read_text
from bot.local.keyboards import read_inline_markup
from bot.local.markup import utf16_length
from bot.local.messages import replace, send
from bot.local.models import JsonDict, PersonError, StoredMessage, User, bad_request
from bot.local.params import Params
from bot.local.records import PollTally

MIN_OPTIONS, MAX_OPTIONS = 1, 12
MAX_QUESTION = 300
MAX_OPTION = 100
MAX_OPEN_SECONDS = 2_628_000


def send_poll(backend: Backend, params: Params) -> JsonDict:
    """Method sendPoll."""
    poll = _read_poll(params)
    closes = _read_closing(backend, params, poll)
    body = send(backend, params, {"poll": poll})
    tally = PollTally(poll=poll["id"], chat=body["chat"]["id"], message_id=body["message_id"], closes=closes)
    backend.commit(tally)
    return body


def stop_poll(backend: Backend, params: Params) -> JsonDict:
    """Method stopPoll."""
    markup = read_inline_markup(params)
    chat = backend.writable_chat(params)
    message = backend.find_message(chat.id, params.integer("message_id"))
    if message is None:
        raise bad_request("message with poll to stop not found")
    if "poll" not in message.body:
        raise bad_request("message with poll to stop not found")
    if message.body["from"]["id"] != backend.bot.id:
        raise bad_request("poll can't be stopped")
    if message.body["poll"]["is_closed"]:
        raise bad_request("poll has already been closed")
    return _close(backend, message, markup)


def vote(backend: Backend, message: StoredMessage, user: User, option_ids: list[int]) -> None:
    """A person votes, or takes the vote back with an empty list; raises `PersonError`."""
    poll = message.body["poll"]
    chosen = sorted(set(option_ids))
    tally = backend.state.polls.get(poll["id"])
    if poll["is_closed"] or tally is None:
        raise PersonError("This poll is closed.")
    if "forward_origin" in message.body:
        raise PersonError("This is a copy; vote in the poll itself.")
    if any(not 0 <= option < len(poll["options"]) for option in chosen):
        raise PersonError("This poll has no such option.")
    if len(chosen) > 1 and not poll["allows_multiple_answers"]:
        raise PersonError("Only one option can be chosen in this poll.")
    if poll["type"] == "quiz" and user.id in tally.votes:
        raise PersonError("An answer to a quiz can't be changed.")
    votes = {person: ids for person, ids in tally.votes.items() if person != user.id}
    if chosen:
        votes[user.id] = chosen
    backend.commit(_with_votes(tally, votes))
    counted = _counted(poll, votes)
    replace(backend, tally.chat, message, {**message.body, "poll": counted})
    if not poll["is_anonymous"]:
        persistent = [poll["options"][option]["persistent_id"] for option in chosen]
        answer = {"poll_id": poll["id"], "user": user.to_json(), "option_ids": chosen}
        backend.deliver("poll_answer", {**answer, "option_persistent_ids": persistent})
    backend.deliver("poll", counted)


def close_overdue(backend: Backend) -> None:
    """Close the polls whose time is over."""
    now = backend.now()
    due = [t for t in backend.state.polls.values() if t.closes is not None and t.closes <= now]
    for tally in due:
        message = backend.find_message(tally.chat, tally.message_id)
        if message is not None and not message.body["poll"]["is_closed"]:
            _close(backend, message, message.body.get("reply_markup"))
        backend.commit(PollTally(poll=tally.poll, chat=tally.chat, message_id=tally.message_id, votes=tally.votes))


def _close(backend: Backend, message: StoredMessage, markup: JsonDict | None) -> JsonDict:
    body = {key: value for key, value in message.body.items() if key != "reply_markup"}
    poll: JsonDict = {**body["poll"], "is_closed": True}
    body["poll"] = poll
    if markup is not None:
        body["reply_markup"] = markup
    replace(backend, body["chat"]["id"], message, body)
    backend.deliver("poll", poll)
    return poll


def _with_votes(tally: PollTally, votes: dict[int, list[int]]) -> PollTally:
    return PollTally(poll=tally.poll, chat=tally.chat, message_id=tally.message_id, votes=votes, closes=tally.closes)


def _counted(poll: JsonDict, votes: dict[int, list[int]]) -> JsonDict:
    counts = [0] * len(poll["options"])
    for chosen in votes.values():
        for option in chosen:
            counts[option] += 1
    options = [{**o, "voter_count": n} for o, n in zip(poll["options"], counts, strict=True)]
    return {**poll, "options": options, "total_voter_count": len(votes)}


def _read_poll(params: Params) -> JsonDict:
    question, entities = read_text(params, "question", "question_parse_mode", "question_entities")
    if not question:
        raise bad_request("poll question must be non-empty")
    if utf16_length(question) > MAX_QUESTION:
        raise bad_request("poll question length must not exceed 300")
    kind = params.text("type") or "regular"
    if kind not in ("regular", "quiz"):
        raise bad_request("unsupported poll type specified")
    anonymous = params.optional_flag("is_anonymous")
    revoting = params.optional_flag("allows_revoting")
    poll: JsonDict = {
        "id": str(secrets.randbits(62)),
        "question": question,
        "options": _read_options(params),
        "total_voter_count": 0,
        "is_closed": params.flag("is_closed"),
        "is_anonymous": True if anonymous is None else anonymous,
        "type": kind,
        "allows_multiple_answers": params.flag("allows_multiple_answers"),
        "allows_revoting": kind == "regular" if revoting is None else revoting,
        "members_only": params.flag("members_only"),
    }
    if emoji := [entity for entity in entities if entity["type"] == "custom_emoji"]:
        poll["question_entities"] = emoji
    if kind == "quiz":
        poll.update(_read_quiz(params, len(poll["options"])))
    return poll


def _read_options(params: Params) -> list[JsonDict]:
    given = params.sequence("options", "poll options")
    if given is None:
        raise bad_request("poll options must be non-empty")
    if len(given) < MIN_OPTIONS:
        raise bad_request(f"poll must have at least {MIN_OPTIONS} option")
    if len(given) > MAX_OPTIONS:
        raise bad_request(f"poll can't have more than {MAX_OPTIONS} options")
    options = [_read_option(option) for option in given]
    if len({option["text"] for option in options}) < len(options):
        raise bad_request("POLL_OPTION_DUPLICATE")
    return options


def _read_option(option: Any) -> JsonDict:
    if isinstance(option, str):
        option = {"text": option}
    if not isinstance(option, dict):
        raise bad_request("can't parse poll option: expected an Object")
    if not isinstance(option.get("text"), str):
        raise bad_request("can't parse poll option: Can't find field \"text\"")
    text, _ = read_text(Params(option), "text", "text_parse_mode", "text_entities")
    if not text:
        raise bad_request("poll options must be non-empty")
    if utf16_length(text) > MAX_OPTION:
        raise bad_request("poll options length must not exceed 100")
    return {"persistent_id": secrets.token_hex(4), "text": text, "voter_count": 0}


def _read_quiz(params: Params, options: int) -> JsonDict:
    correct = params.sequence("correct_option_ids", "correct option identifiers")
    if correct is None and "correct_option_id" in params:
        correct = [params.integer("correct_option_id", -1)]
    if not correct or any(not isinstance(one, int) or not 0 <= one < options for one in correct):
        raise bad_request("wrong correct option ID specified")
    quiz: JsonDict = {"correct_option_ids": correct}
    explanation, entities = read_text(params, "explanation", "explanation_parse_mode", "explanation_entities")
    if explanation:
        quiz.update(explanation=explanation, explanation_entities=entities)
    return quiz


def _read_closing(backend: Backend, params: Params, poll: JsonDict) -> int | None:
    period, date = params.integer("open_period"), params.integer("close_date")
    if period:
        if not 5 <= period <= MAX_OPEN_SECONDS:
            raise bad_request("open period is out of range")
        poll["open_period"] = period
        return backend.now() + period
    if date:
        if not 5 <= date - backend.now() <= MAX_OPEN_SECONDS:
            raise bad_request("close date is out of range")
        poll["close_date"] = date
        return date
    return None
