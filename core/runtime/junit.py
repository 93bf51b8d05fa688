"""Test counts from JUnit XML reports that a verification command has written into its fresh checkout."""

import os
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from core.model.build import TestCounts

_LARGEST = 50_000_000
_MOST_FILES = 2000
_LEFT_OUT = {".git", "node_modules", ".venv", ".tox"}


def count_junit(checkout: Path, newer_than: float) -> TestCounts | None:
    """The sum over all reports below the checkout (`*.xml`, the root is `testsuites` or `testsuite`); None without one.

    Only files that were changed after `newer_than` (seconds since the epoch) count: others were checked out.
    """
    found = [counts for report in _reports(checkout, newer_than) if (counts := _count(report)) is not None]
    if not found:
        return None
    return TestCounts(
        passed=sum(each.passed for each in found),
        failed=sum(each.failed for each in found),
        skipped=sum(each.skipped for each in found),
    )


def _reports(checkout: Path, newer_than: float) -> Iterator[Path]:
    left = _MOST_FILES
    for folder, folders, files in os.walk(checkout):
        folders[:] = [each for each in folders if each not in _LEFT_OUT]
        for name in files:
            path = Path(folder, name)
            if name.endswith(".xml") and not path.is_symlink():
                about = path.stat()
                if about.st_mtime > newer_than and about.st_size <= _LARGEST:
                    left -= 1
                    yield path
                    if left == 0:
                        return


def _count(report: Path) -> TestCounts | None:
    """By the test cases, not by the sums in the attributes: runners disagree on what these hold."""
    total = failed = skipped = 0
    root = ""
    try:
        # Entities that blow up are refused by the parser itself, expat (since its version 2.4.1).
        for _, element in ElementTree.iterparse(report, events=("end",)):
            root = element.tag
            if root == "testcase":
                kinds = {child.tag for child in element}
                is_red = bool(kinds & {"failure", "error"})
                total, failed, skipped = total + 1, failed + is_red, skipped + ("skipped" in kinds and not is_red)
                element.clear()
    except (ElementTree.ParseError, OSError, ValueError):
        return None
    if root not in ("testsuites", "testsuite"):
        return None
    return TestCounts(passed=total - failed - skipped, failed=failed, skipped=skipped)
