"""Keeps the programs of a build in their place: what they may write, what they can't read, whether they have a network.

Landlock (see landlock(7)) is a set of rules that a process puts on itself and its descendants, for ever and without
privileges. Bubblewrap (see bwrap(1)) gives them a view of the file system of their own, and a process tree that ends as
a whole.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import landlockpy
from landlockpy import AccessFS, AccessNet, Scope

from core.model.build import Confinement, Level
from core.runtime.network_namespace import can_leave_network, leave_network
from core.runtime.secrecy import drop_capabilities

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts")
_READ = AccessFS.READ_FILE | AccessFS.READ_DIR | AccessFS.EXECUTE
_WRITE = (
    _READ
    | AccessFS.WRITE_FILE
    | AccessFS.TRUNCATE
    | AccessFS.REMOVE_DIR
    | AccessFS.REMOVE_FILE
    | AccessFS.MAKE_DIR
    | AccessFS.MAKE_REG
    | AccessFS.MAKE_SOCK
    | AccessFS.MAKE_FIFO
    | AccessFS.MAKE_SYM
    | AccessFS.REFER
    | AccessFS.RESOLVE_UNIX
)
_FILE_RIGHTS = AccessFS.READ_FILE | AccessFS.EXECUTE | AccessFS.WRITE_FILE | AccessFS.TRUNCATE
_HANDLED = _WRITE | AccessFS.MAKE_CHAR | AccessFS.MAKE_BLOCK
_PROBE_SECONDS = 10.0
_SHARED_MEMORY = str(256 * 1024 * 1024)
"""Bytes of `/dev/shm`, which no process holds and so none is charged for."""
_KERNEL = ("/proc/sys", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/sysrq-trigger")
_MOST_ENTRIES = 1500
"""In a folder with hidden files: bubblewrap takes 9,000 arguments at the most."""
_RESOLVER = "/run/systemd/resolve"
"""Where the addresses of the name servers are on many systems."""

Prepare = Callable[[], None]
"""Called in the new process before it executes its program. Raises OSError."""


@dataclass(frozen=True, kw_only=True)
class Walls:
    """What the programs of one run may touch."""

    level: Level
    own: tuple[Path, ...] = ()
    """Places that may be written to, and are the run's own."""
    shared: tuple[Path, ...] = ()
    """Others that may be written to."""
    readable: tuple[Path, ...] = ()
    """Places below hidden ones that can be read all the same."""
    hidden: tuple[Path, ...] = ()
    network: bool = True

    @classmethod
    def of(cls, confinement: Confinement, own: Iterable[Path], readable: Iterable[Path] = ()) -> "Walls":
        """The walls of a run that may write to those places of its own. Raises Unconfinable."""
        return cls(
            level=resolve(confinement),
            own=tuple(own),
            shared=tuple(Path(place) for place in confinement.writable),
            readable=tuple(readable),
            hidden=tuple(Path(place) for place in confinement.hidden),
            network=confinement.network,
        )

    def shared_parts(self) -> Iterator[Path]:
        """The shared places without what is hidden: that stays so wherever it lies."""
        for place in self.shared:
            yield from openings(self.hidden, Path(os.path.realpath(place)))


@cache
def available() -> dict[Level, str]:
    """The levels that work on this machine, the better first, with a word on each; found out by trying them once."""
    found = {}
    if (program := shutil.which("bwrap")) and _bubblewrap_works(program):
        found[Level.BUBBLEWRAP] = program
    if sys.platform == "linux" and (version := landlockpy.abi_version()) > 0:
        found[Level.LANDLOCK] = f"version {version} of the kernel's interface"
    return found


class Unconfinable(Exception):
    """The programs of a build can't be kept in their place as wanted; the text is a sentence for the owner."""


def resolve(confinement: Confinement) -> Level:
    """The level for a build on this machine. Raises Unconfinable when what is wanted does not work here."""
    wanted, works = confinement.level, available()
    if wanted is Level.NONE:
        if confinement.required:
            raise Unconfinable("It must be confined, but CONFINEMENT=none is set.")
        if not confinement.network:
            raise Unconfinable("It must not use the network, but CONFINEMENT=none is set.")
        return Level.NONE
    level = next(iter(works), None) if wanted is Level.AUTO else wanted
    if level is None:
        raise Unconfinable(
            "Builds can't be confined on this machine: it has neither bubblewrap nor Landlock (Linux 5.13 or newer). "
            "Install bubblewrap, or set CONFINEMENT=none to run agents without walls."
        )
    if level not in works:
        raise Unconfinable(f"CONFINEMENT={level.value} is set, but {level.value} does not work on this machine.")
    if not confinement.network and not can_do_without_network(level):
        raise Unconfinable("It must not use the network, and this machine can't cut it off. Install bubblewrap.")
    return level


def can_do_without_network(level: Level) -> bool:
    """Whether programs at that level can be cut off from the network here."""
    return level is Level.BUBBLEWRAP or (level is Level.LANDLOCK and can_leave_network())


@contextmanager
def confined(walls: Walls, argv: Sequence[str]) -> Iterator[tuple[list[str], Prepare]]:
    """The command line that starts the program within its walls, and what its process has to do before.

    Raises OSError when the walls can't be put up. Nothing is confined at the level NONE.
    """
    if walls.level is Level.NONE:
        yield list(argv), lambda: None
    elif walls.level is Level.BUBBLEWRAP:
        with landlockpy.Ruleset(handled_fs=AccessFS.NONE, handled_net=AccessNet.NONE, scoped=_scope()) as rules:
            yield [*_bubblewrap(walls), *argv], rules.restrict if rules.scoped else lambda: None
    else:
        with _rules(walls) as rules:

            def prepare() -> None:
                if not walls.network:
                    leave_network()
                drop_capabilities()
                rules.restrict()

            yield list(argv), prepare


@contextmanager
def _rules(walls: Walls) -> Iterator[landlockpy.Ruleset]:
    with landlockpy.Ruleset(handled_fs=_HANDLED, handled_net=AccessNet.NONE, scoped=_scope()) as rules:
        # Names are no secret, and many programs list the folders on the way to their own.
        rules.allow_path("/", AccessFS.READ_DIR)
        for place in openings([*walls.hidden, Path("/dev")]):
            _allow(rules, place, _READ)
        for device in _DEVICES:
            _allow(rules, Path("/dev", device), _READ | AccessFS.WRITE_FILE)
        for place in walls.readable:
            _allow(rules, place, _READ)
        for place in (*walls.shared_parts(), *walls.own):
            _allow(rules, place, _WRITE)
        yield rules


def _allow(rules: landlockpy.Ruleset, place: Path, access: AccessFS) -> None:
    try:
        rules.allow_path(place, access if place.is_dir() else access & _FILE_RIGHTS)
    except OSError:
        # It has gone in the meantime, or nobody may look at it: then there is nothing to allow.
        return


def _scope() -> Scope:
    """No signals to processes outside, and no connections to their abstract sockets."""
    return Scope.SIGNAL | Scope.ABSTRACT_UNIX_SOCKET


def openings(hidden: Iterable[Path], top: Path = Path("/")) -> Iterator[Path]:
    """The fewest files and folders that hold all there is below `top` but the hidden ones. Links count as nothing:
    what they lead to has a place of its own."""
    closed = {Path(os.path.realpath(place)) for place in hidden}
    on_the_way = {parent for place in closed for parent in place.parents}
    yield from _openings(top, closed, on_the_way)


def _openings(folder: Path, closed: set[Path], on_the_way: set[Path]) -> Iterator[Path]:
    if folder not in on_the_way:
        if folder not in closed:
            yield folder
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if not entry.is_symlink():
            yield from _openings(folder / entry.name, closed, on_the_way)


def _bubblewrap(walls: Walls) -> list[str]:
    """The command line of bubblewrap up to the program. What is named later lies on top of what is named before."""
    words = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--cap-drop", "ALL"]
    words += [] if walls.network else ["--unshare-net"]
    words += [
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--size",
        _SHARED_MEMORY,
        "--tmpfs",
        "/dev/shm",
        "--proc",
        "/proc",
    ]
    for name in _KERNEL:  # as root one could otherwise write there
        words += ["--ro-bind-try", name, name]
    if Path("/run").is_dir():
        words += ["--tmpfs", "/run", "--ro-bind-try", _RESOLVER, _RESOLVER, "--remount-ro", "/run"]
    covers, closed = _covers({Path(os.path.realpath(hidden)) for hidden in walls.hidden})
    words += covers
    for place in walls.readable:
        words += ["--ro-bind-try", str(place), str(place)]
    for place in (*walls.shared_parts(), *walls.own):
        words += ["--bind-try", str(place), str(place)]
    return [*words, *closed, "--"]


def _covers(hidden: set[Path]) -> tuple[list[str], list[str]]:
    """What lies over the hidden places, and what closes it at the end.

    Over a folder an empty one. A file may be replaced by a new one meanwhile, or be made in the first place, and a
    mount would not cover that: so an empty folder lies over the one that it stands in, with all that else is in there.
    """
    words: list[str] = []
    closed: list[str] = []
    files = {place for place in hidden if not place.is_dir() and place.parent.is_dir() and place.parent != Path("/")}
    for parent in sorted({place.parent for place in files}):
        entries = sorted(os.scandir(parent), key=lambda entry: entry.name)
        if len(entries) > _MOST_ENTRIES:
            for place in files:
                words += ["--ro-bind-try", "/dev/null", str(place)] if place.parent == parent and place.exists() else []
            continue
        words += ["--perms", "0755", "--tmpfs", str(parent)]
        closed += ["--remount-ro", str(parent)]
        for entry in entries:
            if entry.is_symlink():
                words += ["--symlink", str(Path(entry.path).readlink()), entry.path]
            elif Path(entry.path) not in hidden and os.access(entry.path, os.F_OK):
                words += ["--ro-bind-try", entry.path, entry.path]
    for place in sorted(place for place in hidden if place.is_dir()):
        words += ["--perms", "0111", "--tmpfs", str(place)]
        closed += ["--remount-ro", str(place)]
    return words, closed


def _bubblewrap_works(program: str) -> bool:
    command = [program, *_bubblewrap(Walls(level=Level.BUBBLEWRAP))[1:], "true"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PROBE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
