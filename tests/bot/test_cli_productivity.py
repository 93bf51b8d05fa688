"""`jarvis productivity` on real data."""

from datetime import timedelta
from pathlib import Path

from core.model.build import Ended
from core.model.task import Completed, Unmerged
from core.runtime.clock import utc_now
from storage import open_store
from tests import factories
from tests.bot.test_cli import Jarvis, jarvis, printed

__all__ = ["jarvis"]


def built(home: Path, taken: float) -> None:
    """A proven task of two hours that was completed a moment ago."""
    now = utc_now()
    result = factories.result(started_at=now - timedelta(hours=taken), ended_at=now)
    build = factories.build(state=Ended(result=result), hours=2.0)
    store = open_store(home, utc_now)
    with store.transaction():
        store.builds.put(build.id, build)
        state = Completed(build=build.id, at=now, delivery=Unmerged())
        store.tasks.put("task_1", factories.task(state=state, hours=2.0))
    store.close()


def test_figures_of_an_empty_home(jarvis: Jarvis) -> None:
    for name in ("week", "month"):
        done = jarvis("productivity", name)
        assert done.code == 0
        first, *rows = done.out.splitlines()
        assert first.split()[:3] == ["day", "shipped", "h"]
        assert rows[-2].startswith(f"this {name}")
        assert rows[-1].startswith(f"the {name} before")


def test_the_table_and_json_tell_the_same(jarvis: Jarvis, home: Path) -> None:
    built(home, 3.0)

    done = jarvis("productivity", "month")
    total = next(line.split()[2:] for line in done.out.splitlines() if line.startswith("this month "))
    assert total[:4] == ["2.0", "1", "1", "0"]
    assert done.out.splitlines()[-1] == (
        "This month builds take 1.5x what was estimated; 100% come within a factor of 1.5."
    )

    told = printed(jarvis("productivity", "month", "--json"))
    assert set(told) == {"period", "before"}
    assert told["period"]["total"]["hours_shipped"] == 2.0
    assert told["period"]["total"]["multiplier"] is None
    assert told["period"]["days"][-1]["date"] == told["period"]["last"]
    assert told["before"]["total"]["builds"] == 0


def test_other_words_are_wrong_usage(jarvis: Jarvis) -> None:
    assert jarvis("productivity", "year").code == 2
