"""Corrections become lessons, and later prompts carry them."""

import pytest

from core import lessons
from core.errors import Conflict, NotFound, Refused
from core.model.ids import LessonId, ProjectName
from core.model.notification import LessonAsked
from tests import factories
from tests.core.conftest import OWNER, Engines

SHOP, BLOG = ProjectName("shop"), ProjectName("blog")


def blog(engines: Engines) -> None:
    with engines.store.transaction():
        engines.store.projects.put(BLOG, factories.project("/srv/blog", name=BLOG))


def test_a_correction_is_asked_about_once_and_becomes_a_lesson(engines: Engines) -> None:
    made = engines.lessons.take_correction(" use\n tabs ", SHOP, engines.now, OWNER)
    assert engines.subjects() == [LessonAsked(correction=made.id)]

    lesson = engines.lessons.keep(made.id, SHOP, engines.now, OWNER)
    assert (lesson.text, lesson.project, lesson.correction) == ("use tabs", SHOP, made.id)
    assert engines.lessons.correction(made.id).lesson == lesson.id
    with pytest.raises(Conflict):
        engines.lessons.keep(made.id, None, engines.now)
    with pytest.raises(Conflict):
        engines.lessons.let_be(made.id, engines.now)
    assert [line["action"] for line in engines.lines("improvements.log")] == ["corrected", "lesson"]


def test_the_same_words_are_asked_about_once_and_answered_together(engines: Engines) -> None:
    made = [engines.lessons.take_correction(words, SHOP, engines.now) for words in ("use tabs", "Use tabs", "test it")]
    assert engines.subjects() == [LessonAsked(correction=made[0].id), LessonAsked(correction=made[2].id)]

    lesson = engines.lessons.keep(made[0].id, SHOP, engines.now)
    engines.lessons.let_be(made[2].id, engines.now)
    again = engines.lessons.take_correction("USE TABS", SHOP, engines.now)

    assert [each.lesson for each in engines.store.corrections.all()] == [lesson.id, lesson.id, None, lesson.id]
    assert all(each.answered_at for each in engines.store.corrections.all())
    assert again.lesson == lesson.id
    assert len(engines.subjects()) == 2


def test_a_correction_without_a_project_is_about_the_only_one(engines: Engines) -> None:
    assert engines.lessons.take_correction("use tabs", None, engines.now).project == SHOP
    blog(engines)
    assert engines.lessons.take_correction("use spaces", None, engines.now).project is None


def test_the_prompt_of_a_later_build_carries_the_lessons_of_its_project(engines: Engines) -> None:
    blog(engines)
    engines.lessons.add("use tabs", SHOP, engines.now)
    engines.lessons.add("never tabs", BLOG, engines.now)
    engines.lessons.add("short sentences", None, engines.now)

    prompt = engines.start(engines.add(project=SHOP, start_now=True)).spec.prompt
    assert "Keep to this:\n- short sentences\n- use tabs" in prompt
    assert "never tabs" not in prompt


def test_without_lessons_the_prompt_says_nothing_of_them(engines: Engines) -> None:
    assert "corrected" not in engines.start(engines.add(start_now=True)).spec.prompt


def test_a_prompt_carries_the_ten_newest(engines: Engines) -> None:
    for number in range(15):
        engines.clock.advance(1)
        engines.lessons.add(f"lesson {number}", SHOP, engines.now)

    assert lessons.lines(engines.store.lessons.all(), SHOP) == [f"lesson {n}" for n in range(14, 4, -1)]


def test_a_dropped_lesson_is_in_no_prompt(engines: Engines) -> None:
    lesson = engines.lessons.add("use tabs", None, engines.now)
    assert engines.lessons.add("Use Tabs", None, engines.now) == lesson
    engines.lessons.drop(lesson.id, engines.now, OWNER)

    assert lessons.lines(engines.store.lessons.all(), SHOP) == []
    with pytest.raises(NotFound):
        engines.lessons.drop(LessonId("lesson_1"), engines.now)


@pytest.mark.parametrize("text", ["", " \n\x00", "x" * 501])
def test_what_is_no_lesson_is_refused(engines: Engines, text: str) -> None:
    with pytest.raises(Refused):
        engines.lessons.add(text, None, engines.now)
    with pytest.raises(NotFound):
        engines.lessons.add("use tabs", ProjectName("nowhere"), engines.now)
