"""Measures what the processes of a run take: memory, processor time, their number, and space on the disk."""

import contextlib
import errno
import os
import resource
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from core.model.build import Limits, Resource

_BLOCK = 512
"""What `st_blocks` counts in, whatever the file system (see stat(2))."""
_ENDLESS = 2**62
_SHARE = 0.05
"""The part of the time that may be spent on measuring the disk."""
_SHORTEST_PAUSE = 1.0


@dataclass(frozen=True, kw_only=True)
class Exceeded:
    """A limit that was exceeded."""

    resource: Resource
    limit: float


def cpu_of_ended_children() -> float:
    """Processor time of all descendants of this process that have ended and were waited for, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@dataclass(kw_only=True)
class Gauge:
    """Watches one program with all its descendants. `places` are the folders that it may write to."""

    limits: Limits
    places: Sequence[Path]
    peak_memory: int = 0
    """Bytes."""
    cpu_seconds: float = 0.0
    _cpu_before: float = field(default_factory=cpu_of_ended_children)
    _disk_due: float = 0.0

    def look(self, processes: Sequence[psutil.Process]) -> Exceeded | None:
        """Measure now, given the living processes of the run; the first limit that is exceeded, if any."""
        memory, cpu = 0, cpu_of_ended_children() - self._cpu_before
        for process in processes:
            with contextlib.suppress(psutil.Error), process.oneshot():
                memory += process.memory_info().rss
                cpu += sum(process.cpu_times()[:4])  # its own, and that of its children that have ended
        self.cpu_seconds = max(self.cpu_seconds, cpu)
        limits = self.limits
        if limits.processes is not None and len(processes) > limits.processes:
            return Exceeded(resource=Resource.PROCESSES, limit=limits.processes)
        if limits.memory is not None and memory > limits.memory:
            memory = _proportional(processes)
        self.peak_memory = max(self.peak_memory, memory)
        if limits.memory is not None and memory > limits.memory:
            return Exceeded(resource=Resource.MEMORY, limit=limits.memory)
        if limits.cpu is not None and cpu > limits.cpu:
            return Exceeded(resource=Resource.CPU, limit=limits.cpu)
        return self._look_at_disk()

    def look_back(self) -> None:
        """Take the processor time of those in that have ended since the last look."""
        self.cpu_seconds = max(self.cpu_seconds, cpu_of_ended_children() - self._cpu_before)

    def _look_at_disk(self) -> Exceeded | None:
        """Not at every call: going through a large folder takes its time."""
        begun = time.monotonic()
        if self.limits.disk is None or begun < self._disk_due:
            return None
        used = sum(disk_usage(place) for place in self.places)
        took = time.monotonic() - begun
        self._disk_due = begun + took + max(took / _SHARE, _SHORTEST_PAUSE)
        return Exceeded(resource=Resource.DISK, limit=self.limits.disk) if used > self.limits.disk else None


def disk_usage(place: Path) -> int:
    """Bytes on the disk of all files below a folder, links not followed; what can't be read counts nothing."""
    total, folders = 0, [str(place)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    with contextlib.suppress(OSError):
                        total += entry.stat(follow_symlinks=False).st_blocks * _BLOCK
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(entry.path)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return _ENDLESS  # deeper than a path can tell: nobody needs that, and it can't be measured
    return total


def _proportional(processes: Iterable[psutil.Process]) -> int:
    """Memory that counts what several processes share only once; slower to find out."""
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            full = process.memory_full_info()
            total += getattr(full, "pss", full.rss)
    return total
