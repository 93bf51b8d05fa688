"""Counts from JUnit XML reports."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.model.build import BuildResult, BuildSpec, TestCounts
from core.runtime.junit import count_junit

REPORT = """<?xml version="1.0"?>
<testsuites><testsuite name="a" tests="99" failures="99">
<testcase name="one"/><testcase name="two"><failure>no</failure></testcase>
<testcase name="three"><skipped/></testcase><testcase name="four"><error/><system-out>x</system-out></testcase>
</testsuite></testsuites>"""


def test_the_cases_of_all_reports_are_counted(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "TEST-a.xml").write_text(REPORT)
    (tmp_path / "deep" / "b.xml").write_text('<testsuite><testcase name="x"/></testsuite>')
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "c.xml").write_text(REPORT)
    (tmp_path / "page.xml").write_text("<html><testcase/></html>")

    assert count_junit(tmp_path, 0.0) == TestCounts(passed=2, failed=2, skipped=1)


def test_reports_that_were_there_before_do_not_count(tmp_path: Path) -> None:
    report = tmp_path / "old.xml"
    report.write_text(REPORT)

    assert count_junit(tmp_path, report.stat().st_mtime + 0.001) is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<testsuite>",
        "no xml",
        '<!DOCTYPE x [<!ENTITY a "'
        + "x" * 10_000
        + '">'
        + "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 50}">' for n in range(6))
        + "]><testsuite>&g;</testsuite>",
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hosts">]><testsuite><testcase>&a;</testcase></testsuite>',
    ],
    ids=["empty", "torn", "text", "entities", "file"],
)
def test_what_is_no_report_is_passed_over(content: str, tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text(content)
    (tmp_path / "link.xml").symlink_to(tmp_path / "x.xml")

    found = count_junit(tmp_path, 0.0)

    assert found is None or found.passed <= 1


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=300))
def test_anything_may_stand_in_it(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "x.xml").write_bytes(b"<testsuite>" + content + b"</testsuite>")
    count_junit(folder, 0.0)


def test_a_build_takes_them_where_the_output_tells_nothing(
    make_spec: Callable[..., BuildSpec], finish: Callable[[BuildSpec], BuildResult]
) -> None:
    verify = "printf '<testsuite><testcase name=\"x\"/></testsuite>' > report.xml"

    result = finish(make_spec("echo two > a.txt", verify=verify))

    assert result.after is not None
    assert result.after.tests == TestCounts(passed=1, failed=0)
