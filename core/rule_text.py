"""Rules as people say them: “don't auto-approve infrastructure in project shop”, “allow research to run by itself”."""

import re
from collections.abc import Collection

import msgspec

from core import categories
from core.errors import Refused
from core.model.category import Category
from core.model.decision import Rule, Verdict
from core.model.ids import ProjectName

_PROJECT = r"(?:\s+(?:in|for|of|on)\s+(?:the\s+)?(?:project\s+)?@?(?P<project>[\w.-]+))?"
_WHAT = r"(?P<what>[\w/ -]+?)"
_FREELY = r"(?:by\s+(?:itself|themselves)|without\s+asking(?:\s+me)?|automatically)"


class _Sentence(msgspec.Struct, frozen=True):
    verdict: Verdict
    pattern: str
    explicit: bool = True
    """It can be nothing but a rule, so that an unknown category in it is a mistake."""


_SENTENCES = (
    _Sentence(Verdict.ASK, rf"(?:please )?(?:do not|don['’]?t|never|stop) auto[- ]?approv(?:e|ing) {_WHAT}{_PROJECT}"),
    _Sentence(
        Verdict.ASK, rf"(?:do not|don['’]?t|never) (?:run|build|start|let) {_WHAT}(?: run)? {_FREELY}{_PROJECT}", False
    ),
    _Sentence(
        Verdict.ASK, rf"(?:always )?ask(?: me)?(?: first)? before (?:running |building )?{_WHAT}{_PROJECT}", False
    ),
    _Sentence(Verdict.ASK, rf"(?:always ask|ask me|always ask me)(?: first)? (?:about|for) {_WHAT}{_PROJECT}", False),
    _Sentence(
        Verdict.RUN,
        rf"(?:please )?(?:allow|let|permit) {_WHAT}(?: to)?(?: run| be built| start)? {_FREELY}{_PROJECT}",
        False,
    ),
    _Sentence(Verdict.RUN, rf"(?:please )?(?:always )?auto[- ]?approve {_WHAT}{_PROJECT}"),
    _Sentence(Verdict.RUN, rf"run {_WHAT} (?:by (?:itself|themselves)|without asking(?: me)?){_PROJECT}", False),
)
_COMPILED = [(sentence, re.compile(sentence.pattern, re.IGNORECASE)) for sentence in _SENTENCES]
_ABOUT_AMOUNTS = re.compile(r"\d|\b(?:of|below|above|under|over|from|by|with|when|if|than|for|in|to)\b", re.IGNORECASE)
"""“Auto-approve orders below 10 dollars” is a feature of somebody's shop."""
_INNER = re.compile(rf"{_WHAT}{_PROJECT[:-1]}", re.IGNORECASE)
_EVERYTHING = ("everything", "anything", "all", "any", "all tasks", "any task", "all categories")
_LONGEST = 200
_FILLER = re.compile(r"^(?:all|any|the|every)\s+|\s+(?:tasks?|work|builds?|ones?)$", re.IGNORECASE)


class ParsedRule(msgspec.Struct, frozen=True):
    """What a sentence asks for."""

    verdict: Verdict
    category: Category | None
    """None: every category."""
    project: ProjectName | None
    """None: every project."""


def parse(text: str, projects: Collection[ProjectName]) -> ParsedRule | None:
    """The rule that a sentence states; None for every other text.

    Raises Refused, naming what there is, for a sentence that states a rule about an unknown category or project.
    """
    said = " ".join(text.strip().rstrip(".!").split())
    if len(said) > _LONGEST:
        return None
    for sentence, pattern in _COMPILED:
        match = pattern.fullmatch(said)
        if match is not None:
            return _rule(sentence, match["what"], match["project"], projects)
    return None


def describe(rule: Rule) -> str:
    """“Infrastructure in project shop asks first”."""
    what = rule.category.value if rule.category is not None else "Everything"
    where = f" in project {rule.project}" if rule.project is not None else ""
    return f"{what}{where} {'runs by itself' if rule.verdict is Verdict.RUN else 'asks first'}"


def _rule(sentence: _Sentence, what: str, project: str | None, projects: Collection[ProjectName]) -> ParsedRule | None:
    known = {name.casefold(): name for name in projects}
    inner = _INNER.fullmatch(what) if project is None else None
    if inner is not None and inner["project"].casefold() in known:  # “let docs in shop run by itself”
        what, project = inner["what"], inner["project"]
    name = what.casefold().removeprefix("project ")
    if project is None and name in known:
        return ParsedRule(sentence.verdict, None, known[name])
    category = categories.find(_FILLER.sub("", what))
    if category is None and name not in _EVERYTHING:
        if not sentence.explicit or _ABOUT_AMOUNTS.search(what):
            return None
        listed = ", ".join(one.value for one in Category)
        raise Refused(f"“{what[:40]}” is no category. A rule is about one of: {listed}; or about everything.")
    if project is not None and project.casefold() not in known:
        if not sentence.explicit:
            return None
        raise Refused(f"There is no project “{project[:40]}”. Registered: {', '.join(projects) or 'none yet'}.")
    return ParsedRule(sentence.verdict, category, known[project.casefold()] if project is not None else None)
