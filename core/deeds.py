"""Reads a task for deeds that are dangerous: what is done to what, and whether it is meant to be done."""

import re
from collections.abc import Iterator, Sequence

from core import vocabulary as words
from core.clauses import Clause, Object, Word, read, singular
from core.hazards import BREAKING, CONSEQUENCES, DATA_LOSS, DENIAL, FIXED, FLAW, SECURITY, Hazard

_AWAY = re.compile(
    r"^(?:(?:please|just|simply|so|then|better|and|we can|we should|let us|you can|simplest is to) "
    r"){0,3}(?:leave (?:it|them|that|this|those) out"
    r"|(?:skip|ignore|disable|drop|remove|bypass|delete|omit|lift|stop|weaken|loosen|relax) (?:it|them|that"
    r"|this|those)\b|take (?:it|them|that) out"
    r"|do without|get rid of (?:it|them)|turn (?:it|them|that) off|switch (?:it|them|that) off|delete\b$)"
)
_CONTROL = re.compile(
    r"\b(?:signature|certificate|permission|password|login|auth\w*|encryption|2fa|captcha|csrf|token|tls|ssl"
    r"|firewall|access|ownership|origin"
    r"|security|virus|rate|role|licen[cs]e) (?:check|validation|verification|scan|prompt|protection|limit|rule"
    r"|step|test|control)s?\b|\bknown (?:hole|cve|issue|flaw)s?\b"
    r"|\b(?:firewall|encryption|authentication|authorization|two-factor|2fa|captcha|sandbox|rate limits?)\b"
)
_IN_PASSING = re.compile(
    r"\b(?:before|after|when|while|once|until|if|whenever|unless) (?:an?|the|all|their|its|some) (?:[\w-]+ ){1,4}"
    r"(?:is|are|was|were|gets?|has been) \w+",
    re.IGNORECASE,
)
"""What happens some time, and is not asked for: “before an account is deleted”."""
_CONDITION = re.compile(
    r"\b(?:when|while|whenever|if|after|during|in case)\b"
    r"|(?<!by )\b(?:delet|remov|dropp|clear|purg|truncat|eras|wip|resett)ing\b",
    re.IGNORECASE,
)
"""Where it begins what the program does that is mended."""


def scan(title: str, description: str = "") -> list[Hazard]:
    """The hazards that a task speaks of and means, each once; nothing that is denied, tested or only described."""
    explained = only_speaks(title)
    titles, more = list(read(title)), list(read(description))
    found = [hazard for clause in titles for hazard in _in_clause(clause, told=False)]
    found += [hazard for clause in more for hazard in _in_clause(clause, told=explained)]
    return list(dict.fromkeys([*found, *_by_pronoun([*titles, *more])]))


def only_speaks(title: str) -> bool:
    """Whether a title announces a text, a test or a study, and nothing else."""
    first = next(read(title), None)
    return first is not None and first.speaks


def meant(text: str) -> str:
    """A text without the clauses that only speak of something, and what happens “when ...” to a mended thing."""
    kept = []
    for clause in read(text):
        if clause.speaks:
            continue
        plain = _IN_PASSING.sub(" ", clause.original)
        if clause.verb in words.MEND:
            plain = f"{_CONDITION.split(plain, maxsplit=1)[0]}. "
        kept.append(plain)
    return "".join(kept)


def _in_clause(clause: Clause, *, told: bool) -> Iterator[Hazard]:
    """`told`: it explains a task that only speaks of things, so only what it commands counts."""
    told = told and clause.main < 0
    if not (told or clause.speaks):
        yield from (hazard for hazard, pattern in FIXED if _is_told(pattern, clause.text))
        yield from _by_consequence(clause)
        if _has_flaw(clause):
            yield SECURITY
    for place, word in enumerate(clause.words):
        verb = word.verb if word.verb in words.DEEDS else words.NOMINAL.get(word.noun, "")
        if verb and not word.glued and not _is_a_noun(clause, place):
            hazards = list(_of_deed(verb, _done_to(clause, place)))
            if hazards and _is_meant(clause, place, told=told):
                yield from hazards


def _is_told(pattern: re.Pattern[str], text: str) -> bool:
    match = pattern.search(text)
    return match is not None and DENIAL.search(text[: match.start()]) is None


def _by_consequence(clause: Clause) -> Iterator[Hazard]:
    """By what follows from it; not what happens “when ...” to something that is mended."""
    mends = clause.verb in words.MEND | words.TELL
    text = _CONDITION.split(clause.text, maxsplit=1)[0] if mends else clause.text
    for hazard, patterns in CONSEQUENCES:
        if any(_is_told(pattern, text) for pattern in patterns):
            yield hazard


def _by_pronoun(clauses: Sequence[Clause]) -> Iterator[Hazard]:
    """“The signature check is slow. Leave it out”: what was named before is meant."""
    for place, clause in enumerate(clauses):
        if clause.speaks or _AWAY.search(clause.text) is None or DENIAL.search(clause.text) is not None:
            continue
        if any(_CONTROL.search(one.text) for one in clauses[max(0, place - 2) : place + 1] if not one.speaks):
            yield SECURITY


def _has_flaw(clause: Clause) -> bool:
    """Whether it names a flaw or an attack, and not a tool or a text about such."""
    text = clause.text.replace("-", " ")
    for match in FLAW.finditer(text):
        following = text[match.end() :].split(maxsplit=1)[:1]
        known = not words.NEGATIONS.isdisjoint(text[: match.start()].split()[-2:])
        if not known and not (following and singular(following[0]) in words.ABOUT_FLAWS):
            return True
    return False


def _of_deed(verb: str, objects: list[Object]) -> Iterator[Hazard]:
    """What can go wrong when the verb is done to these."""
    direct = list(_direct(objects))
    if verb in words.DESTROY | words.REMOVE | {"lose"} and any(_is_lost(verb, each, objects) for each in direct):
        yield DATA_LOSS
    if any(_is_weakened(verb, each) for each in direct) or (
        verb in words.GRANT and any(each.has(words.POWER) for each in objects)
    ):
        yield SECURITY
    if any(_is_withdrawn(verb, each) for each in direct):
        yield BREAKING


def _direct(objects: list[Object]) -> Iterator[Object]:
    """What the verb is done to: the direct objects; behind a head that says nothing, also what it is of or in."""
    says_nothing = False
    for place, each in enumerate(objects):
        is_listed = place == 0 or each.link in ("and", "or", ",")
        if not is_listed and not (says_nothing and each.link in words.OF):
            return
        yield each
        says_nothing = each.head in words.GENERIC or not each.words or (says_nothing and is_listed)


def _is_lost(verb: str, thing: Object, objects: list[Object]) -> bool:
    """Whether it is data, and the verb means its loss; for weak verbs it has to be clear whose it is."""
    if thing.has(words.HARMLESS) or thing.head in words.CODE_WORDS or thing.head not in words.DATA:
        return False
    if verb in ("format", "reformat") and thing.head in ("disk", "drive", "partition", "volume"):
        return True
    if verb in words.DESTROY:
        is_sure = thing.head not in words.HARMLESS_ALONE or (verb, thing.head) == ("drop", "column")
        return is_sure or any(each.has(words.ALL | words.OWNED) for each in objects)
    return (
        thing.head not in words.AMBIGUOUS
        or thing.has(words.OWNED - {"user", "customer"})
        or (thing.has(words.OWNED) and len(thing.words) > 1)
        or any(each.has(words.OWNED) for each in objects[1:])
    )


def _is_weakened(verb: str, thing: Object) -> bool:
    """Whether a credential is handled, or something that protects is taken away."""
    if thing.has(words.HARMLESS - words.STILL_SECRET):
        return False
    if verb in words.HANDLE_CREDENTIAL and _is_secret(verb, thing):
        return True
    if verb not in words.WEAKEN:
        return False
    if thing.head in words.GUARDS and thing.has(words.GUARDED | {"security"}):
        return True
    if thing.head == "login":
        return verb in ("disable", "bypass", "skip")
    return thing.head in words.CONTROLS or thing.head == "security" or thing.words[-2:] == ("security", "group")


def _is_secret(verb: str, thing: Object) -> bool:
    if thing.head in words.KEYS:
        return thing.has(words.KEY_KINDS) or verb == "revoke" or (thing.head == "token" and verb in words.SHOWING)
    if thing.head in ("data", "detail", "information"):
        return thing.has(words.PERSONAL_KINDS) and verb in words.SHOWING | {"email", "send", "log"}
    if thing.head == "number":
        return thing.has(frozenset({"card", "security"}))
    return thing.head in words.CREDENTIALS | words.PERSONAL or thing.has(frozenset({"env", "dotenv"}))


def _is_withdrawn(verb: str, thing: Object) -> bool:
    """Whether something that others rely on is broken, changed or taken away."""
    if verb in words.BREAK:
        return thing.has(words.RELIERS) and thing.head not in words.CODE_WORDS - words.RELIERS
    if verb not in words.WITHDRAW or thing.has(words.INTERNAL):
        return False
    if thing.head in words.SUPPORT:
        return verb not in ("rename", "change", "alter", "rework", "replace", "modify")
    is_part = thing.head in words.INTERFACE_PARTS and thing.has(words.PUBLIC | words.INTERFACE)
    return is_part or thing.head in words.INTERFACE


def _done_to(clause: Clause, place: int) -> list[Object]:
    """The objects: after the verb; before it in the passive, or before the noun that names the deed."""
    word = clause.words[place]
    if word.verb and word.form != "ed":
        return clause.objects(place + 1)
    if word.verb:
        is_passive = any(each.text in words.AUXILIARIES for each in clause.words[max(0, place - 4) : place])
        return _named_before(clause, place) if is_passive else []  # “deleted users”: those that are so already
    after = clause.objects(place + 1)
    if after[0].words:
        return []
    of = [Object("", each.words) for each in after[1:] if each.link in ("of", "to", "from")]
    return of[:1] or _named_before(clause, place)


def _named_before(clause: Clause, place: int) -> list[Object]:
    """The noun phrase that ends before a place, or before the auxiliaries there."""
    phrase: list[str] = []
    for word in reversed(clause.words[max(0, place - 8) : place]):
        if word.text in words.AUXILIARIES | words.MODALS | {"not", "never"} or word.text.endswith("ly"):
            continue
        if phrase and _ends_phrase(word):
            break
        if word.text not in words.DETERMINERS:
            phrase.insert(0, word.noun)
    return [Object("", tuple(phrase))] if phrase else []


def _ends_phrase(word: Word) -> bool:
    is_order = word.form == "base" and word.verb in words.DO | words.SPEAK
    return is_order or word.text in words.PREPOSITIONS | words.STOPS | {",", "and", "or"}


def _is_a_noun(clause: Clause, place: int) -> bool:
    """Whether a word that could be a verb stands as a noun or quality: “the delete button”, “a password reset”."""
    word = clause.words[place]
    if word.form == "adjective":
        return True
    if not word.verb or place == 0:
        return False
    before = clause.words[place - 1]
    if before.glued:
        return before.text not in ("auto", "hard", "force", "mass", "bulk", "re", "batch")
    if before.text in words.DETERMINERS - {"that", "this"} and word.form in ("base", "s", "ing"):
        return True
    return word.form == "base" and before.text == before.noun and before.noun in words.QUALIFYING


def _is_meant(clause: Clause, place: int, *, told: bool) -> bool:
    """Whether the deed is to be done, and not denied, hindered, tested, described, or what the program does anyway."""
    if _is_denied(clause, place):
        return False
    word = clause.words[place]
    if clause.spoken_of or _is_condition(clause, place):
        return False
    if clause.main == place or _is_coordinate(clause, place):
        return True
    if told or clause.speaks:
        return False
    if clause.main < 0 or clause.main > place:
        return not any(each.noun in words.INTERFACE_WORDS for each in clause.words[:place])
    if word.form == "ing" and clause.words[place - 1].text in words.SUBORDINATE | {"after", "on", "for", "by", "of"}:
        return False
    between = clause.words[clause.main + 1 : place]
    if clause.verb in words.MAKE and any(each.noun in words.CARRIERS for each in between):
        return True
    if clause.verb in words.DO or any(each.noun in words.INTERFACE_WORDS for each in between):
        return False
    return not (word.verb and word.form == "s" and any(each.text in words.SUBORDINATE for each in between))


def _is_condition(clause: Clause, place: int) -> bool:
    """“When I delete a row”, “before an account is deleted”: it happens some time, and nobody asks for it."""
    before = clause.before(place)
    if clause.words[0].text in ("when", "if", "while", "whenever", "once", "unless") and len(before) == place:
        return True
    return clause.words[place].form == "ed" and not words.CONDITIONS.isdisjoint(before)


def _is_denied(clause: Clause, place: int) -> bool:
    """A negation or something that hinders stands before it, with nothing in between that ends its reach."""
    before = clause.before(place)
    for distance, text in enumerate(before[:7]):
        verb = next((each.verb for each in clause.words[:place] if each.text == text), "")
        if text in words.NEGATIONS:
            return not (text == "without" and distance > 1) and not (text == "no" and distance > 2)
        if (text in words.HINDER or verb in words.HINDER) and distance < 6:
            return True
        if text in ("and", "then", "but") and distance < 2 and clause.words[place].form == "base":
            return False
    return False


def _is_coordinate(clause: Clause, place: int) -> bool:
    """A second order in the same clause: “..., and rotate the keys”, “then drop it”; not “how to make and drop”."""
    if clause.words[place].form != "base" or place == 0:
        return False
    is_joined = clause.words[place - 1].text in (",", "and", "then", "please")
    return is_joined and not any(each.text in words.BINDING for each in clause.words[:place])
