"""The git repositories that Jarvis may work in: checked when they are registered."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from core import engines, task_text
from core.errors import NotFound, Refused
from core.model.build import Verification
from core.model.config import Config
from core.model.ids import ProjectName
from core.model.project import Project
from core.ports import Store, Workspaces

CheckCommand = Callable[[str, Path, str], Verification]
"""Tries a verification command once on a branch of a repository. Raises Refused when it can't run there or hangs; red
tests are no reason."""


class Registered(msgspec.Struct, frozen=True):
    """A project as it stands now, and how its verification command did when it was tried."""

    project: Project
    trial: Verification | None


class Projects:
    """Registers repositories."""

    def __init__(self, store: Store, workspaces: Workspaces, check_command: CheckCommand, config: Config) -> None:
        self._store = store
        self._config = config
        self._workspaces = workspaces
        self._check_command = check_command

    def all(self) -> list[Project]:
        """In the order in which they were registered."""
        return self._store.projects.all()

    def register(
        self,
        path: Path,
        now: datetime,
        *,
        name: str | None = None,
        base: str | None = None,
        verify: str | None = None,
        agent: str | None = None,
        try_verify: bool = True,
    ) -> Registered:
        """Register a repository, or change the registration of the same path; what is not named then stays.

        The name defaults to the folder's, the base to the branch that is checked out. Raises Refused when it is no
        repository, the branch does not exist, the name is taken, there is no such agent, or the verification command
        can't run (it is tried once, unless `try_verify` is False).
        """
        root = self._root(path)
        base = base or self._workspaces.current_branch(root)
        if base is None:
            raise Refused(f"{root} is on no branch. Name the branch to build on: --base main.")
        if not self._workspaces.has_branch(root, base):
            raise Refused(f"{root} has no branch “{base[:80]}” with a commit in it.")
        known = next((project for project in self.all() if project.path == str(root)), None)
        verify = task_text.clean_text(verify, "verification command", task_text.MAX_COMMAND) if verify else None
        trial = self._check_command(verify, root, base) if verify and try_verify else None
        verify = verify or (known.verify if known else None)
        agent = engines.check_name(agent, self._config) if agent else known.agent if known else None
        wanted = _clean_name(name) if name else known.name if known else _name_of(root)
        with self._store.transaction():
            taken = self._store.projects.get(wanted)
            if taken is not None and taken.path != str(root):
                raise Refused(f"The name {wanted} is taken by {taken.path}. Choose another: --name NAME.")
            if known is not None and known.name != wanted:
                raise Refused(f"{root} is registered as {known.name} already.")
            project = Project(name=wanted, path=str(root), base=base, verify=verify, agent=agent, added_at=now)
            self._store.projects.put(project.name, project)
        return Registered(project, trial)

    def _root(self, path: Path) -> Path:
        try:
            str(path).encode()
            return self._workspaces.check(path.expanduser())
        except RuntimeError:
            raise Refused(f"There is no home folder for {path.parts[0][:40]}. Write the whole path.") from None
        except ValueError:
            raise Refused("That path can't be used: it is not valid UTF-8.") from None
        except OSError as error:
            raise Refused(f"{str(path)[:80]} can't be looked at: {error.strerror}.") from error

    def remove(self, name: ProjectName) -> None:
        """Forget a project; its files stay as they are. Raises NotFound."""
        with self._store.transaction():
            if self._store.projects.get(name) is None:
                raise NotFound(f"There is no project “{name[:40]}”.")
            self._store.projects.remove(name)


def _clean_name(name: str) -> ProjectName:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,29}", name):
        raise Refused(f"“{name[:40]}” can't be a project's name: use up to 30 letters, digits, dots, - and _.")
    return ProjectName(name)


def _name_of(root: Path) -> ProjectName:
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", root.name).strip("-._")[:30]
    return ProjectName(plain or "project")
