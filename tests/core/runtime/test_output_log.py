import random
from pathlib import Path

import pytest

from core.runtime.output_log import OutputLog, plain


@pytest.mark.parametrize("amount", [0, 99, 150, 151, 400, 401, 10_000])
def test_the_beginning_and_the_end_are_kept(amount: int, tmp_path: Path) -> None:
    data = bytes(ord("a") + n % 26 for n in range(amount))
    chance = random.Random(amount)
    path = tmp_path / "log"
    with OutputLog(path, head=50, tail=100) as log:
        rest = data
        while rest:
            size = chance.randint(1, 120)
            log.write(rest[:size])
            rest = rest[size:]
            assert path.stat().st_size <= 50 + 3 * 100 + 120
        assert log.total == amount
    kept = path.read_bytes()
    if amount <= 150:
        assert kept == data
    elif b"left out" in kept:
        assert kept.startswith(data[:50])
        assert kept.endswith(data[-100:])
        assert int(kept.split(b"[... ")[1].split()[0]) == amount - 150
    else:
        assert kept == data, "too little over the bound for a note to be shorter"


def test_lines_are_read_as_a_person_sees_them(tmp_path: Path) -> None:
    with OutputLog(tmp_path / "log") as log:
        log.write(b"\x1b[1;31mred\x1b[0m\r\n\n 10%\r 50%\r\x1b]0;title\x07done \xff\n-----\n")
        assert log.lines(3) == [" 50%", "done \N{REPLACEMENT CHARACTER}", "-----"]
        assert log.last_line() == "done \N{REPLACEMENT CHARACTER}"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_costs_the_log_and_nothing_else() -> None:
    with OutputLog(Path("/dev/full")) as log:
        log.write(b"lost on disk\n")
        assert log.last_line() == "lost on disk"


def test_text_without_control_codes() -> None:
    assert plain(b"a\x1b[2K\x1b(Bb\tc\x00\x07\n") == "ab\tc\n"
