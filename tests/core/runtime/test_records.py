import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.ports import Records
from core.runtime.clock import utc_now
from core.runtime.records import FileRecords


def test_lines_come_back_in_order(tmp_path: Path) -> None:
    records: Records = FileRecords(tmp_path)
    assert list(records.read("a.jsonl")) == []
    records.append("a.jsonl", {"n": 1, "text": "ü\n", "at": utc_now()})
    records.append("a.jsonl", {"n": 2})
    assert [entry["n"] for entry in records.read("a.jsonl")] == [1, 2]
    assert stat.S_IMODE((tmp_path / "logs" / "a.jsonl").stat().st_mode) == 0o600


def test_a_torn_line_costs_only_itself(tmp_path: Path) -> None:
    records = FileRecords(tmp_path)
    records.append("a.jsonl", {"n": 1})
    with (tmp_path / "logs" / "a.jsonl").open("ab") as file:
        file.write(b'\xff[1]\n{"n": 2, "te')
    records.append("a.jsonl", {"n": 3})
    assert [entry["n"] for entry in records.read("a.jsonl")] == [1, 3]


def test_several_processes_append_at_once(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys\n"
        "from core.runtime.records import FileRecords\n"
        "records = FileRecords(pathlib.Path(sys.argv[1]))\n"
        "for n in range(300): records.append('a.jsonl', {'who': sys.argv[2], 'n': n, 'fill': 'x' * 500})\n"
    )
    root = Path(__file__).resolve().parents[3]
    running = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(who)], cwd=root) for who in range(4)]
    assert [process.wait(30) for process in running] == [0] * 4
    entries = list(FileRecords(tmp_path).read("a.jsonl"))
    for who in range(4):
        assert [entry["n"] for entry in entries if entry["who"] == str(who)] == list(range(300))


def test_what_cannot_be_written_is_told_but_undoes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "logs").write_text("a file in the place of the folder")
    FileRecords(tmp_path).append("a.jsonl", {})
    assert "a.jsonl can't be written" in caplog.text
    with pytest.raises(ValueError, match="not the name of a log"):
        FileRecords(tmp_path).append("../a.jsonl", {})
