"""Logs that can be trusted: in order, each line once, whatever tears the file; the fake keeps the same contract."""

import gzip
import json
import stat
from pathlib import Path

import pytest

from core.errors import StoreUnavailable
from core.ports import Records
from core.runtime.records import FileRecords
from tests.fakes import FakeRecords


@pytest.fixture(params=["files", "fake"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Records:
    return FileRecords(tmp_path) if request.param == "files" else FakeRecords()


def numbers(records: Records, log: str = "a.jsonl") -> list[int]:
    return [entry["n"] for entry in records.read(log)]


def test_lines_come_back_in_order(records: Records) -> None:
    assert numbers(records) == []
    records.write("a.jsonl", [{"n": 1, "text": "ü\n"}, {"n": 2}])
    records.write("b.jsonl", [{"n": 3}])
    records.write("a.jsonl", [{"n": 4}])

    assert list(records.read("a.jsonl")) == [{"n": 1, "text": "ü\n"}, {"n": 2}, {"n": 4}]
    assert numbers(records, "b.jsonl") == [3]


def test_what_is_in_the_log_already_is_not_written_again(records: Records) -> None:
    records.write("a.jsonl", [{"n": 1}, {"n": 2}])
    records.write("a.jsonl", [{"n": 1}, {"n": 2}, {"n": 3}])

    assert numbers(records) == [1, 2, 3]


def test_the_memory_of_a_day(tmp_path: Path) -> None:
    records = FileRecords(tmp_path)
    records.remember("2026-03-03", [(1, "23:10 Started task_1 “Write docs”.")])
    records.remember("2026-03-03", [(1, "23:10 Started task_1 “Write docs”."), (4, "23:40 Ended it.")])

    text = (tmp_path / "memory" / "2026-03-03.md").read_text()
    assert text == ("# 2026-03-03\n\n- 23:10 Started task_1 “Write docs”. <!-- 1 -->\n- 23:40 Ended it. <!-- 4 -->\n")


def test_nobody_else_may_read_them(tmp_path: Path) -> None:
    FileRecords(tmp_path).write("a.jsonl", [{"n": 1}])
    assert stat.S_IMODE((tmp_path / "logs" / "a.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize("torn", [b'\xff[1]\n{"n": 2, "te', b'{"n":2}', b"\n\n", b'{"n":2,"x":"'])
def test_a_torn_line_costs_only_itself_and_is_written_again(tmp_path: Path, torn: bytes) -> None:
    records = FileRecords(tmp_path)
    records.write("a.jsonl", [{"n": 1}])
    with (tmp_path / "logs" / "a.jsonl").open("ab") as file:
        file.write(torn)
    records.write("a.jsonl", [{"n": 2, "text": "whole"}, {"n": 3}])

    assert [entry for entry in records.read("a.jsonl") if entry != {"n": 2}] == [
        {"n": 1},
        {"n": 2, "text": "whole"},
        {"n": 3},
    ]


def test_a_large_log_is_set_aside_and_still_read(tmp_path: Path) -> None:
    records = FileRecords(tmp_path, largest=200)
    for number in range(1, 41):
        records.write("a.jsonl", [{"n": number, "text": "x" * 20}])
        records.write("a.jsonl", [{"n": number, "text": "x" * 20}])

    assert numbers(records) == list(range(1, 41))
    assert numbers(FileRecords(tmp_path)) == list(range(1, 41))
    assert len(list((tmp_path / "logs").glob("a.*.jsonl"))) > 3


def test_a_log_from_before_lines_had_numbers_goes_on(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_text('{"action": "added"}\n')
    records = FileRecords(tmp_path, largest=5)
    records.write("a.log", [{"n": 1}])

    assert list(records.read("a.log")) == [{"action": "added"}, {"n": 1}]


def test_what_cannot_be_written_is_an_error_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file in the place of the folder")
    with pytest.raises(StoreUnavailable, match=r"a.jsonl can't be written"):
        FileRecords(tmp_path).write("a.jsonl", [{"n": 1}])
    with pytest.raises(ValueError, match="not the name of a log"):
        FileRecords(tmp_path).write("../a.jsonl", [{"n": 1}])


def test_a_report_is_whole_or_not_there(tmp_path: Path) -> None:
    records = FileRecords(tmp_path)
    for builds in (["x" * 10_000], []):
        records.report("overnight_report_2026-03-04.json", {"builds": builds})

    file = tmp_path / "logs" / "overnight_report_2026-03-04.json"
    assert json.loads(file.read_text()) == {"builds": []}
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in file.parent.iterdir()] == [file.name]


def test_a_report_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "logs").touch()

    with pytest.raises(StoreUnavailable, match="can't be written"):
        FileRecords(tmp_path).report("overnight_report_2026-03-04.json", {})
    with pytest.raises(ValueError, match="not the name of a log"):
        FileRecords(tmp_path).report("../report.json", {})


def test_a_title_that_looks_like_a_number_of_ours_hides_no_later_line(tmp_path: Path) -> None:
    records = FileRecords(tmp_path)
    for number, text in enumerate(["<!-- 999 -->", '{"n":999', '"n":999', "two\nlines <!-- 999 -->\nthree"], start=1):
        records.write("a.jsonl", [{"n": number, "text": text}])
        records.remember("2026-03-03", [(number, text)])
    records.write("a.jsonl", [{"n": 5}])
    records.remember("2026-03-03", [(5, "the last")])

    assert numbers(records) == [1, 2, 3, 4, 5]
    memory = (tmp_path / "memory" / "2026-03-03.md").read_text()
    assert "- two lines <!-- 999 --> three <!-- 4 -->\n- the last <!-- 5 -->\n" in memory


def test_what_was_set_aside_and_packed_is_read_as_before(tmp_path: Path) -> None:
    records = FileRecords(tmp_path, largest=100)
    for number in range(1, 10):
        records.write("a.jsonl", [{"n": number, "text": "x" * 60}])
    aside = sorted((tmp_path / "logs").glob("a.*.jsonl"))
    for path in aside[:2]:
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()

    assert len(aside) > 2
    assert numbers(records) == list(range(1, 10))
    assert numbers(FileRecords(tmp_path)) == list(range(1, 10))
