"""Reads the words of a task, and its shell command, for what must never happen unasked.

What a text only talks about is no danger: a negation (“does not delete”), a label in quotation marks, the name of a
function, a part of the page (“delete button”), what users of the program can do, or work that describes, tests or
studies the dangerous thing. The words themselves stand in `core.dangers`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from core import command_words, dangers, deeds
from core.dangers import Danger
from core.hazards import Hazard
from core.model.category import Category
from core.model.decision import Decision, Risk, Verdict

LONGEST = 30_000
"""Characters that are read; no task has more."""

_OBJECT = 8
"""Words of the object of a verb that are looked at."""

_NEGATION = re.compile(
    r"(?:\b(?:not|never(?! expires)|without|about|avoid\w*|instead of|prevent\w*|nobody|no one|cannot|no longer|nothing"
    r"|stop)\b|n['’]t\b|\bno(?=(?:[ -]+[\w-]+){0,1}[ -]*$))"
    r"(?:[ '’-]+[\w-]+){0,4}[ '’-]*$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"“[^”\n]{0,200}”|\"[^\"\n]{0,200}\"|«[^»\n]{0,200}»|(?<!\w)'[^'\n]{1,200}'(?!\w)")
_CODE = re.compile(r"`([^`\n]{1,300})`")
_CALL = re.compile(r"\b[\w.]+\(\)?|\b\w+_\w+\b|[A-Z]+ /[\w/{}]+")
_SENTENCE = re.compile(r"[.!?;:\n→]+(?=\s|$)")
_WORD = re.compile(r"[^\s,()\"“”]+")
_NO_DEED = re.compile(
    r"\bdrag[ -](?:and|&)[ -]drop\b|\bempty states?\b|\btables? of contents\b|\bdrop[ -]?(?:down|zone|cap)s?\b",
    re.IGNORECASE,
)
_DOING = re.compile(
    r"(?:^|[.:;]\s*)\W*(?:put|paste|commit|delete|remove|wipe|drop|publish|send|upload)\b|run\b[^.\n]{0,40}\bagainst\b"
    r"|\b(?:add|put|write down|list|use)\b[^.\n]{0,30}\b(?:passwords?|credentials?|api keys?|secrets?"
    r"|real (?:customer|user)\w*)\b"
    r"|\b(?:in(?:to)?|against|on) prod(?:uction)?\b|\bno backup\b|\breal (?:access )?(?:tokens?|keys?|passwords?)",
    re.IGNORECASE | re.MULTILINE,
)
"""In a text that is about something, these are deeds."""

_IS_ABOUT = (Category.DOCUMENTATION, Category.TESTS, Category.RESEARCH)
_PHRASES = (
    (re.compile(r"\bget(?:s|ting)? rid of\b", re.IGNORECASE), "get-rid-of"),
    (re.compile(r"\bthrow(?:s|ing)? ((?:[\w',]+ ){0,3}?)(?:away|out)\b", re.IGNORECASE), r"throw-away \1"),
    (re.compile(r"\btear(?:s|ing)? down\b", re.IGNORECASE), "tear-down"),
    (
        re.compile(r"\b(take|clean|zero|thin|cut)(?:s|ing)? ((?:[\w',]+ ){0,5}?)(?:out|down)\b", re.IGNORECASE),
        r"\1-out \2",
    ),
)
"""Verbs of more than one word become one."""


_PASTED = re.compile(
    r"^[ \t]*(?:\[?\d{4}-\d\d-\d\d|\[?\d\d:\d\d|(?:INFO|WARN\w*|ERROR|DEBUG|TRACE)\b|Traceback|at \S+\().*$",
    re.MULTILINE,
)
"""Lines of a log that somebody has pasted."""


def scan(text: str, category: Category) -> list[Decision]:
    """What escalates a task by its title and description: at most one decision for each kind of danger."""
    title, _, description = _PASTED.sub(" ", text[:LONGEST]).partition("\n")
    found = [_escalated(hazard) for hazard in deeds.scan(title, description)]
    if not deeds.only_speaks(title) and category not in _IS_ABOUT:
        found += [decision for code in _CODE.findall(text[:LONGEST]) for decision in scan_command(code)]
    if category not in _IS_ABOUT or _DOING.search(text):
        found += map(_escalated, _by_phrases(deeds.meant(f"{title}\n{description}")))
    return list({decision.rule: decision for decision in reversed(found)}.values())[::-1]


def scan_command(command: str) -> list[Decision]:
    """What escalates a task by the shell command that it brings along; what is only searched for is no danger."""
    shown = re.sub(r"\b(?:grep|rg|ag|ack)\b[^|;&\n]*", "search", command[:LONGEST])
    found: list[Hazard] = [danger for danger, patterns in _COMMANDS if any(one.search(shown) for one in patterns)]
    found += command_words.scan(shown)
    return list({danger.rule: _escalated(danger) for danger in reversed(found)}.values())[::-1]


def _by_phrases(text: str) -> list[Danger]:
    """By the ways in which people write of a danger, and by verbs that do away with something."""
    plain = _CALL.sub(" code ", _CODE.sub(" code ", _QUOTED.sub(" quoted ", _NO_DEED.sub(" ", text))))
    rules = {danger.rule: danger for danger, patterns in _COMPILED if _speaks_of(plain, patterns)}
    loss, security = dangers.DANGERS[0], dangers.DANGERS[1]
    sentences = [sentence for sentence in _SENTENCE.split(plain) if sentence.strip()]
    if loss.rule not in rules and any(_destroys(one, sentences[:at]) for at, one in enumerate(sentences)):
        rules[loss.rule] = loss
    if security.rule not in rules and any(map(_touches_security, sentences)):
        rules[security.rule] = security
    return list(rules.values())


def _speaks_of(text: str, patterns: Iterable[re.Pattern[str]]) -> bool:
    found = (match for pattern in patterns for match in pattern.finditer(text))
    return any(not _is_negated(text, match.start()) for match in found)


def _is_negated(text: str, position: int) -> bool:
    before = re.split(r"[.!?;:\n]", text[max(position - 60, 0) : position])[-1]
    return _NEGATION.search(before) is not None


def _touches_security(sentence: str) -> bool:
    """It changes who may do what, unless it is only about how something looks."""
    topics = [match for match in dangers.SECURITY_TOPIC.finditer(sentence) if not _is_negated(sentence, match.start())]
    if not topics or dangers.APPEARANCE.search(sentence):
        return False
    return dangers.SECURITY_DEED.search(sentence) is not None


def _destroys(sentence: str, before: Sequence[str]) -> bool:
    """Some verb in it does away with something that somebody would miss, or that was named before."""
    for pattern, verb in _PHRASES:
        sentence = pattern.sub(verb, sentence)
    live = re.search(r"\b(?:prod|production|live|staging)\b", sentence, re.IGNORECASE) is not None
    named = [word.lower() for one in before for word in _WORD.findall(one)]
    spoken = [(match.group().lower().rstrip(".'’"), match.start()) for match in _WORD.finditer(sentence)]
    return any(
        _is_loss([word for word, _ in spoken], at, named, live) and not _is_negated(sentence, start)
        for at, (_, start) in enumerate(spoken)
    )


def _is_loss(spoken: Sequence[str], at: int, named: Sequence[str], live: bool) -> bool:
    verb = next((form for form in _base_forms(spoken[at]) if form in dangers.DESTROY or form in dangers.REMOVE), None)
    if verb is None or (at and spoken[at - 1] in dangers.NOUN_BEFORE | dangers.ABILITY):
        return False
    if at >= 2 and spoken[at - 2] in dangers.ABILITY and spoken[at - 1] in ("to", "easily", "also"):
        return False
    what = list(_object(spoken[at + 1 :]))
    if not what or (spoken[at].endswith("ing") and what[0] in ("a", "an", "the") and at == 0):
        return False  # “Deleting a comment leaves an empty box”: what happens then
    if _is_display(spoken[at + 1 :]):
        return False
    head = [word.rstrip("'’s") if word.endswith(("'s", "’s")) else word for word in what]
    if head[-1] in dangers.HARMLESS or any(word in dangers.HARMLESS for word in head[:3]):
        return False
    if head[0] in dangers.PRONOUNS:
        return any(word in dangers.DATA for word in (*named, *spoken[:at]))
    return verb in dangers.DESTROY or live or any(word in dangers.DATA or word in dangers.LEFTOVERS for word in head)


def _is_display(following: Sequence[str]) -> bool:
    """“The column from the report view”: it is only shown there."""
    place = next((n for n, word in enumerate(following[:_OBJECT]) if word in ("from", "in", "of")), None)
    if place is None or following[place - 1].rstrip("s") not in ("column", "row", "table"):
        return False
    return any(word in dangers.SHOWN for word in following[place + 1 : place + 5])


def _object(following: Sequence[str]) -> Iterator[str]:
    """The words after a verb up to the end of its object; a second verb (“drop and recreate”) is passed over."""
    if len(following) > 1 and following[0] in ("and", "or"):
        following = following[2:]
    if following[:1] == ["on"]:  # “run TRUNCATE on accounts”
        following = following[1:]
    for word in following[:_OBJECT]:
        if word in dangers.STOPS:
            return
        yield word


def _base_forms(word: str) -> Iterator[str]:
    """A verb by its base form, its -s and its -ing; participles (“deleted”) only describe, and give none."""
    yield word
    if word.endswith("es"):
        yield word[:-2]
    if word.endswith("ies"):
        yield f"{word[:-3]}y"
    if word.endswith("s"):
        yield word[:-1]
    if word.endswith("ing"):
        stem = word[:-3]
        yield from (stem, f"{stem}e", stem[:-1])


def _escalated(danger: Hazard) -> Decision:
    return Decision(verdict=Verdict.ESCALATE, rule=danger.rule, reason=danger.reason, risk=Risk.HIGH)


def _compiled(known: Sequence[Danger]) -> list[tuple[Danger, list[re.Pattern[str]]]]:
    return [(danger, [re.compile(one, re.IGNORECASE) for one in danger.patterns]) for danger in known]


_COMPILED = _compiled(dangers.DANGERS)
_COMMANDS = _compiled(dangers.COMMANDS)
