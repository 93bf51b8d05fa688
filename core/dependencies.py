"""What waits for what."""

from collections.abc import Mapping, Sequence

from core.errors import Refused
from core.model.ids import TaskId
from core.model.task import Cancelled, Completed, DoneByHand, Failed, NeedsApproval, Queued, Rejected, Split, Task
from core.ports import Table


def check(task: TaskId, depends: Sequence[TaskId], tasks: Mapping[TaskId, Task]) -> None:
    """Raise Refused when a dependency is unknown, is the task itself, or closes a cycle (which is spelled out)."""
    for dependency in depends:
        if dependency == task:
            raise Refused(f"{task} can't wait for itself.")
        if dependency not in tasks:
            raise Refused(f"There is no {dependency} to wait for. /queue lists the tasks.")
    cycle = _path_to(task, depends, tasks)
    if cycle:
        raise Refused(f"That would be a circle, and none of these could ever start: {' → '.join([task, *cycle])}.")


def _path_to(target: TaskId, start: Sequence[TaskId], tasks: Mapping[TaskId, Task]) -> list[TaskId]:
    """A path along the dependencies from one of `start` to `target`, or nothing."""
    paths = [[dependency] for dependency in start]
    seen: set[TaskId] = set()
    while paths:
        path = paths.pop()
        if path[-1] == target:
            return path
        if path[-1] not in seen and path[-1] in tasks:
            seen.add(path[-1])
            paths.extend([*path, dependency] for dependency in tasks[path[-1]].depends)
    return []


def waiting(tasks: Table[Task]) -> list[Task]:
    """The tasks that wait in the queue or for an approval, and all that these depend on, in any order.

    Of thousands of tasks few wait: who plans needs no others.
    """
    found = {task.id: task for task in tasks.all() if type(task.state) in (Queued, NeedsApproval)}
    ahead = [other for task in found.values() for other in task.depends]
    while ahead:
        task = tasks.get(ahead.pop())
        if task is not None and task.id not in found:
            found[task.id] = task
            ahead += task.state.phases if isinstance(task.state, Split) else ()
    return list(found.values())


def waits_for(task: Task, tasks: Mapping[TaskId, Task]) -> list[TaskId]:
    """The dependencies that are not completed yet."""
    return [dependency for dependency in task.depends if not _is_there(tasks.get(dependency), tasks)]


def _is_there(task: Task | None, tasks: Mapping[TaskId, Task]) -> bool:
    """Whether who depends on it may start; one that was split is there when all its phases are."""
    if task is not None and isinstance(task.state, Split):
        return all(_is_there(tasks.get(phase), tasks) for phase in task.state.phases)
    return task is not None and isinstance(task.state, Completed | DoneByHand)


def lost(task: Task, tasks: Mapping[TaskId, Task]) -> list[TaskId]:
    """The dependencies that will not be completed unless somebody does something."""
    return [dependency for dependency in task.depends if _is_lost(tasks.get(dependency), tasks)]


def _is_lost(task: Task | None, tasks: Mapping[TaskId, Task]) -> bool:
    if task is not None and isinstance(task.state, Split):
        return any(_is_lost(tasks.get(phase), tasks) for phase in task.state.phases)
    return task is not None and isinstance(task.state, Failed | Rejected | Cancelled)


def sources(task: Task, tasks: Mapping[TaskId, Task]) -> list[TaskId]:
    """The tasks whose results this one builds on: behind what was split or done by hand stand others."""
    found: dict[TaskId, None] = {}
    ahead = list(reversed(task.depends))
    seen = set(ahead)
    while ahead:
        dependency = ahead.pop()
        state = tasks[dependency].state if dependency in tasks else None
        behind: tuple[TaskId, ...] = ()
        if isinstance(state, Split):
            behind = state.phases
        elif isinstance(state, DoneByHand):
            behind = tasks[dependency].depends
        else:
            found[dependency] = None
        ahead += [one for one in reversed(behind) if one not in seen]
        seen.update(behind)
    return list(found)
