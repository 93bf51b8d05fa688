"""Builds: the progress message, how they ended, and the questions around them."""

from datetime import datetime, timedelta

from core import outcomes
from core.model.agent import Usage
from core.model.build import AgentTroubled, Broke, Build, BuildResult, Ended, Phase, Progress, TimedOut
from core.model.ids import TaskId
from core.model.notification import NightBudgetLow
from core.model.task import Completed, Discarded, DoneByHand, Merged, Queued, RolledBack, Split, Task, Unmerged
from handlers.callbacks import DropLink, OnTask, TaskVerb
from handlers.views import findings, tasks, times
from handlers.views.message import Button, Message, escape, lines, pre, shorten

BAR = 12


def running(task: Task, build: Build, progress: Progress | None, *, stopping: bool, now: datetime) -> Message:
    """The message that is edited in place while a build runs."""
    phase = "stopping" if stopping else (progress.phase if progress else Phase.PREPARING).value
    elapsed = now - build.started_at
    estimate = timedelta(hours=build.expected or build.hours)
    used = spent(progress.usage) if progress else None
    last = shorten(progress.last_line.strip(), 120) if progress else ""
    text = lines(
        f"🔨 <b>{escape(task.title)}</b> · /{task.id}",
        " · ".join(filter(None, [f"{phase} · {times.span(elapsed)} of about {times.span(estimate)}", used])),
        bar(elapsed / estimate),
        f"<code>{escape(last)}</code>" if last else None,
    )
    rows = [[Button("📄 Log", OnTask(TaskVerb.LOG, task.id))]] if stopping else tasks.buttons(task)
    return Message(text, rows)


def budget_low(task: Task, build: Build, progress: Progress | None) -> Message:
    """A running build has used most of its budget."""
    used = spent(progress.usage) if progress is not None else None
    limits = build.spec.limits
    limit = f"${limits.dollars:.2f}" if limits.dollars is not None else f"{limits.tokens or 0:,} tokens"
    text = lines(
        f"💸 <b>{escape(task.title)}</b> · /{task.id} has used most of its budget of {limit}.",
        f"So far: {used}. I stop it at the limit, and keep its work." if used else "I stop it at the limit.",
    )
    return Message(text, tasks.buttons(task))


def night_budget_low(subject: NightBudgetLow) -> Message:
    """The builds of a night have used most of what they may."""
    return Message(f"💸 {escape(subject.what)}. When it is used up I start nothing more before noon.")


def spent(usage: Usage | None) -> str | None:
    """“$0.42, 81,000 tokens”; None when nothing is known."""
    if usage is None or not (usage.tokens or usage.dollars):
        return None
    dollars = f"${usage.dollars:.2f}" if usage.dollars is not None else None
    return ", ".join(filter(None, [dollars, f"{usage.tokens:,} tokens" if usage.tokens else None]))


def bar(share: float) -> str:
    """A bar that never shows more than nearly full while the work goes on."""
    filled = min(int(share * BAR), BAR - 1)
    return "▓" * max(filled, 0) + "░" * (BAR - max(filled, 0))


def over(task: Task, build: Build, result: BuildResult) -> Message:
    """What the progress message becomes when the build has ended: one line; the news is a message of its own."""
    took = times.span(result.ended_at - build.started_at)
    ending = ("✅", "built in") if outcomes.is_usable(result.outcome) else ("❌", "ended after")
    ending = ("⏸", "stopped after") if _requeued(build) else ending
    return Message(f"{ending[0]} <b>{escape(task.title)}</b> · /{task.id} · {ending[1]} {took}")


def ended(task: Task, build: Build, result: BuildResult, *, current: bool, again: bool = False) -> Message:
    """What came out, with its proof, and what can be done with it.

    `current` is False when the task has moved on to another build: then there are no buttons. `again`: it was
    interrupted, so the task is tried again.
    """
    if _requeued(build):
        return _made_room(task, build, result)
    rows = tasks.buttons(task) if current else []
    text = lines(
        f"🔁 <b>{escape(task.title)}</b> is tried again · /{task.id}" if again else None,
        _headline(task, current=current) if not again else None,
        escape(shorten(outcomes.reason(result), 400)),
        _size(result),
        f"branch <code>{escape(build.spec.branch)}</code>" if _has_branch(task, result) and current else None,
        _evidence(build, result),
        _found(task) if current else None,
        _delivery(task, build) if current else None,
        tasks.not_pushed(task.state) if current else None,
    )
    return Message(text, rows)


def _requeued(build: Build) -> str:
    """Why its task waits in the queue again; empty when it does not."""
    return build.state.requeued if isinstance(build.state, Ended) else ""


def _made_room(task: Task, build: Build, result: BuildResult) -> Message:
    """It was stopped because the machine was too full."""
    took = times.span(result.ended_at - result.started_at)
    waits = isinstance(task.state, Queued)
    text = lines(
        f"⏸ <b>{escape(task.title)}</b> was stopped to make room · /{task.id}",
        f"{escape(_requeued(build).capitalize())}. It had run for {took}.",
        "It is in the queue again, and starts when there is room." if waits else None,
    )
    return Message(text, tasks.buttons(task) if waits else [])


def _found(task: Task) -> str | None:
    match task.state:
        case Completed(delivery=Unmerged(findings=found)):
            return findings.findings(found)
    return None


def _headline(task: Task, *, current: bool) -> str:
    title, link = f"<b>{escape(task.title)}</b>", f"/{task.id}"
    if not current:
        return f"🕰 {title} · {link} (an earlier try)"
    match task.state:
        case Completed(delivery=Merged()):
            return f"🎉 {title} is merged · {link}"
        case Completed(delivery=RolledBack()):
            return f"↩️ {title} is rolled back · {link}"
        case Completed(delivery=Discarded()):
            return f"🗑 {title} was discarded · {link}"
        case Completed():
            return f"✅ {title} is built · {link}"
    return f"{tasks.mark(task.state)} {title} · {link}"


def _size(result: BuildResult) -> str | None:
    took = times.span(result.ended_at - result.started_at)
    used = spent(result.usage)
    if result.diff is None:
        return " · ".join(filter(None, [f"after {took}", used]))
    noun = "file" if result.diff.files == 1 else "files"
    change = f"{result.diff.files} {noun}, +{result.diff.insertions} −{result.diff.deletions}"
    return " · ".join(filter(None, [change, took, used]))


def _evidence(build: Build, result: BuildResult) -> str | None:
    """The last lines, where they help to see what went wrong; with paths from the root of the project."""
    if isinstance(result.outcome, Broke) and result.after is not None:
        return pre(result.after.tail.replace(f"{build.spec.worktree}-proof/", ""), 600) or None
    if outcomes.is_usable(result.outcome) or isinstance(result.outcome, AgentTroubled):
        return None  # what went wrong stands in the message already
    limit = 300 if isinstance(result.outcome, TimedOut) else 600
    return pre(result.tail.replace(f"{build.spec.worktree}/", ""), limit) or None


def _delivery(task: Task, build: Build) -> str | None:
    match task.state:
        case Completed(delivery=Merged(commit=commit, checkout_behind=behind, by_itself=by_itself)):
            place = f"In {escape(build.spec.base)} as <code>{commit[:9]}</code>."
            place += " I merged it by myself: it is proven, and nothing in it needs a look." if by_itself else ""
            return f"{place}\n{_behind('merge')}" if behind else place
        case Completed(delivery=RolledBack(commit=commit, merge=merge, checkout_behind=behind)):
            place = f"Taken back in {escape(build.spec.base)} by <code>{commit[:9]}</code>; "
            place += f"git still has it as <code>{merge[:9]}^2</code>."
            return f"{place}\n{_behind('rollback')}" if behind else place
        case Completed(delivery=Discarded(bundle=bundle, purged_at=purged)):
            if purged is not None:
                return "Its commits were deleted from the trash."
            return f"Its commits are kept in <code>{escape(bundle.rpartition('/')[2])}</code> in the trash."
        case Completed(delivery=Unmerged(by_itself=True)):
            return f"I merge it into {escape(build.spec.base)} in a moment."
        case Completed(delivery=Unmerged(remark=remark)):
            why = f"I did not merge it by myself: {escape(shorten(remark, 300))}\n" if remark else ""
            return f"{why}Merge it into {escape(build.spec.base)}?"
    return None


def _behind(what: str) -> str:
    return (
        "⚠️ Your checkout has uncommitted work, so I did not touch its files. "
        f"<b>Update it before you commit there</b>, or that commit undoes the {what}. Your changes stay."
    )


def _has_branch(task: Task, result: BuildResult) -> bool:
    """A merge deletes the branch, once all of it is in the base."""
    waits = not isinstance(task.state, Completed) or isinstance(task.state.delivery, Unmerged)
    return waits and outcomes.is_usable(result.outcome)


def dependency_lost(task: Task, lost: Task | None, lost_id: TaskId) -> Message:
    """A task waits for one that will not come."""
    name = f"“{escape(shorten(lost.title, 80))}”" if lost else "a task that is gone"
    waits = lost_id in task.depends and lost is not None and not isinstance(lost.state, Completed | DoneByHand)
    text = f"🔗 <b>{escape(task.title)}</b> · /{task.id} waits for /{lost_id} ({name}), which did not work out."
    if not waits:
        return Message(f"🔗 <b>{escape(task.title)}</b> · /{task.id} no longer waits for /{lost_id}.")
    press = OnTask(TaskVerb.RETRY, lost_id) if lost is None else tasks.retry(lost)
    again = [Button(f"🔁 Retry {lost_id}", press)]
    return Message(
        text,
        [
            [
                *(again if lost is None or not isinstance(lost.state, Split) else []),
                Button("✂️ Go on without it", DropLink(task.id, lost_id)),
            ],
            [Button(f"🚫 Cancel {task.id}", OnTask(TaskVerb.CANCEL, task.id))],
        ],
    )
