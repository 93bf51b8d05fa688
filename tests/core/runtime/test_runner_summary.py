import time

import pytest

from core.model.build import TestCounts
from core.runtime.runner_summary import count_tests


@pytest.mark.parametrize(
    ("output", "passed", "failed", "skipped"),
    [
        ("==== 1 failed, 5 passed, 2 skipped, 3 warnings in 0.12s ====", 5, 1, 2),
        ("===== 5 passed, 1 deselected in 61.02s (0:01:01) =====", 5, 0, 0),
        ("....F\n1 failed, 4 passed in 0.05s\n", 4, 1, 0),
        ("=== 2 passed, 1 xfailed, 1 xpassed, 2 errors in 1.00s ===", 3, 2, 1),
        ("no tests ran in 0.01s", 0, 0, 0),
        ("1 passed in 0.1s\nmake[1]: next\n2 failed in 0.1s", 1, 2, 0),
        ("...\n----\nRan 3 tests in 0.001s\n\nOK\n", 3, 0, 0),
        ("Ran 6 tests in 1.2s\n\nFAILED (failures=1, errors=2, skipped=1)\n", 2, 3, 1),
        ("Ran 1 test in 0.000s\n\nOK (skipped=1)\n", 0, 0, 1),
        ("Ran 2 tests in 0.000s\n\nOK (expected failures=1)\n", 1, 0, 1),
        ("Ran 0 tests in 0.000s\n\nNO TESTS RAN\n", 0, 0, 0),
        (
            "=== RUN   TestA\n--- PASS: TestA (0.00s)\n    --- FAIL: TestB/x (0.00s)\nFAIL\nFAIL\texample.com/p\t0.1s",
            1,
            1,
            0,
        ),
        ("ok  \texample.com/a\t0.1s\nok  \texample.com/b\t(cached)\nFAIL\texample.com/c\t0.2s\nFAIL", 2, 1, 0),
        (
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n"
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            4,
            2,
            1,
        ),
        ("     Summary [   0.013s] 4 tests run: 3 passed, 1 failed, 2 skipped", 3, 1, 2),
        ("Test Suites: 1 failed, 1 total\nTests:       1 failed, 2 skipped, 5 passed, 8 total\n", 5, 1, 2),
        (" Test Files  1 failed | 1 passed (2)\n      Tests  1 failed | 5 passed | 2 skipped (8)\n", 5, 1, 2),
        ("# tests 4\n# suites 0\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 0\n# todo 0\n", 2, 2, 0),
        ("ℹ tests 3\nℹ pass 3\nℹ fail 0\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\n", 3, 0, 0),
        ("  5 passing (20ms)\n  1 pending\n  2 failing\n", 5, 2, 1),
        ("1 passed in 0.1s\nTests:       2 passed, 2 total\n", 3, 0, 0),
    ],
)
def test_closing_lines(output: str, passed: int, failed: int, skipped: int) -> None:
    assert count_tests(output) == TestCounts(passed=passed, failed=failed, skipped=skipped)


def test_much_output_is_read_in_no_time() -> None:
    output = "\n" * 500_000 + "Tests: " + "1" * 500_000 + "\n" + "=" * 500_000 + "\n" + "1 passed in 0.1s\r\n"
    begun = time.monotonic()
    assert count_tests(output) == TestCounts(passed=1, failed=0)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    "output",
    [
        "",
        "all is well",
        "I passed 3 exams in 2020",
        "# pass the salt 3",
        "compiled in 1.2s",
        "3 files passed in review",
    ],
)
def test_other_output_counts_nothing(output: str) -> None:
    assert count_tests(output) is None
