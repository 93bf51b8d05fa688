"""What can be cleaned up below the folders of the settings, and how it is brought back."""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from core.errors import Refused
from core.model.config import Config
from core.model.ids import RepairId
from core.model.problem import Fix, FixKind, Repair
from core.runtime import log_files, sqlite_files
from core.runtime.files import PACK_SUFFIX, private_folder
from core.runtime.locks import try_lock
from core.runtime.safe_files import files_below, on_disk

OLD = timedelta(days=30)
"""A log that nobody wrote to for so long goes to the trash."""
LARGE = 10_000_000
"""Bytes on the disk; a larger log is rotated."""
WORTH = 1_000_000
"""Bytes; a vacuum that gives back less, or less than a tenth, is not worth its work."""
OWN_AGE = timedelta(days=7)
"""A log of our own that nobody wrote to for so long is packed, if that gives back something."""
OWN_WORTH = 100_000
"""Bytes on the disk."""
PATIENCE = 600.0
"""Seconds to wait for another process that cleans up."""
LOG = re.compile(r"\.(?:log|out|err)(?:[.-][\w.-]+)?$", re.IGNORECASE)
"""`app.log`, `app.log.1`, `app.log-20260301.gz`, `job.out`."""
OWN_LOG = re.compile(r"runs/[^/]+/(?:output\.log|readable\.log|events\.jsonl)|logs/[a-z_]+\.\d+\.(?:log|jsonl)")
PACKED = re.compile(r"\.(?:gz|bz2|xz|zst)$", re.IGNORECASE)


@dataclass(frozen=True)
class Done:
    """What a fix has brought."""

    freed: int
    stamp: str = ""


class Housekeeping:
    """The adapter behind `core.problem_predictor.Fixer`.

    Never touches what is not below LOG_ROOTS or DATABASE_ROOTS, is reached by a link, has a second name, belongs to
    somebody else or to our own data; of these only logs that nobody writes to any more, which are packed.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._home = config.home.resolve()
        self._trash = self._home / "trash" / "files"

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """No other thread or process cleans up or restores until the end of the block. Raises Refused."""
        try:
            lock = try_lock(private_folder(self._trash) / "lock", patience=PATIENCE)
        except OSError as error:
            raise Refused(f"{self._trash} can't be used: {error.strerror}.") from error
        if lock is None:
            raise Refused("Another clean-up is at work.")
        with lock:
            yield

    def plan(self, now: datetime) -> list[Fix]:
        """What there is to do, the largest first. Changes nothing."""
        found = [*self._logs(now), *self._databases(), *self._own(now)]
        return sorted(found, key=lambda fix: (-fix.frees, fix.root, fix.path))

    def keep_at(self, repair: RepairId, fix: Fix) -> str:
        """Where a fix will keep what brings it back."""
        match fix.kind:
            case FixKind.TRASH:
                return str(self._trash / f"{repair}.gz")
            case FixKind.ROTATE:
                place = Path(fix.root, fix.path)
                return str(place.with_name(f"{place.name}.{repair}.gz"))
            case FixKind.VACUUM:
                return str(self._trash / f"{repair}.sqlite")
            case FixKind.PACK:
                return f"{fix.root}/{fix.path}{PACK_SUFFIX}"

    def act(self, fix: Fix, kept: str) -> Done:
        """Do it. Raises Refused, with nothing changed."""
        root = self._allowed(fix)
        try:
            private_folder(self._trash)
            match fix.kind:
                case FixKind.TRASH | FixKind.PACK:
                    return Done(log_files.pack(root, fix.path, Path(kept)))
                case FixKind.ROTATE:
                    return Done(log_files.rotate(root, fix.path, Path(kept)))
                case FixKind.VACUUM:
                    return Done(*sqlite_files.vacuum(root, fix.path, Path(kept)))
        except OSError as error:
            raise Refused(f"{fix.path}: {error.strerror or error}.") from error

    def restore(self, repair: Repair) -> str:
        """Bring back what a fix took away; returns where it is now. Raises Refused, with nothing changed."""
        fix, kept = repair.fix, Path(repair.kept)
        root = self._allowed(fix)
        if not repair.kept or not kept.is_file():
            raise Refused(f"Nothing is kept of {fix.path} any more.")
        if fix.kind is FixKind.VACUUM:
            sqlite_files.restore(root, fix.path, kept, repair.stamp)
            return str(root / fix.path)
        # Of a log that was rotated, another file: the log itself has gone on meanwhile.
        path = f"{fix.path}.{repair.id}" if fix.kind is FixKind.ROTATE else fix.path
        log_files.restore(root, path, kept, repair.id)
        if fix.kind is FixKind.PACK:
            with contextlib.suppress(OSError):
                kept.unlink()
        return str(root / path)

    def purge(self, repair: Repair) -> None:
        """Delete what a fix has kept in the trash; what was set aside beside a log stays. Raises Refused."""
        kept = Path(repair.kept)
        if kept.parent != self._trash or kept.is_symlink():
            return
        try:
            sqlite_files.forget(kept)
        except OSError as error:
            raise Refused(f"{kept} can't be deleted: {error.strerror}.") from error

    def _allowed(self, fix: Fix) -> Path:
        """The root of a fix. Raises Refused when the settings do not name it any more."""
        roots = {FixKind.VACUUM: self._config.database_roots, FixKind.PACK: (self._home,)}
        root = Path(fix.root)
        if root not in roots.get(fix.kind, self._config.log_roots):
            raise Refused(f"The settings do not allow anything below {root}.")
        return root

    def _logs(self, now: datetime) -> Iterator[Fix]:
        for root, path, found in self._files(self._config.log_roots):
            if not LOG.search(path):
                continue
            size, packed = on_disk(found), PACKED.search(path)
            if not found.st_size:
                continue  # nothing to put away, and its place in the trash would take more than it
            old = found.st_mtime < (now - OLD).timestamp()
            if not (packed and old) and not ((old or size > LARGE) and log_files.is_text(root, path)):
                continue
            if old:
                yield Fix(kind=FixKind.TRASH, root=str(root), path=path, frees=0 if packed else int(size * 0.9))
            elif not packed:
                yield Fix(kind=FixKind.ROTATE, root=str(root), path=path, frees=int(size * 0.9))

    def _databases(self) -> Iterator[Fix]:
        for root, path, found in self._files(self._config.database_roots):
            if found.st_size < WORTH:
                continue
            frees = sqlite_files.free_bytes(root, path)
            if frees >= max(WORTH, found.st_size / 10):
                yield Fix(kind=FixKind.VACUUM, root=str(root), path=path, frees=frees)

    def _own(self, now: datetime) -> Iterator[Fix]:
        """Logs of builds that have ended, and those of our actions that were set aside."""
        before = (now - OWN_AGE).timestamp()
        below = (
            (f"{area}/{path}", found) for area in ("runs", "logs") for path, found in files_below(self._home / area)
        )
        for path, found in below:
            if not OWN_LOG.fullmatch(path) or on_disk(found) < OWN_WORTH or found.st_mtime > before:
                continue
            place = self._home / path
            ended = path.startswith("logs/") or place.with_name("result.json").exists()
            if ended and not place.with_name(place.name + PACK_SUFFIX).exists():
                yield Fix(kind=FixKind.PACK, root=str(self._home), path=path, frees=int(on_disk(found) * 0.8))

    def _files(self, roots: tuple[Path, ...]) -> Iterator[tuple[Path, str, os.stat_result]]:
        seen = set()
        for root in dict.fromkeys(roots):
            if _is_read_only(root):
                continue
            for path, found in files_below(root):
                key = (found.st_dev, found.st_ino)
                if not (root / path).is_relative_to(self._home) and key not in seen and _can_be_told(path):
                    seen.add(key)
                    yield root, path, found


def _is_read_only(root: Path) -> bool:
    try:
        return bool(os.statvfs(root).f_flag & os.ST_RDONLY)
    except OSError:
        return True


def _can_be_told(path: str) -> bool:
    """A name that is no text could not stand in the record."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
