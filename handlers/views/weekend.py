"""The weekend: what can be chosen, the ballot with its votes, how far the project is, and the summary."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from core import ballots, weekends
from core.model.config import Config
from core.model.ids import TaskId, UserId, WeekendId
from core.model.weekend import Asked, Chosen, Nothing, Option, Rest, Weekend
from core.weekend_book import COMMAND_LINE
from core.weekend_progress import PhaseProgress, Progress, chosen_of
from handlers.callbacks import Ask
from handlers.views import times
from handlers.views.message import Button, Message, escape, lines, shorten
from handlers.weekend_buttons import ChooseWeekend, FinishPhase, OnWeekend, VoteWeekend, WeekendVerb

BAR = 12
MARKS = {
    "completed": "✅",
    "done by hand": "🤝",
    "in progress": "🔨",
    "queued": "⏳",
    "needs approval": "✋",
    "failed": "❌",
}
_RESTS = {
    Rest.CONTINUE: ("📅 Continue in the week", WeekendVerb.CONTINUE, "It goes on in the week, whenever there is time."),
    Rest.NEXT: ("⏭ Next weekend", WeekendVerb.NEXT, "It waits for the next weekend."),
    Rest.DROP: ("🗑 Drop it", WeekendVerb.DROP, "The rest was dropped."),
}

REST_WORDS = {rest: words for rest, (_, _, words) in _RESTS.items()}
"""What is said when somebody has decided about the rest."""

Names = Mapping[UserId, str]


def name(weekend: WeekendId) -> str:
    """“weekend of 28 Nov”."""
    day = weekends.saturday(weekend)
    return f"weekend of {day.day} {day:%b}"


# -- before -----------------------------------------------------------------------------------------------------------


def suggestions(weekend: WeekendId, options: Sequence[Option], *, remark: str = "") -> Message:
    """What could be built, with a button each that chooses it at once."""
    head = f"🗓 <b>Projects for the {name(weekend)}</b>"
    if not options:
        nothing = remark or "No open project takes 8 to 12 h. Add one with /add, and I offer it for a weekend."
        return Message(f"{head}\n{escape(nothing)}")
    text = lines(
        head,
        escape(remark) or None,
        [_option(place, option) for place, option in enumerate(options, start=1)],
        "",
        "Choose one now." if remark else "Choose one now, or wait until I ask on Friday evening.",
    )
    return Message(text, [[_choose(weekend, option)] for option in options])


def _choose(weekend: WeekendId, option: Option) -> Button:
    return Button(f"▶️ {shorten(option.title, 40)}", ChooseWeekend(weekend, option.task))


def ballot(weekend: Weekend, names: Names, now: datetime, zone: ZoneInfo, *, group: bool, voting: bool) -> Message:
    """The vote as it stands. `voting`: several people decide, so that one press does not."""
    votes = ballots.tally(weekend.options, weekend.votes)
    closes = times.clock(weekend.closes_at, zone, now)
    if voting:
        hint = f"Everybody has one vote, and can change it until {closes}. Most votes win, ties go to the higher score."
    else:
        hint = f"One press decides, until {closes}."
    text = lines(
        f"🗳 <b>What shall I build on the {name(weekend.id)}?</b>",
        [
            _option(place, option, _voters(weekend, option.task, names))
            for place, option in enumerate(weekend.options, start=1)
        ],
        "",
        hint,
    )
    rows = [
        [Button(_label(option, votes[option.task]), VoteWeekend(weekend.id, option.task))] for option in weekend.options
    ]
    if group and len(weekend.options) > 1:
        rows.append([Button("📊 As a poll", OnWeekend(WeekendVerb.POLL, weekend.id))])
    return Message(text, rows)


def asked(weekend: Weekend, number: int, names: Names, now: datetime, config: Config, *, voting: bool) -> Message:
    """The question on Friday, and what becomes of it when it is settled."""
    if not isinstance(weekend.state, Asked):
        return closed(weekend, names, now, config)
    shown = ballot(weekend, names, now, config.zone, group=False, voting=voting)
    return Message(f"🔔 Nobody has voted yet.\n{shown.text}", shown.rows) if number > 1 and not weekend.votes else shown


def poll(weekend: Weekend) -> tuple[str, list[str]]:
    """Question and options of a native poll."""
    options = [
        shorten(f"{place}. {option.title}", 80) + f" · {times.hours(option.hours)}"
        for place, option in enumerate(weekend.options, start=1)
    ]
    return f"What shall I build on the {name(weekend.id)}?", options


def closed(weekend: Weekend, names: Names, now: datetime, config: Config) -> Message:
    """How the vote ended, in a line or two."""
    chosen = chosen_of(weekend)
    if chosen is None:
        why = weekend.state.why if isinstance(weekend.state, Nothing) else "The vote is open still: /weekend"
        return Message(f"🗓 {escape(why)}")
    votes = sum(vote.task == chosen.task for vote in weekend.votes)
    how = f"{votes} of {len(weekend.votes)} votes" if chosen.voted else f"chosen{_by(chosen.by, names)}"
    begins = weekends.moment(weekend.id, weekends.At.START, config)
    start = f" The first one starts {times.clock(begins, config.zone, now)}." if begins > now else ""
    text = f"🗓 <b>{escape(chosen.title)}</b> is the project of the {name(weekend.id)} ({how})."
    return Message(f"{text}\n{len(chosen.phases)} phases.{start}", [[Button("📈 Progress", Ask("weekend"))]])


def _option(place: int, option: Option, voters: str = "") -> str:
    plan = " → ".join(f"{phase.title} {times.hours(phase.hours)}" for phase in option.phases)
    score = f"{option.score:.2f} · " if option.carried else ""  # else the reason begins with it, term by term
    return lines(
        f"\n<b>{place}. {escape(shorten(option.title, 60))}</b> · /{option.task}",
        f"{times.hours(option.hours)} · score {score}{escape(shorten(option.reason, 120))}",
        escape(shorten(plan, 220)),
        f"🙋 {voters}" if voters else None,
    )


def _voters(weekend: Weekend, task: TaskId, names: Names) -> str:
    known = {COMMAND_LINE: "command line", **names}
    voters = [known.get(vote.person, "an owner") for vote in weekend.votes if vote.task == task]
    more = f" and {len(voters) - 4} more" if len(voters) > 4 else ""
    return escape(", ".join(shorten(voter, 20) for voter in voters[:4]) + more)


def _label(option: Option, votes: int) -> str:
    return shorten(option.title, 36) + (f" · {votes}" if votes else "")


def _by(person: UserId | None, names: Names) -> str:
    return " on the command line" if person is None else f" by {escape(names.get(person, 'an owner'))}"


# -- meanwhile, and after ---------------------------------------------------------------------------------------------


def progress(shown: Progress, others: Sequence[Option] = ()) -> Message:
    """Each phase with its state and time, and what can be done; when it has ended, which `others` can be chosen."""
    text = lines(
        f"🗓 <b>{escape(shorten(shown.title, 100))}</b> · /{shown.task} · {name(shown.weekend)}",
        f"{_bar(shown.share)} {shown.share:.0%} of {times.hours(shown.estimated)}"
        + (f" · {times.hours(shown.actual)} of building so far" if shown.actual else ""),
        "",
        [_phase(phase) for phase in shown.phases],
        _earlier(shown),
    )
    if shown.ended_at is not None:
        return _ended(shown, text, others)
    done = [
        Button(f"🤝 {phase.number} is done", FinishPhase(phase.task))
        for phase in shown.phases
        if phase.is_left and phase.state != "in progress"
    ]
    rows = [done[index : index + 3] for index in range(0, len(done), 3)]
    start = Button("▶️ Start now", OnWeekend(WeekendVerb.START, shown.weekend))
    acts = [
        *([start] if shown.started_at is None else []),
        Button("⏹ Stop", OnWeekend(WeekendVerb.STOP, shown.weekend)),
    ]
    return Message(text, [*rows, acts] if shown.left else rows)


def _ended(shown: Progress, text: str, others: Sequence[Option]) -> Message:
    is_done = all(phase.is_done for phase in shown.phases)
    how = "✅ It is done." if is_done else "⏹ It was ended before all of it was done."
    if not others:
        return Message(f"{text}\n\n{how}")
    offers = [
        f"• {escape(shorten(option.title, 60))} · /{option.task} · {times.hours(option.hours)}" for option in others
    ]
    rows = [[_choose(shown.weekend, option)] for option in others]
    return Message(lines(text, "", f"{how} Choose another one for this weekend?", offers), rows)


def _earlier(shown: Progress) -> str | None:
    """What else the weekend was for."""
    if not shown.earlier:
        return None
    listed = "; ".join(
        f"{escape(shorten(one.title, 60))} · /{one.task} · {one.done} of {one.phases} phases" for one in shown.earlier
    )
    return f"\nBefore it: {listed}"


def summary(shown: Progress) -> Message:
    """What shipped, time against estimate, what is left, and what shall become of that."""
    shipped, left = shown.shipped, shown.left
    head = f"🏁 <b>W{name(shown.weekend)[1:]}: {escape(shorten(shown.title, 100))}</b>"
    took = ""
    if shown.estimated_done:
        spent = sum(phase.actual or 0.0 for phase in shipped)
        share = spent / shown.estimated_done
        estimate = times.hours(shown.estimated_done)
        took = f"They took {times.hours(spent)} of building for {estimate} estimated ({share:.0%})."
    text = lines(
        head,
        f"{_bar(shown.share)} {shown.share:.0%} · {len(shipped)} of {len(shown.phases)} phases shipped"
        + (f", {len(shown.by_hand)} done by hand" if shown.by_hand else ""),
        took or None,
        "",
        [_phase(phase) for phase in shown.phases],
        _earlier(shown),
        "",
        _rest(shown) if left else _nothing_left(shown),
    )
    choices = [
        Button(label, OnWeekend(verb, shown.weekend))
        for rest, (label, verb, _) in _RESTS.items()
        if rest is not shown.rest
    ]
    return Message(text, [[choice] for choice in choices] if left and shown.rest is not Rest.DROP else [])


def _rest(shown: Progress) -> str:
    hours = sum(phase.estimated for phase in shown.left)
    phases = "1 phase is" if len(shown.left) == 1 else f"{len(shown.left)} phases are"
    said = _RESTS[shown.rest][2] if shown.rest else "Without an answer it waits for the next weekend."
    return f"{phases} left ({times.hours(hours)}). {said}"


def _nothing_left(shown: Progress) -> str:
    if all(phase.is_done for phase in shown.phases):
        return "All of it is done. /queue and /finished show what waits for your merge."
    return "Nothing is left to be built."


def _phase(phase: PhaseProgress) -> str:
    estimate = times.hours(phase.estimated)
    if phase.actual is None:
        took = estimate
    elif phase.is_shipped:
        took = f"{times.hours(phase.actual)} for {estimate}"
    else:
        took = f"{times.hours(phase.actual)} of {estimate}"
    why = f": {shorten(phase.reason, 150)}" if phase.reason else ""
    state = "" if phase.state in ("queued", "completed") else f" · {phase.state}{escape(why)}"
    mark = MARKS.get(phase.state, "🚫")
    return f"{mark} {phase.number}. {escape(phase.title)} · /{phase.task} · {took}{state}"


def _bar(share: float) -> str:
    filled = int(share * BAR + 1e-9)
    return "▓" * filled + "░" * (BAR - filled)


def shown(
    weekend: Weekend,
    how_far: Progress | None,
    names: Names,
    now: datetime,
    config: Config,
    *,
    group: bool,
    voting: bool,
) -> Message:
    """The weekend as it stands: the ballot, the progress or the summary."""
    if how_far is not None:
        return progress(how_far, weekend.again) if isinstance(weekend.state, Chosen) else summary(how_far)
    if isinstance(weekend.state, Asked):
        return ballot(weekend, names, now, config.zone, group=group, voting=voting)
    return closed(weekend, names, now, config)
