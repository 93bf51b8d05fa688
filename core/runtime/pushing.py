"""Pushes one branch to a remote repository, with the owner's credentials, and without ever asking for any."""

import os
import re
import signal
import subprocess
from pathlib import Path

from core.errors import Refused
from core.runtime.environment import allowed
from core.runtime.git import OPTIONS, GitError, branch_tip, git

_SECONDS = 60.0
_SSH_LIMITS = "-o BatchMode=yes -o ConnectTimeout=20"
_PUSH = ("push", "--porcelain", "--no-verify", "--no-signed", "--no-follow-tags", "--recurse-submodules=no")
_OWNERS = ("XDG_CONFIG_HOME", "SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "GNUPGHOME")
"""Where ssh and the credential helpers of the owner find what they know."""


def push(repository: Path, branch: str, remote: str, seconds: float = _SECONDS) -> None:
    """Push the local branch to the one of the same name; never by force. May be repeated.

    Raises Refused with the reason: no such branch or remote, no access, the remote has other commits, out of time.
    """
    if not repository.is_dir():
        raise Refused(f"The project folder {repository} is gone.")
    if branch_tip(repository, branch) is None:
        raise Refused(f"The branch {branch} does not exist any more.")
    try:
        git(repository, "remote", "get-url", "--push", "--", remote)
    except GitError as error:
        raise Refused(f"There is no remote {remote} in {repository}.") from error
    exit_code, out, err = _run(repository, (*_PUSH, "--", remote, f"refs/heads/{branch}:refs/heads/{branch}"), seconds)
    if exit_code != 0:
        raise Refused(_reason(branch, remote, out, err))


def _run(repository: Path, arguments: tuple[str, ...], seconds: float) -> tuple[int, str, str]:
    # core.askPass empty: else git opens a window for the password where nobody sits.
    command = ["git", *OPTIONS, "-c", "core.askPass=", "-c", "credential.interactive=false", *arguments]
    try:
        process = subprocess.Popen(
            command,
            cwd=repository,
            env=_environment(repository),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise Refused(f"git can't be run in {repository}: {error.strerror}.") from error
    with process:
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise Refused(f"The push did not end within {seconds:.0f} s.") from None
        finally:
            # With ssh and the helpers, which outlive git; it is not waited for yet, so the number is still its own.
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, out, err


def _environment(repository: Path) -> dict[str, str]:
    try:
        ssh = git(repository, "config", "core.sshCommand").strip()
    except GitError:
        ssh = "ssh"
    return allowed(os.environ, _OWNERS) | {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GCM_INTERACTIVE": "never",
        "SSH_ASKPASS_REQUIRE": "never",
        "GIT_SSH_COMMAND": f"{ssh} {_SSH_LIMITS}",
        "GIT_CEILING_DIRECTORIES": str(repository.resolve().parent),
    }


def _reason(branch: str, remote: str, out: str, err: str) -> str:
    """One sentence, without the password that an address may contain."""
    refused = re.search(r"^!\t[^\t]*\t(.*)$", out, re.MULTILINE)
    if refused and ("fetch first" in refused[1] or "non-fast-forward" in refused[1]):
        return f"{remote} has commits in {branch} that are not here. Pull them in, then try again."
    lines = [line.strip() for line in err.splitlines() if line.strip() and not line.startswith("hint:")]
    said = [line for line in lines if line.startswith(("fatal: ", "remote: error: ", "error: "))] or lines
    reason = refused[1] if refused else said[0] if said else "git gave no reason"
    reason = re.sub(r"^(?:fatal|error|remote: error): ", "", re.sub(r"//[^/@\s]*@", "//", reason))
    return f"{remote} did not take {branch}: {reason[:200].rstrip('.')}."
