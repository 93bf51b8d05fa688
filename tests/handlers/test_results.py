"""What can be done with a result, by command and by button: on the right states, twice, and when it is refused."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest

from core.model.config import PushMode
from core.model.ids import ChatId, UserId
from core.model.task import Completed, Delivery, Discarded, Merged, Queued, RolledBack, Unmerged
from handlers.views import diffs
from tests import factories
from tests.end_to_end.browser import open_browser, skip_without_chromium
from tests.handlers.conftest import ANN, SHOP, House, Open, register_shop


def delivery(house: House, task: str = "task_1") -> Delivery:
    state = house.task(task).state
    assert isinstance(state, Completed)
    return state.delivery


async def refused(house: House, message: int, data: str, words: str) -> None:
    """An old button gives a clear answer and changes nothing."""
    before = house.state()
    toast = await house.press_data(message, data)
    assert toast.show_alert
    assert words in (toast.text or "")
    assert house.state() == before


@pytest.fixture
async def news(house: House) -> int:
    """The message about a result that waits."""
    await house.build(house.add())
    return house.last_id()


@pytest.fixture
async def pushing(open_house: Open) -> House:
    """With PUSH=merge, and a remote that is not there yet."""
    house = await open_house(push=PushMode.MERGE)
    register_shop(house.store, house.workspaces)
    house.services.people.meet(UserId(ANN.id), ChatId(ANN.id), house.clock())
    return house


# -- rollback -------------------------------------------------------------------------------------------------------


async def test_rollback_by_button(house: House, news: int) -> None:
    await house.press(news, "Merge")
    assert house.labels(news) == ["🔍 Diff", "📄 Log", "↩️ Rollback"]

    toast = await house.press(news, "Rollback")

    assert (toast.text, toast.show_alert) == ("↩️ task_1 is rolled back.", False)
    back = delivery(house)
    assert isinstance(back, RolledBack)
    assert back.by == ANN.id
    assert house.text(news).startswith("↩️ Write docs is rolled back · /task_1")
    assert f"Taken back in main by {back.commit[:9]}; git still has it as {back.merge[:9]}^2." in house.text(news)
    assert house.labels(news) == ["🔍 Diff", "📄 Log", "🔁 Retry"]
    await refused(house, news, "task:rollback:task_1", "task_1 is rolled back already.")
    await refused(house, news, "task:merge:task_1", "task_1 was merged and rolled back. /retry task_1")
    assert (await house.press(news, "Retry")).text == "Back in the queue."
    assert isinstance(house.task("task_1").state, Queued)


async def test_rollback_by_command(house: House, news: int) -> None:
    assert await house.ask("/rollback 1") == "task_1 is not merged, so there is nothing to roll back."
    await house.ask("/merge 1")

    assert await house.ask("/rollback 1") == "↩️ /task_1 is rolled back."

    assert await house.ask("/rollback 1") == "task_1 is rolled back already."
    assert "rolled back now by" in await house.ask("/task_1")
    assert "It was merged, and rolled back since." in await house.ask("/diff 1")
    assert "↩️ /task_1" in await house.ask("/finished")


async def test_a_second_tap_at_the_place_of_merge_takes_nothing_back(house: House, news: int) -> None:
    place = [[button["text"] for button in row] for row in house.keyboard(news)]
    assert place[0][0] == "🔀 Merge"

    await house.press(news, "Merge")

    assert house.keyboard(news)[0][0]["text"] == "🔍 Diff"


async def test_a_rollback_that_is_not_clean_is_an_alert(house: House, news: int) -> None:
    await house.press(news, "Merge")
    house.workspaces.commit(SHOP, "main", "task_1-1.txt", "later\n")

    await refused(house, news, "task:rollback:task_1", "can't be taken back cleanly")
    assert isinstance(delivery(house), Merged)


async def test_a_rollback_beside_uncommitted_work_offers_to_catch_up(house: House, news: int) -> None:
    await house.press(news, "Merge")
    house.workspaces.repositories[SHOP].uncommitted = {"mine.txt"}

    assert "Update your checkout" in ((await house.press(news, "Rollback")).text or "")

    assert house.labels(news)[0] == "⬇️ Update my checkout"
    assert "or that commit undoes the rollback." in house.text(news)
    assert (await house.press(news, "Update")).text == "Your checkout is up to date."
    assert house.labels(news) == ["🔍 Diff", "📄 Log", "🔁 Retry"]


# -- restore --------------------------------------------------------------------------------------------------------


async def test_restore_by_button(house: House, news: int) -> None:
    await house.press(news, "Discard")
    assert house.labels(news) == ["♻️ Restore", "🔁 Retry", "🔍 Diff", "📄 Log"]

    assert (await house.press(news, "Restore")).text == "It is back on its branch."

    assert delivery(house) == Unmerged()
    assert house.labels(news) == ["🔀 Merge", "🔍 Diff", "📄 Log", "🗑 Discard", "✏️ Modify"]
    await refused(house, news, "task:restore:task_1", "task_1 is not discarded, so there is nothing to restore.")
    assert (await house.press(news, "Merge")).text == "🎉 task_1 is merged."


async def test_restore_by_command(house: House, news: int) -> None:
    await house.ask("/discard 1")
    assert "It was discarded; this is from its bundle in the trash." in await house.ask("/diff 1")

    assert await house.ask("/restore 1") == "/task_1 is back on its branch."

    assert "🔀 Merge" in house.labels(house.last_id())
    assert await house.ask("/restore 1") == "task_1 is not discarded, so there is nothing to restore."


async def test_what_was_purged_is_not_offered(house: House, news: int) -> None:
    await house.ask("/discard 1")
    house.clock.advance(days=31)
    for task in house.services.shipping.purge_trash(house.clock()):
        await house.outbox.refresh(task.id)

    assert house.labels(news) == ["🔁 Retry", "📄 Log"]
    assert "Its commits were deleted from the trash." in house.text(news)
    assert "it can't be restored any more" in await house.ask("/task_1")
    await refused(house, news, "task:restore:task_1", "task_1 was discarded too long ago. /retry task_1")


async def test_a_bundle_that_is_gone_is_an_alert(house: House, news: int) -> None:
    await house.press(news, "Discard")
    discarded = delivery(house)
    assert isinstance(discarded, Discarded)
    Path(discarded.bundle).unlink()

    await refused(house, news, "task:restore:task_1", "The bundle task_1-1.bundle is not in the trash any more.")


# -- push -----------------------------------------------------------------------------------------------------------


async def test_a_merge_that_could_not_be_pushed_says_so_and_offers_it_again(pushing: House) -> None:
    await pushing.build(pushing.add())
    news = pushing.last_id()

    toast = await pushing.press(news, "Merge")

    said = "🎉 task_1 is merged, but not pushed: There is no remote origin in /srv/shop. /push task_1 tries again."
    assert (toast.text, toast.show_alert) == (said, False)
    assert isinstance(delivery(pushing), Merged)
    assert "⬆️ Not pushed: There is no remote origin in /srv/shop." in pushing.text(news)
    assert pushing.labels(news) == ["🔍 Diff", "📄 Log", "↩️ Rollback", "⬆️ Push"]
    alert = await pushing.press(news, "Push")
    assert (alert.text, alert.show_alert) == ("There is no remote origin in /srv/shop.", True)

    pushing.workspaces.repositories[SHOP].remotes["origin"] = {}
    assert (await pushing.press(news, "Push")).text == "Pushed."

    assert pushing.labels(news) == ["🔍 Diff", "📄 Log", "↩️ Rollback"]
    assert "Not pushed" not in pushing.text(news)


async def test_push_by_command(pushing: House) -> None:
    await pushing.build(pushing.add())
    assert "merged, but not pushed: There is no remote origin" in await pushing.ask("/merge 1")
    assert "⬆️ Push" in pushing.labels(pushing.last_id())
    assert await pushing.ask("/push 1") == "There is no remote origin in /srv/shop."
    assert "Not pushed: There is no remote" in await pushing.ask("/task_1")

    pushing.workspaces.repositories[SHOP].remotes["origin"] = {}

    assert await pushing.ask("/push 1") == "/task_1 is pushed."
    assert await pushing.ask("/push 1") == "/task_1 is pushed."
    assert await pushing.ask("/rollback 1") == "↩️ /task_1 is rolled back."
    assert pushing.workspaces.repositories[SHOP].remotes["origin"]["main"] == pushing.workspaces.tip(SHOP, "main")


async def test_push_where_it_is_not_set_up(house: House, news: int) -> None:
    assert await house.ask("/push 1") == "Pushing is not set up: put PUSH=branch or PUSH=merge into .env."


# -- diff and log ---------------------------------------------------------------------------------------------------


async def sent_diff(house: House, content: str) -> str:
    """The caption of what `/diff` sends for a change with this content."""
    house.add()
    await house.beat()
    build = house.store.builds.all()[0]
    commit = house.workspaces.commit(SHOP, build.spec.branch, "<long> & file.txt", content)
    house.executor.end(build.id, commit=commit)
    await house.beat()
    return await house.ask("/diff 1")


async def test_a_diff_over_the_limit_of_a_page_is_a_plain_file(house: House) -> None:
    caption = await sent_diff(house, "x" * 100 + "\n" + "y\n" * 250_000)

    assert caption.endswith("It is too large for a page with colours.")
    assert house.message(house.last_id()).body["document"]["file_name"] == "task_1.diff"


async def test_a_huge_diff_is_cut_and_says_so(house: House) -> None:
    caption = await sent_diff(house, ("y" * 99 + "\n") * 25_000)

    assert caption.endswith("and for one file: this is its beginning.")
    assert house.message(house.last_id()).body["document"]["file_size"] == diffs.MAX_PLAIN


async def test_the_log_of_a_running_build_is_its_last_lines(house: House) -> None:
    house.add()
    await house.beat()
    path = house.executor.log_file(house.store.builds.all()[0].id)
    path.parent.mkdir(parents=True)
    path.write_text("begun\n")
    assert await house.ask("/log 1") == "📄 Log of /task_1 so far\nbegun"

    path.write_text("".join(f"line {number}\n" for number in range(5000)))

    said = await house.ask("/log 1")
    assert said.startswith("📄 Log of /task_1 so far, the last lines\n…\nline ")
    assert said.endswith("line 4999")
    assert "document" not in house.message(house.last_id()).body


async def test_a_log_says_how_it_was_cut(house: House, news: int) -> None:
    path = house.executor.log_file(house.store.builds.all()[0].id)
    path.parent.mkdir(parents=True)
    gap = f"\n[... {3_200_000:>15} bytes left out here ...]\n".encode()
    path.write_bytes(b"a" * 3_000_000 + gap + b"b" * 4_000_000)

    assert await house.ask("/log 1") == (
        "📄 Log of /task_1\nThe last 5 MB of 7.0 MB.\n3.2 MB from the middle were not kept; a note stands there."
    )
    assert house.message(house.last_id()).body["document"]["file_size"] == 5_000_000


async def test_every_action_is_a_line_of_the_log_with_its_actor(house: House, news: int) -> None:
    for command in ("discard", "restore", "merge", "rollback"):
        await house.ask(f"/{command} 1")
    await asyncio.to_thread(house.services.shipping.purge_trash, house.clock() + timedelta(days=99))

    house.services.audit.flush()
    lines = [line for line in house.records.logs["queue_actions.log"] if line.get("commit") is not None]

    assert [(line["action"], line["actor"], line["task"]) for line in lines] == [
        (action, f"person {ANN.id}", "task_1") for action in ("discarded", "restored", "merged", "rolled back")
    ]
    assert all(len(str(line["commit"])) == 40 for line in lines)


# -- the page -------------------------------------------------------------------------------------------------------

DIFF = """\
diff --git a/a <b>.py b/a <b>.py
index 1..2 100644
--- a/a <b>.py\t
+++ b/a <b>.py\t
@@ -1,3 +1,3 @@ def f():
 same
-diff --git a/no b/no
--- old
+++ <script>alert(1)</script>
+@@ new
diff --git a/old.bin b/new.bin
similarity index 90%
rename from old.bin
rename to new.bin
Binary files a/old.bin and b/new.bin differ
diff --git a/gone.txt b/gone.txt
deleted file mode 100644
--- a/gone.txt
+++ /dev/null
@@ -1 +0,0 @@
-last
\\ No newline at end of file
"""


def test_the_files_of_a_diff_are_counted() -> None:
    found = [(change.path, change.added, change.removed) for change in diffs.split(DIFF)]

    assert found == [("a <b>.py", 2, 2), ("new.bin", 0, 0), ("gone.txt", 0, 1)]
    assert "".join(change.text for change in diffs.split(DIFF)) == DIFF


def test_the_page_is_escaped_and_needs_nothing_but_itself() -> None:
    page = diffs.page(factories.task(title="<i>Title</i> & more"), diffs.split(DIFF))

    assert "<script" not in page
    assert "<i>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("<details") == 3
    assert '<span class="gi">' in page
    assert '<span class="gd">' in page
    assert "prefers-color-scheme: dark" in page
    assert "width=device-width" in page
    assert "http://" not in page
    assert "https://" not in page
    assert 'a &lt;b&gt;.py <span class="plus">+2</span> <span class="minus">−2</span>' in page


def test_a_long_file_is_folded() -> None:
    text = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n" + "+x\n" * 500

    assert '<details id="f0"><summary>' in diffs.page(factories.task(), diffs.split(text))


@pytest.mark.parametrize("text", ["not a diff", "diff --git ", "\n", "@@", "diff --git a/x b/x\n+++ b/"])
def test_what_is_no_diff_is_shown_all_the_same(text: str) -> None:
    assert "</html>" in diffs.page(factories.task(), diffs.split(text))


WHERE = """() => {
    const pre = document.querySelector("details pre");
    const place = text => {
        const walker = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            if (walker.currentNode.data.includes(text)) {
                const range = document.createRange();
                range.selectNodeContents(walker.currentNode);
                return range.getBoundingClientRect().left;
            }
        }
    };
    const colour = name => getComputedStyle(document.querySelector(name)).backgroundColor;
    return {same: place("same"), gone: place("gone"), width: document.documentElement.scrollWidth,
            body: colour("body"), added: colour(".gi"), removed: colour(".gd")};
}"""


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_line_of_the_page_can_be_read_on_a_phone(scheme: Literal["light", "dark"]) -> None:
    skip_without_chromium()
    text = DIFF.replace("-diff --git a/no", "-gone " + "x" * 300 + "\n-diff --git a/no")
    async with open_browser() as browser:
        phone = await browser.new_page(viewport={"width": 390, "height": 800}, color_scheme=scheme)
        await phone.set_content(diffs.page(factories.task(), diffs.split(text)))
        seen = await phone.evaluate(WHERE)

    # Left, and one below the other; the long line scrolls in its own section.
    assert seen["same"] < 40
    assert seen["gone"] < 40
    assert seen["width"] == 390
    assert len({seen["body"], seen["added"], seen["removed"]}) == 3
    assert (seen["body"] == "rgb(255, 255, 255)") == (scheme == "light")
