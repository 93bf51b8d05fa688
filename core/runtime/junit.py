"""Test counts from JUnit XML reports that a verification command has written into its fresh checkout."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from core.model.build import TestCounts

_MOST_BYTES = 50_000_000
_MOST_FILES = 2000
_LEFT_OUT = {".git", "node_modules", ".venv", ".tox"}


def count_junit(checkout: Path, since: float) -> TestCounts | None:
    """The sum over all reports below the checkout (`*.xml`, the root is `testsuites` or `testsuite`); None without one.

    Only files that were changed from `since` on (seconds since the epoch) count: others were checked out.
    """
    found = [counts for report in _reports(checkout, since) if (counts := _count(report)) is not None]
    if not found:
        return None
    return TestCounts(
        passed=sum(each.passed for each in found),
        failed=sum(each.failed for each in found),
        skipped=sum(each.skipped for each in found),
    )


def _reports(checkout: Path, since: float) -> Iterator[Path]:
    files, size, folders = 0, 0, [checkout]
    while folders:
        try:
            entries = sorted(os.scandir(folders.pop()), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            about = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(about.st_mode) and entry.name not in _LEFT_OUT:
                folders.append(Path(entry.path))
            # A pipe would hold us up for ever, and a link may lead to one.
            elif stat.S_ISREG(about.st_mode) and entry.name.endswith(".xml") and about.st_mtime >= since:
                files, size = files + 1, size + about.st_size
                if files > _MOST_FILES or size > _MOST_BYTES:
                    return
                yield Path(entry.path)


def _count(report: Path) -> TestCounts | None:
    """By the test cases, not by the sums in the attributes: runners disagree on what these hold."""
    total = failed = skipped = 0
    kinds: set[str] = set()
    parents: list[ElementTree.Element] = []
    root = ""
    try:
        # Entities that blow up are refused by the parser itself, expat (since its version 2.4.1).
        for event, element in ElementTree.iterparse(report, events=("start", "end")):
            if event == "start":
                root = root or element.tag
                parents.append(element)
                continue
            parents.pop()
            kinds.add(element.tag)
            if element.tag == "testcase":
                is_red = bool(kinds & {"failure", "error"})
                total, failed, skipped = total + 1, failed + is_red, skipped + ("skipped" in kinds and not is_red)
                kinds = set()
            if parents:
                parents[-1].clear()  # what was counted need not be kept
    except (ElementTree.ParseError, OSError, ValueError):
        return None
    if root not in ("testsuites", "testsuite"):
        return None
    return TestCounts(passed=total - failed - skipped, failed=failed, skipped=skipped)
