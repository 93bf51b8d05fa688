"""Measures the machine."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import psutil

from core.model.config import Config
from core.model.metrics import Sample
from core.runtime.housekeeping import LOG
from core.runtime.safe_files import files_below, on_disk
from core.runtime.sqlite_files import SIDES, is_database

OWN = ("data", "logs", "runs", "trash", "worktrees")
"""Our own folders below the home folder."""


def measure(folder: Path, now: datetime, config: Config | None = None) -> Sample:
    """Fill of the disk that holds the folder, of memory and swap, in percent; the load of a minute per processor.

    With settings also what they name: the disks of watched paths in percent, and the sizes of logs, databases and our
    own folders on the disk in 10^6 bytes, which takes longer. What can't be measured is left out.
    """
    load, _, _ = psutil.getloadavg()
    values = {
        "disk": psutil.disk_usage(str(folder)).percent,
        "memory": psutil.virtual_memory().percent,
        "swap": psutil.swap_memory().percent,
        "load": round(load / (psutil.cpu_count() or 1), 3),
    }
    return Sample(at=now, values=values if config is None else values | _places(config))


def disks(config: Config) -> dict[str, int]:
    """Which disk the series of disks are about, by its device number."""
    named = {"disk": config.home} | {f"disk:{path}": path for path in config.watch_paths}
    found = {}
    for series, path in named.items():
        try:
            found[series] = path.stat().st_dev
        except OSError:
            continue
    return found


class Surveyor:
    """The adapter behind `core.problem_predictor.Probe`."""

    def __init__(self, config: Config, quick: Callable[[datetime], Sample]) -> None:
        self._config = config
        self._quick = quick
        """Measures the machine itself."""

    def sample(self, now: datetime) -> Sample:
        """The machine and all that the settings name."""
        return Sample(at=now, values=self._quick(now).values | _places(self._config))

    def disks(self) -> dict[str, int]:
        """Which disk each series of a disk is about."""
        return disks(self._config)


def _places(config: Config) -> dict[str, float]:
    values: dict[str, float] = {}
    for path in config.watch_paths:
        try:
            values[f"disk:{path}"] = psutil.disk_usage(str(path)).percent
        except OSError:
            continue
    for root in config.log_roots:
        if root.is_dir():
            found = (found for path, found in files_below(root) if LOG.search(path))
            values[f"logs:{root}"] = _megabytes(map(on_disk, found))
    for root in config.database_roots:
        if root.is_dir():
            values[f"databases:{root}"] = _megabytes(_databases(root))
    for name in OWN:
        folder = (config.home / name).resolve()  # ours: it may be a link to another disk
        if folder.is_dir():
            values[f"own:{name}"] = _megabytes(on_disk(found) for _, found in files_below(folder))
    return values


def _databases(root: Path) -> list[int]:
    """Sizes of databases, with their journals."""
    sizes = []
    for path, found in files_below(root):
        if path.endswith(SIDES) or is_database(root, path, found.st_size):
            sizes.append(on_disk(found))
    return sizes


def _megabytes(sizes: Iterable[int]) -> float:
    return round(sum(sizes) / 1e6, 3)
