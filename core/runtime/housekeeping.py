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
from core.runtime.files import private_folder
from core.runtime.safe_files import files_below, on_disk

OLD = timedelta(days=30)
"""A log that nobody wrote to for so long goes to the trash."""
LARGE = 10_000_000
"""Bytes on the disk; a larger log is rotated."""
WORTH = 1_000_000
"""Bytes; a vacuum that gives back less, or less than a tenth, is not worth its work."""
LOG = re.compile(r"\.(?:log|out|err)(?:[.-][\w.-]+)?$", re.IGNORECASE)
"""`app.log`, `app.log.1`, `app.log-20260301.gz`, `job.out`."""
PACKED = re.compile(r"\.(?:gz|bz2|xz|zst)$", re.IGNORECASE)


@dataclass(frozen=True)
class Done:
    """What a fix has brought."""

    freed: int
    stamp: str = ""


class Housekeeping:
    """The adapter behind `core.problem_predictor.Fixer`.

    Never touches what is not below LOG_ROOTS or DATABASE_ROOTS, is reached by a link, has a second name, belongs to
    somebody else or to our own data.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._trash = config.home / "trash" / "files"

    def plan(self, now: datetime) -> list[Fix]:
        """What there is to do, the largest first. Changes nothing."""
        found = [*self._logs(now), *self._databases()]
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
        return ""

    def act(self, fix: Fix, kept: str) -> Done:
        """Do it. Raises Refused, with nothing changed."""
        root = self._allowed(fix)
        try:
            private_folder(self._trash)
            match fix.kind:
                case FixKind.TRASH:
                    return Done(log_files.trash(root, fix.path, Path(kept)))
                case FixKind.ROTATE:
                    return Done(log_files.rotate(root, fix.path, Path(kept)))
                case FixKind.VACUUM:
                    freed = sqlite_files.vacuum(root, fix.path, Path(kept))
                    return Done(freed, sqlite_files.state_of(root, fix.path))
        except OSError as error:
            with contextlib.suppress(OSError):
                if kept and fix.kind is not FixKind.TRASH:
                    Path(kept).unlink(missing_ok=True)
            raise Refused(f"{fix.path}: {error.strerror or error}.") from error

    def restore(self, repair: Repair) -> str:
        """Bring back what a fix took away; returns where it is now. Raises Refused, with nothing changed."""
        fix, kept = repair.fix, Path(repair.kept)
        root = self._allowed(fix)
        if not repair.kept or not kept.is_file():
            raise Refused(f"Nothing is kept of {fix.path} any more.")
        match fix.kind:
            case FixKind.VACUUM:
                sqlite_files.restore(root, fix.path, kept, repair.stamp)
                return str(root / fix.path)
            case FixKind.ROTATE:  # the log itself has gone on meanwhile
                path = f"{fix.path}.{repair.id}"
            case _:
                path = fix.path
        log_files.restore(root, path, kept)
        return str(root / path)

    def purge(self, repair: Repair) -> None:
        """Delete what a fix has kept in the trash; what was set aside beside a log stays. Raises Refused."""
        kept = Path(repair.kept)
        if kept.parent != self._trash or kept.is_symlink():
            return
        try:
            kept.unlink(missing_ok=True)
        except OSError as error:
            raise Refused(f"{kept} can't be deleted: {error.strerror}.") from error

    def _allowed(self, fix: Fix) -> Path:
        """The root of a fix. Raises Refused when the settings do not name it any more."""
        roots = self._config.database_roots if fix.kind is FixKind.VACUUM else self._config.log_roots
        root = Path(fix.root)
        if root not in [each.resolve() for each in roots]:
            raise Refused(f"The settings do not allow anything below {root}.")
        return root

    def _logs(self, now: datetime) -> Iterator[Fix]:
        for root, path, found in self._files(self._config.log_roots):
            if not LOG.search(path):
                continue
            size = on_disk(found)
            if found.st_mtime < (now - OLD).timestamp():
                frees = 0 if PACKED.search(path) else int(size * 0.9)
                yield Fix(kind=FixKind.TRASH, root=str(root), path=path, frees=frees)
            elif size > LARGE and not PACKED.search(path):
                yield Fix(kind=FixKind.ROTATE, root=str(root), path=path, frees=int(size * 0.9))

    def _databases(self) -> Iterator[Fix]:
        for root, path, found in self._files(self._config.database_roots):
            if found.st_size < WORTH:
                continue
            frees = sqlite_files.free_bytes(root, path)
            if frees >= max(WORTH, found.st_size / 10):
                yield Fix(kind=FixKind.VACUUM, root=str(root), path=path, frees=frees)

    def _files(self, roots: tuple[Path, ...]) -> Iterator[tuple[Path, str, os.stat_result]]:
        home, seen = self._config.home.resolve(), set()
        for root in dict.fromkeys(each.resolve() for each in roots):
            for path, found in files_below(root):
                if (root / path).is_relative_to(home) or (found.st_dev, found.st_ino) in seen:
                    continue
                seen.add((found.st_dev, found.st_ino))
                yield root, path, found
