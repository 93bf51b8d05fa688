"""How a build stands, in the words of the tests."""

from core.model.build import BuildResult, Progress
from core.model.execution import Alive, Finished
from core.model.ids import BuildId
from core.ports import Executor


def result_of(executor: Executor, build: BuildId) -> BuildResult | None:
    """The result once there is one."""
    status = executor.status(build)
    return status.result if isinstance(status, Finished) else None


def is_alive(executor: Executor, build: BuildId) -> bool:
    """Whether something works on it."""
    return isinstance(executor.status(build), Alive)


def progress_of(executor: Executor, build: BuildId) -> Progress | None:
    """How far it is while it runs."""
    status = executor.status(build)
    return status.progress if isinstance(status, Alive) else None
