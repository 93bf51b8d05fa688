"""Who owns this installation: by name, by the visitor's seat, or by the one-time code."""

import pytest

from core.model.ids import ChatId, UserId
from core.people import People
from storage import JournalStore
from tests.factories import NOW

ANN, BOB = UserId(1), UserId(2)


@pytest.fixture
def people(store: JournalStore) -> People:
    return People(store)


def test_nobody_owns_a_fresh_installation(people: People) -> None:
    assert not people.has_owner()
    assert not people.is_owner(ANN)


def test_the_right_code_makes_the_first_owner_for_good(people: People, store: JournalStore) -> None:
    code = people.offer_code()

    assert people.claim(ANN, "Ann", code, NOW)

    assert people.is_owner(ANN)
    assert people.names() == {ANN: "Ann"}
    assert People(store).is_owner(ANN)


@pytest.mark.parametrize("wrong", ["", "0", "ünïcode", "\ud83d", "x" * 5000])
def test_a_wrong_code_does_nothing(people: People, wrong: str) -> None:
    people.offer_code()

    assert not people.claim(ANN, "Ann", wrong, NOW)
    assert not people.has_owner()


def test_without_an_offer_no_code_works(people: People) -> None:
    assert not people.claim(ANN, "Ann", "", NOW)
    assert not people.claim(ANN, "Ann", "None", NOW)


def test_a_code_works_once(people: People) -> None:
    code = people.offer_code()
    people.claim(ANN, "Ann", code, NOW)

    assert not people.claim(BOB, "Bob", code, NOW)
    assert not people.is_owner(BOB)


def test_a_code_does_not_work_when_there_is_an_owner_by_name(store: JournalStore) -> None:
    people = People(store, frozenset({ANN}))

    assert people.is_owner(ANN)
    assert people.has_owner()
    assert not people.claim(BOB, "Bob", people.offer_code(), NOW)


def test_codes_are_not_guessable_from_one_another(people: People) -> None:
    codes = {people.offer_code() for _ in range(50)}

    assert len(codes) == 50
    assert all(len(code) >= 8 for code in codes)


def test_only_the_last_code_works(people: People) -> None:
    first, second = people.offer_code(), people.offer_code()

    assert not people.claim(ANN, "Ann", first, NOW)
    assert people.claim(ANN, "Ann", second, NOW)


def test_the_visitor_of_the_chat_page_is_an_owner_while_the_process_runs(people: People, store: JournalStore) -> None:
    people.admit(ANN, "you")

    assert people.is_owner(ANN)
    assert people.has_owner()
    assert people.names() == {ANN: "you"}
    assert not People(store).is_owner(ANN)


def test_chats_are_remembered_once_and_forgotten(people: People, store: JournalStore) -> None:
    people.meet(ANN, ChatId(1), NOW)
    people.meet(ANN, ChatId(1), NOW)
    assert [chat.id for chat in store.chats.all()] == [1]

    people.forget_chat(ChatId(1))
    people.forget_chat(ChatId(1))
    assert store.chats.all() == []
