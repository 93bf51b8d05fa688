"""Which task matters most: score = priority x 1/hours, older first among equals."""

from core.model.task import Category, Priority, Task


def score(task: Task) -> float:
    """Impact per hour: the priority's weight (1 to 5) over the estimated hours. HIGH at 1 h is 4.0."""
    return task.priority.weight / task.hours


def explain(task: Task) -> str:
    """The score, term by term."""
    return f"{task.priority.value} {task.priority.weight} × 1/{task.hours:.3g} h = {score(task):.2f}"


def is_urgent(task: Task) -> bool:
    """Whether it starts as soon as a slot is free, at any time: a CRITICAL or HIGH bug fix, or by the owner's wish."""
    return task.start_now or (task.category is Category.BUG and task.priority in (Priority.CRITICAL, Priority.HIGH))


def by_score(tasks: list[Task]) -> list[Task]:
    """Best first: urgent ones, then by score; ties go to the older task."""
    return sorted(tasks, key=lambda task: (not is_urgent(task), -score(task), task.created_at, number(task)))


def number(task: Task) -> int:
    """The number in the id; a task that was added later has a higher one."""
    return int(task.id.rpartition("_")[2])
