"""Runs git: without the owner's hooks, prompts and background work, and with the same answers everywhere."""

import os
import subprocess
from pathlib import Path

from core.errors import Refused
from core.runtime.environment import allowed

_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.quotePath": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "rerere.enabled": "false",
    "submodule.recurse": "false",
    "commit.gpgsign": "false",
    "advice.addEmbeddedRepo": "false",
    "user.name": "Jarvis",
    "user.email": "jarvis@localhost",
}
OPTIONS = tuple(word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}"))


class GitError(Refused):
    """Git did not do what it was asked to; the text is the line with its reason."""

    def __init__(self, verb: str, exit_code: int | None, stderr: str) -> None:
        self.line = _reason(stderr)
        super().__init__(f"git {verb} failed: {self.line}")
        self.exit_code = exit_code
        self.stderr = stderr


def git(
    repository: Path,
    *arguments: str,
    stdin: str | bytes | None = None,
    discover: bool = False,
    errors: str = "surrogateescape",
    seconds: float = 300.0,
) -> str:
    """Run one git command in that folder and return what it printed.

    The folder has to be the root of a checkout, unless `discover` lets git look upwards for it: without that guard a
    worktree that lost its `.git` would be taken for a part of the repository around it. Raises GitError.
    """
    done = _run(repository, arguments, stdin=stdin, discover=discover, seconds=seconds)
    if done.returncode != 0:
        raise GitError(_verb(arguments), done.returncode, done.stderr.decode(errors="replace"))
    return done.stdout.decode(errors=errors)


def says_yes(repository: Path, *arguments: str) -> bool:
    """For commands that answer by exit code: 0 is yes, 1 is no. Raises GitError for any other code."""
    done = _run(repository, arguments)
    if done.returncode not in (0, 1):
        raise GitError(_verb(arguments), done.returncode, done.stderr.decode(errors="replace"))
    return done.returncode == 0


def identity(author: str) -> tuple[str, ...]:
    """Options that make `Name <mail>` the author and the committer; they come before the verb."""
    name, _, mail = author.rstrip(">").rpartition(" <")
    return ("-c", f"user.name={name}", "-c", f"user.email={mail}")


def commit_of(repository: Path, revision: str) -> str | None:
    """The full id of the commit that the revision names, or None."""
    name = f"{revision}^{{commit}}"
    done = _run(repository, ("rev-parse", "--verify", "--quiet", "--end-of-options", name))
    return done.stdout.decode().strip() if done.returncode == 0 else None


def branch_tip(repository: Path, branch: str) -> str | None:
    """The commit that the local branch of exactly that name points to, or None."""
    if "\0" in branch:
        return None
    done = _run(repository, ("show-ref", "--verify", "--hash", f"refs/heads/{branch}"))
    return done.stdout.decode().strip() if done.returncode == 0 else None


def is_ancestor(repository: Path, older: str, newer: str) -> bool:
    """Whether `newer` contains `older`; a commit contains itself."""
    return says_yes(repository, "merge-base", "--is-ancestor", older, newer)


def _verb(arguments: tuple[str, ...]) -> str:
    words = iter(arguments)
    for word in words:
        if word == "-c":
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""


def _reason(stderr: str) -> str:
    """What git died of; else its last error; else the last thing it said that is no advice."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip() and not line.startswith("hint:")]
    for prefix in ("fatal: ", "error: "):
        if found := [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]:
            return found[-1]
    return lines[-1] if lines else "it gave no reason"


def _run(
    repository: Path,
    arguments: tuple[str, ...],
    *,
    stdin: str | bytes | None = None,
    discover: bool = False,
    seconds: float = 300.0,
) -> subprocess.CompletedProcess[bytes]:
    environment = allowed(os.environ, ("XDG_CONFIG_HOME",))
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    if not discover:
        environment["GIT_CEILING_DIRECTORIES"] = str(repository.resolve().parent)
    try:
        return subprocess.run(
            ["git", *OPTIONS, *arguments],
            cwd=repository,
            env=environment,
            input=stdin.encode(errors="replace") if isinstance(stdin, str) else stdin or b"",
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise GitError(_verb(arguments), None, f"it did not end within {seconds:.0f} s") from None
    except NotADirectoryError:
        raise GitError(_verb(arguments), None, f"{repository} is no folder") from None
    except FileNotFoundError:
        reason = (
            "git is not installed, or not on the PATH" if repository.is_dir() else f"there is no folder {repository}"
        )
        raise GitError(_verb(arguments), None, reason) from None
    except OSError as error:
        raise GitError(_verb(arguments), None, f"it can't be run in {repository}: {error.strerror}") from error
