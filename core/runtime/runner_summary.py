"""Reads from a test runner's closing lines how many tests passed and failed."""

import re
from collections.abc import Callable

from core.model.build import TestCounts

_NUMBERED = re.compile(r"(\d+) (passed|failed|skipped|errors?|xfailed|xpassed|todo)\b")
_PYTEST = re.compile(r"^(?:=+ )?((?:\d+ [a-z]+(?:, )?)+|no tests ran) in \d[\d.:]*s?\b.*$", re.MULTILINE)
_UNITTEST = re.compile(r"^Ran (\d+) tests? in [\d.]+s\s+(OK|FAILED|NO TESTS RAN)(?: \((.*)\))?$", re.MULTILINE)
_UNITTEST_PART = re.compile(r"(failures|errors|skipped|expected failures|unexpected successes)=(\d+)")
_GO_TEST = re.compile(r"^[ \t]*--- (PASS|FAIL|SKIP): ", re.MULTILINE)
_GO_PACKAGE = re.compile(r"^(ok  |FAIL)\t\S+", re.MULTILINE)
_CARGO = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;", re.MULTILINE)
_NEXTEST = re.compile(r"^[ \t]*Summary \[.*\] +\d+(?:/\d+)? tests? run: (.+)$", re.MULTILINE)
_JEST = re.compile(r"^Tests: +(.*\d+ total)$", re.MULTILINE)
_VITEST = re.compile(r"^ +Tests  (\d+ .*|no tests)$", re.MULTILINE)
_NODE = re.compile(r"^(?:#|ℹ) (pass|fail|cancelled|skipped|todo) (\d+)$", re.MULTILINE)
_MOCHA = re.compile(r"^ +(\d+) (passing|failing|pending)\b", re.MULTILINE)

_LONGEST_LINE = 500
"""No closing line is as long as that, and patterns take their time over long ones."""

_KIND = {
    "passed": "passed",
    "xpassed": "passed",
    "pass": "passed",
    "passing": "passed",
    "failed": "failed",
    "error": "failed",
    "errors": "failed",
    "fail": "failed",
    "failing": "failed",
    "cancelled": "failed",
    "skipped": "skipped",
    "xfailed": "skipped",
    "todo": "skipped",
    "pending": "skipped",
}


def count_tests(output: str) -> TestCounts | None:
    """The tests that pytest, unittest, go, cargo, jest, vitest, mocha or node's own runner counted in this output.

    Several runs are added up. None when none of them has spoken. The output must be free of colour codes.
    """
    text = "\n".join(line for line in output.splitlines() if len(line) <= _LONGEST_LINE)
    found = [counts for reader in _READERS for counts in reader(text)]
    if not found:
        return None
    return TestCounts(
        passed=sum(each.passed for each in found),
        failed=sum(each.failed for each in found),
        skipped=sum(each.skipped for each in found),
    )


def _sum_up(pairs: list[tuple[int, str]]) -> TestCounts:
    sums = {"passed": 0, "failed": 0, "skipped": 0}
    for number, word in pairs:
        sums[_KIND[word]] += number
    return TestCounts(**sums)


def _listed(pattern: re.Pattern[str]) -> Callable[[str], list[TestCounts]]:
    """For runners that write one line such as "2 failed, 5 passed"."""

    def read(output: str) -> list[TestCounts]:
        lines = [match.group(1) for match in pattern.finditer(output)]
        return [_sum_up([(int(number), word) for number, word in _NUMBERED.findall(line)]) for line in lines]

    return read


def _unittest(output: str) -> list[TestCounts]:
    found = []
    for ran, _, details in _UNITTEST.findall(output):
        parts = {name: int(number) for name, number in _UNITTEST_PART.findall(details)}
        failed = sum(parts.get(name, 0) for name in ("failures", "errors", "unexpected successes"))
        skipped = sum(parts.get(name, 0) for name in ("skipped", "expected failures"))
        found.append(TestCounts(passed=max(0, int(ran) - failed - skipped), failed=failed, skipped=skipped))
    return found


def _go(output: str) -> list[TestCounts]:
    """Tests where go lists them all (`-v`); otherwise its packages, since it doesn't name the tests that pass."""
    packages = _GO_PACKAGE.findall(output)
    if not packages:
        return []
    if "=== RUN" in output:
        tests = _GO_TEST.findall(output)
        return [TestCounts(passed=tests.count("PASS"), failed=tests.count("FAIL"), skipped=tests.count("SKIP"))]
    return [TestCounts(passed=packages.count("ok  "), failed=packages.count("FAIL"))]


def _cargo(output: str) -> list[TestCounts]:
    return [
        TestCounts(passed=int(passed), failed=int(failed), skipped=int(ignored))
        for passed, failed, ignored in _CARGO.findall(output)
    ]


def _node(output: str) -> list[TestCounts]:
    pairs = [(int(number), word) for word, number in _NODE.findall(output)]
    return [_sum_up(pairs)] if {"pass", "fail"} <= {word for _, word in pairs} else []


def _mocha(output: str) -> list[TestCounts]:
    pairs = [(int(number), word) for number, word in _MOCHA.findall(output)]
    return [_sum_up(pairs)] if pairs else []


_READERS: tuple[Callable[[str], list[TestCounts]], ...] = (
    _listed(_PYTEST),
    _unittest,
    _go,
    _cargo,
    _listed(_NEXTEST),
    _listed(_JEST),
    _listed(_VITEST),
    _node,
    _mocha,
)
