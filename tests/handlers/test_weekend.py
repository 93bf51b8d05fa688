"""The weekend in the chat: asked on Friday, voted on alone and in a group, built, finished by hand, summed up."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.local.models import User
from bot.polls import close_ended
from core.model.ids import ChatId, TaskId, UserId, WeekendId
from core.model.people import Kind, Mode
from core.model.task import Category, DoneByHand, Queued, Running, Split, Task
from core.model.weekend import Asked, Chosen, Rest, Summarised, Weekend
from core.notifications import set_mode
from tests.fakes import SetClock
from tests.handlers.conftest import ANN, House, Open, register_shop

BEN, EVE = User(id=8, first_name="Ben"), User(id=666, first_name="Eve")
GROUP = -5
SATURDAY = WeekendId("2026-11-28")


def at(local: str) -> datetime:
    day, _, time = local.partition(" ")
    return datetime.fromisoformat(f"2026-11-{ {'Wed': 25, 'Fri': 27, 'Sat': 28, 'Sun': 29, 'Mon': 30}[day] } {time}Z")


@pytest.fixture(autouse=True)
def wednesday(clock: SetClock) -> None:
    clock.moment = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
async def team(open_house: Open) -> House:
    """Ann and Ben own it, and are in a group with it and with Eve."""
    house = await open_house(owners=frozenset({UserId(ANN.id), UserId(BEN.id)}))
    register_shop(house.store, house.workspaces)
    for user in (BEN, EVE):
        house.api.people.add_user(user)
    for user in (ANN, BEN):
        house.services.people.meet(UserId(user.id), ChatId(user.id), house.clock())
    house.api.people.add_group(GROUP, "Team", [ANN, BEN, EVE])
    return house


def offer(house: House, *titles: str, **changes: Any) -> list[Task]:
    """Projects, the first one with the best score."""
    return [house.add(title, hours=8.0 + place, **changes) for place, title in enumerate(titles)]


async def friday(house: House, *titles: str) -> list[Task]:
    """Projects, and the question about them."""
    made = offer(house, *titles)
    house.clock.moment = at("Fri 18:00")
    house.services.weekend.ask(house.clock())
    await house.beat()
    return made


async def choose(house: House) -> list[Task]:
    """A project is chosen on Friday; returns its phases. The last message of Ann's chat is its progress."""
    (shop,) = await friday(house, "Shop")
    await house.press(house.last_id(), "Shop")
    await house.say("/weekend")
    return phases(house, shop)


def phases(house: House, whole: Task) -> list[Task]:
    state = house.task(whole.id).state
    assert isinstance(state, Split)
    return [house.task(phase) for phase in state.phases]


def weekend(house: House) -> Weekend:
    found = house.store.weekends.get(SATURDAY)
    assert found is not None
    return found


# -- alone ------------------------------------------------------------------------------------------------------------


async def test_before_friday_a_project_can_be_chosen_at_once(house: House) -> None:
    shop, _ = offer(house, "Shop <1>", "Blog")

    text = await house.ask("/weekend")

    assert text.startswith("🗓 Projects for the weekend of 28 Nov\n\n1. Shop <1> · /task_1\n8 h · score MEDIUM 3")
    assert "Outline 1.2 h → Draft 4.2 h → Examples and review 2.5 h" in text
    assert house.labels(house.last_id()) == ["▶️ Shop <1>", "▶️ Blog"]

    toast = await house.press(house.last_id(), "Shop")

    assert toast.text == "“Shop <1>” it is. It starts Sat 09:00."
    assert len(phases(house, shop)) == 3
    assert house.newest().startswith("🗓 Shop <1> · /task_1 · weekend of 28 Nov")
    assert house.woken


async def test_without_a_project_it_says_what_to_do(house: House) -> None:
    assert "Add one with /add" in await house.ask("/weekend")
    assert house.labels(house.last_id()) == []
    assert await house.ask("/weekend now") == "/weekend takes nothing after it. Just send /weekend"


async def test_on_friday_one_press_in_a_private_chat_decides(house: House) -> None:
    _, blog = await friday(house, "Shop", "Blog")
    asked = house.last_id()
    assert house.newest().startswith("🗳 What shall I build on the weekend of 28 Nov?")
    assert "One press decides, until Sat 08:00." in house.newest()
    assert house.labels(asked) == ["Shop", "Blog"]

    toast = await house.press(asked, "Blog")

    assert (toast.text, toast.show_alert) == ("“Blog” it is. It starts Sat 09:00.", False)
    assert house.text(asked) == (
        "🗓 Blog is the project of the weekend of 28 Nov (chosen by an owner).\n"
        "3 phases. The first one starts Sat 09:00."
    )
    assert house.labels(asked) == ["📈 Progress"]
    assert isinstance(house.task(blog.id).state, Split)


async def test_a_press_that_comes_late_is_answered_and_changes_nothing(house: House) -> None:
    await friday(house, "Shop", "Blog")
    asked = house.last_id()
    await house.press(asked, "Blog")
    before = house.state()

    toast = await house.press_data(asked, "vote:2026-11-28:task_1")

    assert (toast.text, toast.show_alert) == (
        "The vote is over: “Blog” was chosen. /weekend shows what became of it.",
        True,
    )
    for data in (
        "project:2026-11-28:task_1",
        "project:2026-11-21:task_1",
        "vote:2026-01-01:task_1",
        "weekend:poll:soon",
    ):
        assert (await house.press_data(asked, data)).show_alert
    assert house.state() == before
    assert house.troubles() == []


async def test_an_option_that_is_gone_is_refused_in_a_sentence(house: House) -> None:
    shop, _ = await friday(house, "Shop", "Blog")
    house.services.queue.cancel(shop.id, None, house.clock())

    toast = await house.press(house.last_id(), "Shop")

    assert toast.text == "task_1 can't be chosen any more: it was built, changed or cancelled meanwhile."
    assert isinstance(weekend(house).state, Asked)


async def test_nothing_to_offer_is_one_short_message(house: House) -> None:
    house.add("Small", hours=2.0)
    await friday(house)

    assert house.newest() == "🗓 No open project takes 8 to 12 h, so there is nothing to choose from."
    assert house.labels(house.last_id()) == []
    assert (await house.ask("/weekend")).endswith(
        "No open project takes 8 to 12 h, so there is nothing to choose from."
    )


async def test_nobody_votes(house: House) -> None:
    await friday(house, "Shop")
    house.clock.moment = at("Fri 21:00")
    house.services.weekend.remind(house.clock())
    await house.beat()
    assert house.newest().startswith("🔔 Nobody has voted yet.\n🗳 What shall I build")

    house.clock.moment = at("Sat 08:00")
    house.services.weekend.close(house.clock())
    await house.beat()

    assert house.newest() == "🗓 Nobody has voted, so I build no project this weekend."
    text = await house.ask("/weekend")
    assert "Nobody has voted, so I build no project this weekend." in text
    assert (await house.press(house.last_id(), "Shop")).text == "“Shop” it is. It starts 09:00."


async def test_the_news_of_weekends_can_be_switched_off(house: House) -> None:
    set_mode(house.store, ChatId(ANN.id), Kind.WEEKEND, Mode.OFF)
    before = house.last_id()

    await friday(house, "Shop")

    assert house.last_id() == before
    await house.say("/notifications")
    assert "🗓 Weekend: 🚫 off" in house.labels(house.last_id())


# -- in a group -------------------------------------------------------------------------------------------------------


async def test_two_people_vote_in_a_group_with_live_tallies_everywhere(team: House) -> None:
    await friday(team, "Shop", "Blog")
    private = team.last_id(ANN.id)
    (ballot,) = await team.say("/weekend", chat=GROUP, user=ANN.id)
    await team.say("/weekend", chat=GROUP, user=BEN.id)
    group = [ballot.message_id, team.last_id(GROUP)]
    assert team.labels(group[0], GROUP) == ["Shop", "Blog", "📊 As a poll"]
    assert "One press decides" not in team.text(private)

    assert (await team.press(group[0], "Shop", chat=GROUP, user=ANN.id)).text == "Your vote: Shop"
    assert (await team.press(group[1], "Blog", chat=GROUP, user=BEN.id)).text == "Your vote: Blog"
    for message in group:
        assert team.labels(message, GROUP) == ["Shop · 1", "Blog · 1", "📊 As a poll"]
    assert team.labels(private) == ["Shop · 1", "Blog · 1"]

    await team.press(private, "Blog")  # in the private chat, but a group votes
    assert team.labels(group[0], GROUP) == ["Shop", "Blog · 2", "📊 As a poll"]
    assert "🙋 an owner, an owner" in team.text(group[0], GROUP)
    assert isinstance(weekend(team).state, Asked)

    team.clock.moment = at("Sat 08:00")
    team.services.weekend.close(team.clock())
    await team.beat()
    for chat in (ANN.id, BEN.id, GROUP):
        assert "Blog is the project of the weekend of 28 Nov (2 of 2 votes)." in team.newest(chat)
    assert team.troubles() == []


async def test_a_stranger_in_the_group_has_no_vote(team: House) -> None:
    await friday(team, "Shop", "Blog")
    await team.say("/weekend", chat=GROUP, user=ANN.id)
    ballot = team.last_id(GROUP)
    await team.press(ballot, "poll", chat=GROUP, user=ANN.id)
    poll = team.last_id(GROUP)
    before = team.state()
    team.logged.clear()

    team.api.people.press(ballot, 0, 0, chat=GROUP, user=EVE.id)
    team.api.people.vote(poll, [0], chat=GROUP, user=EVE.id)
    await team.work()

    assert team.state() == before
    warned = [entry for entry in team.logged if entry["log_level"] == "warning"]
    assert [(entry["event"], entry["person"]) for entry in warned] == [("stranger ignored", EVE.id)] * 2


async def test_before_friday_the_command_opens_the_vote_in_the_group(team: House) -> None:
    offer(team, "Shop", "Blog")

    await team.say("/weekend", chat=GROUP, user=BEN.id)
    await team.press(team.last_id(GROUP), "Blog", chat=GROUP, user=BEN.id)

    assert team.labels(team.last_id(GROUP), GROUP) == ["Shop", "Blog · 1", "📊 As a poll"]
    team.clock.moment = at("Fri 18:00")
    team.services.weekend.ask(team.clock())
    await team.beat()
    assert team.labels(team.last_id(ANN.id)) == ["Shop", "Blog · 1"]
    assert "Everybody has one vote" in team.newest(BEN.id)


async def test_a_group_without_anything_to_vote_on(team: House) -> None:
    (answer,) = await team.say("/weekend", chat=GROUP, user=BEN.id)

    assert "No open project takes 8 to 12 h" in answer.body["text"]
    assert team.store.weekends.all() == []


async def test_answers_in_a_native_poll_are_votes(team: House) -> None:
    await friday(team, "Shop", "Blog")
    await team.say("/weekend", chat=GROUP, user=ANN.id)
    ballot = team.last_id(GROUP)
    toast = await team.press(ballot, "poll", chat=GROUP, user=ANN.id)
    assert toast.text == "Answers in the poll and presses of the buttons count alike."
    shown = team.message(team.last_id(GROUP), GROUP)
    poll = shown.body["poll"]
    assert poll["question"] == "What shall I build on the weekend of 28 Nov?"
    assert [option["text"] for option in poll["options"]] == ["1. Shop · 8 h", "2. Blog · 9 h"]
    assert (poll["is_anonymous"], poll["allows_multiple_answers"]) == (False, False)

    for user, option in ((ANN, 0), (BEN, 1), (ANN, 1)):
        team.api.people.vote(shown.message_id, [option], chat=GROUP, user=user.id)
    await team.work()
    assert team.labels(ballot, GROUP)[:2] == ["Shop", "Blog · 2"]
    team.api.people.vote(shown.message_id, [], chat=GROUP, user=ANN.id)
    await team.work()
    assert team.labels(ballot, GROUP)[:2] == ["Shop", "Blog · 1"]
    await team.press(ballot, "Shop", chat=GROUP, user=BEN.id)
    assert team.labels(ballot, GROUP)[:2] == ["Shop · 1", "Blog"]

    assert (await team.press(ballot, "poll", chat=GROUP, user=BEN.id)).text == "The poll is in this chat already."
    assert team.troubles() == []


async def test_an_answer_after_the_end_or_in_a_foreign_poll_does_no_harm(team: House) -> None:
    await friday(team, "Shop", "Blog")
    await team.say("/weekend", chat=GROUP, user=ANN.id)
    await team.press(team.last_id(GROUP), "poll", chat=GROUP, user=ANN.id)
    ours = team.last_id(GROUP)
    team.api.call(
        "sendPoll", {"chat_id": GROUP, "question": "Lunch?", "options": '["a", "b"]', "is_anonymous": "false"}
    )
    foreign = team.last_id(GROUP)
    team.services.weekend.close(at("Sat 08:00"))
    team.clock.moment = at("Sat 09:00")
    before = team.state()

    for message in (ours, foreign):
        team.api.people.vote(message, [1], chat=GROUP, user=BEN.id)
        team.api.people.vote(message, [0], chat=GROUP, user=ANN.id)
    await team.work()

    assert [team.message(poll, GROUP).body["poll"]["is_closed"] for poll in (ours, foreign)] == [True, False]

    assert team.state() == before
    assert team.troubles() == []


async def test_a_poll_is_closed_at_its_end_once_also_when_telegram_could_not_be_told_at_first(
    team: House, open_house: Open
) -> None:
    await friday(team, "Shop", "Blog")
    await team.say("/weekend", chat=GROUP, user=ANN.id)
    await team.press(team.last_id(GROUP), "poll", chat=GROUP, user=ANN.id)
    poll = team.last_id(GROUP)

    def is_closed() -> bool:
        return bool(team.message(poll, GROUP).body["poll"]["is_closed"])

    async def tick(house: House) -> None:
        await close_ended(house.services.weekend, house.app.bot, house.clock)

    await tick(team)
    assert not is_closed()
    team.clock.moment = at("Sat 08:00")
    team.services.weekend.close(team.clock())
    team.api.faults.server_error("stoppoll", times=1)
    await tick(team)
    assert not is_closed()

    again = await open_house(like=team, owners=frozenset({UserId(ANN.id), UserId(BEN.id)}))
    await tick(again)

    assert is_closed()
    failed = len(team.api.faults.happened)
    team.api.faults.server_error("stoppoll", times=1)
    await tick(again)
    assert len(team.api.faults.happened) == failed, "it is not told again"
    assert again.services.weekend.polls_to_close(again.clock()) == []


async def test_a_poll_that_is_gone_is_not_tried_again(team: House) -> None:
    await friday(team, "Shop", "Blog")
    await team.say("/weekend", chat=GROUP, user=ANN.id)
    await team.press(team.last_id(GROUP), "poll", chat=GROUP, user=ANN.id)
    await team.app.bot.delete_message(GROUP, team.last_id(GROUP))
    team.clock.moment = at("Sat 08:00")

    await close_ended(team.services.weekend, team.app.bot, team.clock)

    assert team.services.weekend.polls_to_close(team.clock()) == []


async def test_a_poll_is_for_groups(house: House) -> None:
    await friday(house, "Shop", "Blog")

    assert (await house.press_data(house.last_id(), "weekend:poll:2026-11-28")).text == "A poll is for groups."


async def test_votes_survive_a_restart(team: House, open_house: Open) -> None:
    await friday(team, "Shop", "Blog")
    await team.say("/weekend", chat=GROUP, user=ANN.id)
    ballot = team.last_id(GROUP)
    await team.press(ballot, "poll", chat=GROUP, user=ANN.id)
    poll = team.last_id(GROUP)
    await team.press(ballot, "Blog", chat=GROUP, user=ANN.id)

    again = await open_house(like=team, owners=frozenset({UserId(ANN.id), UserId(BEN.id)}))
    again.api.people.vote(poll, [1], chat=GROUP, user=BEN.id)
    await again.work()

    assert again.labels(ballot, GROUP)[:2] == ["Shop", "Blog · 2"]


# -- the project ------------------------------------------------------------------------------------------------------


async def test_progress_follows_the_builds(house: House) -> None:
    first, second, _ = await choose(house)
    shown = house.last_id()
    assert house.text(shown).splitlines() == [
        "🗓 Shop · /task_1 · weekend of 28 Nov",
        "░░░░░░░░░░░░ 0% of 8 h",
        "",
        "⏳ 1. Outline · /task_2 · 1.2 h",
        "⏳ 2. Draft · /task_3 · 4.2 h",
        "⏳ 3. Examples and review · /task_4 · 2.5 h",
    ]
    assert house.labels(shown) == ["🤝 1 is done", "🤝 2 is done", "🤝 3 is done", "▶️ Start now", "⏹ Stop"]

    house.clock.moment = at("Sat 09:00")
    house.services.weekend.start(house.clock())
    await house.build(first)

    assert "✅ 1. Outline · /task_2" in house.text(shown)
    assert "🔨 2. Draft · /task_3" in house.text(shown)
    assert "🤝 2 is done" not in house.labels(shown)
    assert isinstance(house.task(second.id).state, Running)


async def test_a_phase_is_marked_as_done(house: House) -> None:
    first, second, third = await choose(house)
    shown = house.last_id()

    assert (await house.press(shown, "1 is done")).text == "Done: Shop: Outline"

    assert isinstance(house.task(first.id).state, DoneByHand)
    assert "🤝 1. Outline · /task_2 · 1.2 h · done by hand" in house.text(shown)
    assert "▓░░░░░░░░░░░ 16% of 8 h" in house.text(shown)
    assert (await house.press_data(shown, f"phase:{first.id}")).text == "task_2 is done by hand already."
    assert (await house.press_data(shown, "phase:task_1")).show_alert
    for task in (second, third):
        await house.press_data(shown, f"phase:{task.id}")
    assert house.labels(shown) == []
    assert "done by hand" in await house.ask("/task_2")
    assert "split" in await house.ask("/task_1")
    assert house.labels(house.last_id()) == ["🗓 Weekend"]


async def test_start_and_stop_by_button(house: House) -> None:
    first, *_ = await choose(house)
    shown = house.last_id()
    house.clock.moment = at("Sat 00:30")

    assert (await house.press(shown, "Start now")).text == "The phases start as soon as there is room."
    assert "▶️ Start now" not in house.labels(shown)
    assert (await house.press_data(shown, f"weekend:start:{SATURDAY}")).text == "It was started already."
    await house.beat()
    assert isinstance(house.task(first.id).state, Running)

    assert (await house.press(shown, "Stop")).text == "Stopped: 3 phases."
    await house.beat()
    assert "🚫 1. Outline" in house.text(shown)
    assert house.labels(shown) == []
    assert (await house.press_data(shown, f"weekend:stop:{SATURDAY}")).text == "Nothing was left."


async def test_start_now_without_an_agent_says_what_is_missing(open_house: Open) -> None:
    house = await open_house(agent_templates=())
    register_shop(house.store, house.workspaces)
    house.services.people.meet(UserId(ANN.id), ChatId(ANN.id), house.clock())
    first, *_ = await choose(house)

    toast = await house.press(house.last_id(), "Start now")

    assert toast.text == "It is let go, but something is missing."
    missing = f"⚠️ /{first.id} can't be built yet: no agent is installed; /agents tells how to get one."
    assert house.newest() == missing
    assert isinstance(house.task(first.id).state, Queued)


async def test_after_stop_the_same_message_offers_the_others(house: House) -> None:
    shop, blog = await friday(house, "Shop", "Blog")
    await house.press(house.last_id(), "Shop")
    await house.say("/weekend")
    shown = house.last_id()

    await house.press(shown, "Stop")
    await house.beat()

    assert house.last_id() == shown, "who has pressed Stop needs no news of it"
    text = house.text(shown)
    assert "⏹ It was ended before all of it was done. Choose another one for this weekend?" in text
    assert f"• Blog · /{blog.id} · 9 h" in text
    assert house.labels(shown) == ["▶️ Blog"]
    assert (await house.press(shown, "Blog")).text == "“Blog” it is. It starts Sat 09:00."
    assert house.text(shown).startswith(f"🗓 Blog · /{blog.id} · weekend of 28 Nov")
    assert f"Before it: Shop · /{shop.id} · 0 of 3 phases" in house.text(shown)
    assert "⏹ Stop" in house.labels(shown)


async def test_a_project_that_is_done_early_brings_the_others(house: House) -> None:
    shop, _ = await friday(house, "Shop", "Blog")
    await house.press(house.last_id(), "Shop")
    house.clock.moment = at("Sat 09:00")
    for phase in phases(house, shop):
        await house.build(phase)
    await house.beat()

    assert "✅ It is done. Choose another one for this weekend?" in house.newest()
    assert house.labels(house.last_id()) == ["▶️ Blog"]
    assert (await house.press(house.last_id(), "Blog")).text == "“Blog” it is. It starts as soon as there is room."


async def summed_up(house: House) -> list[Task]:
    made = await choose(house)
    house.clock.moment = at("Sat 09:00")
    await house.build(made[0])
    house.services.queue.stop_running(None, None, house.clock())
    await house.beat()
    house.services.queue.retry(made[1].id, house.clock())
    house.clock.moment = at("Sun 20:00")
    house.services.weekend.summary(house.clock())
    await house.outbox.deliver()
    return made


async def test_the_summary_on_sunday_asks_what_shall_become_of_the_rest(house: House) -> None:
    await summed_up(house)
    text, shown = house.newest(), house.last_id()

    assert text.startswith("🏁 Weekend of 28 Nov: Shop\n")
    assert "1 of 3 phases shipped" in text
    assert "for 1.2 h estimated" in text
    assert "2 phases are left (6.8 h). Without an answer it waits for the next weekend." in text
    assert house.labels(shown) == ["📅 Continue in the week", "⏭ Next weekend", "🗑 Drop it"]

    assert (await house.press(shown, "Continue")).text == "It goes on in the week, whenever there is time."
    assert "It goes on in the week" in house.text(shown)
    assert house.labels(shown) == ["⏭ Next weekend", "🗑 Drop it"]
    await house.press(shown, "Next weekend")
    state = weekend(house).state
    assert isinstance(state, Summarised)
    assert (state.rest, state.by) == (Rest.NEXT, ANN.id)
    assert (await house.press(shown, "Drop")).text == "The rest was dropped."
    assert house.labels(shown) == []
    assert (await house.press_data(shown, f"weekend:next:{SATURDAY}")).text == "Nothing is left of it any more."


async def test_after_the_summary_the_command_shows_it_until_it_is_answered(house: House) -> None:
    await summed_up(house)
    house.clock.moment = at("Mon 09:00")

    assert (await house.ask("/weekend")).startswith("🏁")
    await house.press(house.last_id(), "Next weekend")

    text = await house.ask("/weekend")
    assert text.startswith("🗓 Projects for the weekend of 5 Dec")
    assert "left from last weekend: 1 of 3 phases are settled" in text


async def test_choosing_in_the_chat_approves_what_was_asked_about(house: House) -> None:
    await house.say("hello")
    page = house.add("A new page", hours=10.0, category=Category.FEATURE)
    await house.beat()
    question = house.last_id()
    assert "May I build this?" in house.text(question)

    await house.say("/weekend")
    await house.press(house.last_id(), "A new page")
    await house.outbox.refresh(TaskId(page.id))

    assert "Approved by an owner" in house.text(question)
    state = weekend(house).state
    assert isinstance(state, Chosen)
    assert len(state.phases) == 4
