"""Measures the machine."""

from datetime import datetime
from pathlib import Path

import psutil

from core.model.metrics import Sample


def measure(folder: Path, now: datetime) -> Sample:
    """Fill of the disk that holds the folder, of memory and swap, in percent; the load of a minute per processor."""
    load, _, _ = psutil.getloadavg()
    return Sample(
        at=now,
        values={
            "disk": psutil.disk_usage(str(folder)).percent,
            "memory": psutil.virtual_memory().percent,
            "swap": psutil.swap_memory().percent,
            "load": round(load / (psutil.cpu_count() or 1), 3),
        },
    )
