"""What waits for what."""

from collections.abc import Mapping, Sequence

from core.errors import Refused
from core.model.ids import TaskId
from core.model.task import Cancelled, Completed, Failed, Rejected, Task


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


def waits_for(task: Task, tasks: Mapping[TaskId, Task]) -> list[TaskId]:
    """The dependencies that are not completed yet."""
    return [
        dependency
        for dependency in task.depends
        if dependency not in tasks or not isinstance(tasks[dependency].state, Completed)
    ]


def lost(task: Task, tasks: Mapping[TaskId, Task]) -> list[TaskId]:
    """The dependencies that will not be completed unless somebody does something."""
    return [
        dependency
        for dependency in task.depends
        if dependency in tasks and isinstance(tasks[dependency].state, Failed | Rejected | Cancelled)
    ]
