"""What a request is about, whatever its wording and its date."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import request_types
from core.errors import Refused


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("show me the NBA rankings for 3 March", "show nba rankings"),
        ("Please show the NBA rankings for tomorrow!", "show nba rankings"),
        ("Hey Jarvis, could you show me the latest NBA rankings on Thursday at 6pm?", "show nba rankings"),
        ("Show NBA rankings 2026-03-05", "show nba rankings"),
        ("log my workout 45 min", "log workout min"),
        ("Fix the login test 0.5h !high #bug @shop", "fix login test"),
        ("Update Ann's page", "update ann page"),
        ("Update Ann’s page", "update ann page"),
        ("Fehler in der Anmeldung beheben", "fehler der anmeldung beheben"),
        ("rebuild the index\nwith all of the 12 details", "rebuild index"),
        ("compare one two three four five six seven", "compare one two three four"),
        ("thanks!", ""),
        ("12", ""),
        ("  \n", ""),
    ],
)
def test_the_type_of_a_text(text: str, kind: str) -> None:
    assert request_types.of_text(text) == kind


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("show me the NBA rankings for 3 March", "show me the NBA rankings"),
        ("show the rankings of March 3rd, 2026 @shop 1h", "show the rankings @shop 1h"),
        ("rankings from 2026-03-05 please", "rankings please"),
        ("tomorrow at 18:00, write the report", "write the report"),
        ("plan the sundae menu", "plan the sundae menu"),
        ("march through 3 pages", "march through 3 pages"),
        ("one line\nand another", "one line"),
    ],
)
def test_a_wording_for_another_day(text: str, rest: str) -> None:
    assert request_types.timeless(text) == rest


def test_commands_are_types_of_their_own_and_those_that_run_the_bot_are_never_offered() -> None:
    assert request_types.of_command("Brief") == "command:brief"
    assert request_types.command_of("command:brief") == "brief"
    assert request_types.command_of("show nba rankings") is None
    for name in ("brief", "queue", "week"):
        assert request_types.may_be_offered(request_types.of_command(name))
    for name in ("help", "start", "settings", "merge", "patterns", "nonsense"):
        assert not request_types.may_be_offered(request_types.of_command(name))
    assert request_types.may_be_offered("show nba rankings")


def test_a_type_from_outside_has_one_form() -> None:
    assert request_types.cleaned(" NBA_Rankings\n") == "nba_rankings"
    assert len(request_types.cleaned("x" * 500)) == request_types.MAX_LENGTH
    with pytest.raises(Refused, match="Name the type"):
        request_types.cleaned(" \n\0")


@given(st.text(max_size=400))
def test_any_text_has_a_short_type_that_stays_the_same(text: str) -> None:
    kind = request_types.of_text(text)

    assert len(kind) <= request_types.MAX_LENGTH
    assert len(kind.split()) <= request_types.MAX_WORDS
    assert request_types.of_text(text + "\nmore") in (kind, request_types.of_text(text.strip() + "\nmore"))
    assert len(request_types.timeless(text)) <= request_types.MAX_EXAMPLE
