"""A disk for tests that are not about power failures."""

from pathlib import Path

from storage.disk import Disk


class PageCache(Disk):
    """Does not wait for the disk: what a process has written outlives the process anyway."""

    def sync(self, step: str, fd: int) -> None:
        """Nothing."""

    def sync_folder(self, step: str, folder: Path) -> None:
        """Nothing."""
