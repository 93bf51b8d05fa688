"""Words that escalate a task of any category: by what is done to what, whether it is meant, and by its shell command."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core import consequences
from core import vocabulary as words
from core.clauses import Clause, Object, read, singular


@dataclass(frozen=True)
class Hazard:
    """What can go wrong."""

    rule: str
    reason: str


DATA_LOSS = Hazard("wording: data loss", "it speaks of deleting data")
SECURITY = Hazard("wording: security", "it concerns security")
BREAKING = Hazard("wording: breaking change", "it breaks what others rely on")
EMERGENCY = Hazard("wording: emergency", "it speaks of an emergency")


def scan(title: str, description: str = "") -> list[Hazard]:
    """The hazards that a task speaks of and means, each once; nothing that is denied, tested or only described."""
    spoken_of = only_speaks(title)
    clauses = [*read(title), *read(description)]
    titles = len(list(read(title)))
    found = [hazard for n, clause in enumerate(clauses) for hazard in _in_clause(clause, told=spoken_of and n >= titles)]
    return list(dict.fromkeys([*found, *_by_pronoun(clauses)]))


def _by_pronoun(clauses: Sequence[Clause]) -> Iterable[Hazard]:
    """“The signature check is slow. Leave it out”: what was named before is meant."""
    for place, clause in enumerate(clauses):
        if clause.speaks or _AWAY.search(clause.text) is None or _DENIAL.search(clause.text):
            continue
        for earlier in clauses[max(0, place - 2) : place + 1]:
            if earlier.speaks:
                continue
            if _CONTROL.search(earlier.text):
                yield SECURITY


def only_speaks(title: str) -> bool:
    """Whether a title announces a text, a test or a study, and nothing else."""
    first = next(read(title), None)
    return first is not None and first.speaks


def meant(text: str) -> str:
    """A text without the clauses that only speak of something, and without what happens “when ...” to a mended thing."""
    kept = []
    for clause in read(text):
        if clause.speaks:
            continue
        text = _IN_PASSING.sub(" ", clause.original)
        if clause.main >= 0 and clause.words[clause.main].verb in words.MEND:
            text = f"{_CONDITION.split(text, maxsplit=1)[0]}. "
        kept.append(text)
    return "".join(kept)


def _in_clause(clause: Clause, *, told: bool) -> Iterable[Hazard]:
    """`told`: it explains a task that only speaks of things, so only what it commands counts."""
    told = told and clause.main < 0
    for hazard, pattern in _FIXED:
        match = pattern.search(clause.text)
        if match and not (told or clause.speaks or _DENIAL.search(clause.text[: match.start()])):
            yield hazard
    if not (told or clause.speaks):
        yield from _by_consequence(clause)
    for place, word in enumerate(clause.words):
        deed = word.verb if word.verb in words.DEEDS else words.NOMINAL.get(word.noun, "")
        if deed and not word.glued:
            hazards = _deed(clause, place, deed)
            if hazards and _is_meant(clause, place, told=told):
                yield from hazards
    yield from _flaws(clause, told=told)


_AWAY = re.compile(
    r"^(?:(?:please|just|simply|so|then|better|and|we can|we should|let us|you can|simplest is to) ){0,3}(?:leave (?:it|them|that|this|those) out"
    r"|(?:skip|ignore|disable|drop|remove|bypass|delete|omit|lift|stop|weaken|loosen|relax) (?:it|them|that|this|those)\b|take (?:it|them|that) out"
    r"|do without|get rid of (?:it|them)|turn (?:it|them|that) off|switch (?:it|them|that) off|delete\b$)"
)
_CONTROL = re.compile(
    r"\b(?:signature|certificate|permission|password|login|auth\w*|encryption|2fa|captcha|csrf|token|tls|ssl|firewall|access|ownership|origin"
    r"|security|virus|rate|role|licen[cs]e) (?:check|validation|verification|scan|prompt|protection|limit|rule|step|test|control)s?\b|\bknown (?:hole|cve|issue|flaw)s?\b"
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
_DENIAL = re.compile(r"\b(?:no|not|without|avoid\w*|prevent\w*|never|any|protect\w*|instead of|when|if|while|against|detect\w*)"
                     r"(?: \w+){0,2} ?$")  # fmt: skip
_FIXED = (
    (DATA_LOSS, re.compile(r"\brm -[rf]+\b|\bforce[- ]push\w*|push\w* (?:-f\b|--force)|\breset -*hard\b|\bdrop (?:table|database|schema)\b|\bdelete from \w"
                           r"|\bdata ?-?loss\b|\btruncate table\b|\bflush(?:all|db)\b"
                           r"|\b(?:rewrite|rewriting|squash) (?:the )?(?:\w+ )?(?:git |public |branch )?history\b")),
    (BREAKING, re.compile(r"\b(?:breaking (?:api |schema |public )?changes?|backwards? incompatib\w+"
                          r"|(?:not|no longer|isn't|without|lose|drop) (?:be )?(?:backwards?|downwards?) compatib\w+"
                          r"|incompatible (?:with (?:all |the |our )?(?:existing|old|older|current|previous)|change|api)"
                          r"|(?:require|force|make) (?:all |every |existing |our |the )*(?:api )?"
                          r"(?:clients?|users?|consumers?|integrations?|customers?) (?:to )?(?:upgrade|update|migrate|change)"
                          r"|(?:clients?|consumers?|integrations?|callers?) (?:will|must|have to|need to|has to) "
                          r"(?:\w+ )?(?:upgrade|update|migrate|change|adapt|break|fail|stop))\b")),
    (SECURITY, re.compile(r"\bmake (?:the |our )*(?:\w+ ){1,4}public(?:ly)?(?: \w*(?:readable|accessible|available|writable))?$"
                          r"|\b(?:world|publicly) (?:readable|writable|accessible)\b|\bchmod (?:-r )?0?777\b"
                          r"|\b(?:anonymous|unauthenticated|unrestricted|root) (?:access|logins?|requests?|users?)\b"
                          r"|\bwithout (?:any )?(?:authentication|auth|authorization|a password|password|login|logging in)\b"
                          r"|\b(?:allow|accept|trust) (?:all|any|every) (?:origins?|hosts?|certificates?|ips?)\b"
                          r"|\b(?:to|from) (?:the )?(?:whole |entire |public )?(?:internet|world|0.0.0.0)\b"
                          r"|\bplain ?-?text (?:passwords?|credentials|secrets?)|(?:passwords?|credentials|secrets?|tokens?) "
                          r"(?:\w+ )?in (?:plain ?-?text|clear ?text|the clear)\b|\bunencrypted\b")),
    (EMERGENCY, re.compile(r"\b(?:disk|memory|ram|swap|storage|partition|volume|server)(?: space)? "
                           r"(?:is |are )?(?:almost |nearly |completely |at |over |\d+ ?% )*(?:full|exhausted|(?:9\d|100) ?%)(?!\w)"
                           r"|\b(?:running|ran|run|we are|is|almost) out of (?:disk|memory|storage|space|ram|swap|inodes)\b"
                           r"|\b(?:production|prod|site|server|service|shop|api|database|website) (?:is|went|are) "
                           r"(?:currently |completely )?down\b|\boutage\b|\bno space left\b")),
)  # fmt: skip
"""Phrases that need no grammar."""
_TOLD = [
    (hazard, [re.compile(pattern) for pattern in patterns])
    for hazard, patterns in (
        (DATA_LOSS, consequences.LOSS),
        (SECURITY, consequences.SECURITY),
        (BREAKING, consequences.BREAKING),
        (EMERGENCY, consequences.EMERGENCY),
    )
]


def _by_consequence(clause: Clause) -> Iterable[Hazard]:
    """By what follows from it; not what happens “when ...” to something that is mended."""
    main = clause.words[clause.main].verb if clause.main >= 0 else ""
    text = _CONDITION.split(clause.text, maxsplit=1)[0] if main in words.MEND | words.TELL else clause.text
    for hazard, patterns in _TOLD:
        for pattern in patterns:
            match = pattern.search(text)
            if match is not None and not _DENIAL.search(text[: match.start()]):
                yield hazard
                break


def _deed(clause: Clause, place: int, verb: str) -> list[Hazard]:
    """What a verb is done to, and so what it means; nothing when it is harmless."""
    word = clause.words[place]
    if word.form == "adjective" or _is_a_noun(clause, place):
        return []
    objects = _done_to(clause, place, verb)
    checks = ((_loses, DATA_LOSS), (_weakens, SECURITY), (_withdraws, BREAKING))
    return [hazard for check, hazard in checks if check(verb, objects)]


def _done_to(clause: Clause, place: int, verb: str) -> list[Object]:
    """The objects: after the verb; before it in the passive, or before the noun that names the deed."""
    word = clause.words[place]
    if word.verb and word.form != "ed":
        return clause.objects(place + 1)
    if not word.verb:
        after = clause.objects(place + 1)
        of = [Object("", each.words) for each in after[1:] if each.link in ("of", "to", "from")][:1]
        if of and not after[0].words:
            return of
        if after and after[0].words:
            return []
    names = [each for each in clause.words[max(0, place - 8) : place]]
    if word.verb and not any(each.text in words.AUXILIARIES for each in names[-4:]):
        return []  # “deleted users”: those that are so already
    phrase: list[str] = []
    for each in reversed(names):
        if each.text in words.AUXILIARIES | words.MODALS or each.text in ("not", "never") or each.text.endswith("ly"):
            continue
        if (each.text in words.PREPOSITIONS | words.STOPS | {",", "and", "or"} or each.verb and each.form == "base" and each.verb in words.DO | words.SPEAK) and phrase:  # fmt: skip
            break
        if each.text not in words.DETERMINERS:
            phrase.insert(0, each.noun)
    return [Object("", tuple(phrase))] if phrase else []


def _is_a_noun(clause: Clause, place: int) -> bool:
    """Whether a word that could be a verb stands as a noun or quality: “the delete button”, “a password reset”."""
    word = clause.words[place]
    if not word.verb:
        return False
    before = clause.words[place - 1] if place else None
    if before is None:
        return False
    if before.glued and before.text not in ("auto", "hard", "force", "mass", "bulk", "re", "batch"):
        return True
    if before.text in words.DETERMINERS - {"that", "this"} and word.form in ("base", "s", "ing"):
        return True
    return word.form == "base" and before.noun in words.CREDENTIALS | words.INTERFACE | {"account", "schema", "column"} and before.text not in words.MODALS and not before.text.endswith("s")


def _direct(objects: list[Object]) -> Iterable[Object]:
    """What the verb is done to: the direct objects; behind a head that says nothing, also what it is of or in."""
    generic = False
    for place, each in enumerate(objects):
        if place == 0 or each.link in ("and", "or", ",", "") or generic and each.link in ("of", "in", "from", "on", "to", "about", "for", "with", "across"):  # fmt: skip
            yield each
            generic = generic and each.link in ("and", "or", ",") or each.head in words.GENERIC or not each.words
        else:
            return


def _loses(verb: str, objects: list[Object]) -> bool:
    if verb not in words.DESTROY | words.REMOVE | {"lose"}:
        return False
    whole = any(each.has(words.ALL | words.OWNED) for each in objects)
    for each in _direct(objects):
        if each.has(words.HARMLESS) or each.head in words.CODE_WORDS or each.head not in words.DATA:
            continue
        owned = each.has(words.OWNED) or len(each.words) > 1 and each.has(words.ALL) or whole
        if verb in ("format", "reformat") and each.head in ("disk", "drive", "partition", "volume"):
            return True
        if verb in words.DESTROY:
            if each.head not in words.HARMLESS_ALONE or owned or (verb, each.head) == ("drop", "column"):
                return True
        elif each.head not in words.AMBIGUOUS or each.has(words.OWNED - {"user", "customer"}) or (each.has(words.OWNED) and len(each.words) > 1) or any(part.has(words.OWNED) for part in objects[1:]):
            return True
    return False


def _weakens(verb: str, objects: list[Object]) -> bool:
    for each in _direct(objects):
        head = each.head
        if each.has(words.HARMLESS - {"session", "html", "csv", "dev", "development", "local", "memory", "ci"}):
            continue
        if verb in words.HANDLE_CREDENTIAL and (
            head in words.CREDENTIALS | words.PERSONAL
            or head in words.KEYS and (each.has(words.KEY_KINDS) or verb in words.SHOWING and head == "token" or verb == "revoke")
            or each.has(frozenset({"env", "dotenv"})) or (head == "number" and each.has(frozenset({"card", "security"})))
            or head in ("data", "detail", "information") and each.has(frozenset({"personal", "sensitive", "customer", "private"})) and verb in words.SHOWING | {"email", "publish", "log", "send"}
        ):  # fmt: skip
            return True
        if verb in words.WEAKEN and (
            head in words.CONTROLS or (head in words.GUARDS and each.has(words.GUARDED)) or (head in words.GUARDS and verb in ("bypass", "disable") and "security" in each.words)
            or head == "security" or head == "login" and verb in ("disable", "bypass", "skip")
            or head == "group" and "security" in each.words
        ):  # fmt: skip
            return True
        if verb in words.GRANT and any(part.has(words.POWER) for part in objects):
            return True
    return False


def _withdraws(verb: str, objects: list[Object]) -> bool:
    for each in _direct(objects):
        if verb in words.BREAK and each.has(words.RELIERS) and each.head not in words.CODE_WORDS - words.RELIERS:
            return True
        if verb not in words.WITHDRAW - {"make", "move", "merge", "stop", "kill"} or each.has(frozenset({"private", "internal", "test", "unused", "mock"})):
            continue
        if each.head in words.INTERFACE or (each.head in words.INTERFACE_PARTS and each.has(words.PUBLIC | words.INTERFACE)):
            return True
        if each.head in words.SUPPORT and verb in ("drop", "remove", "end", "discontinue", "stop", "withdraw", "cease", "abandon", "deprecate"):
            return True
    return False


def _is_meant(clause: Clause, place: int, *, told: bool) -> bool:
    """Whether the deed is to be done, and not denied, hindered, tested, described, or what the program does anyway."""
    if _is_denied(clause, place):
        return False
    word = clause.words[place]
    if clause.spoken_of or _is_condition(clause, place):
        return False
    if clause.main == place:
        return True
    if _is_coordinate(clause, place):
        return True
    if told or clause.speaks:
        return False
    if clause.main < 0 or clause.main > place:
        return not any(each.noun in words.INTERFACE_WORDS for each in clause.words[:place])
    main = clause.words[clause.main]
    link = clause.words[place - 1].text
    if word.form == "ing" and (link in words.SUBORDINATE or link in ("after", "on", "for", "by", "of")):
        return False
    between = clause.words[clause.main + 1 : place]
    if main.verb in words.MAKE and any(each.noun in words.CARRIERS for each in between):
        return True
    if main.verb in words.DO or any(each.noun in words.INTERFACE_WORDS for each in between):
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
    """A second order in the same clause: “..., and rotate the keys”, “then drop it”; or a duty: “must be deleted”."""
    word = clause.words[place]
    before = clause.before(place)
    if word.form == "base":
        joined = place > 0 and clause.words[place - 1].text in (",", "and", "then", "&", "please")
        bound = any(each.text in ("how", "to", "can", "could", "would", "that", "which", "when", "if", "may") for each in clause.words[:place])
        if joined and not bound:
            return True
    return False


def _flaws(clause: Clause, *, told: bool) -> Iterable[Hazard]:
    """Names of flaws and attacks."""
    if told or clause.speaks:
        return
    text = clause.text.replace("-", " ")
    for match in _FLAW.finditer(text):
        ahead = text[match.end() :].split()
        if ahead[:1] and (singular(ahead[0]) in words.INTERFACE_WORDS | words.SPEECH or ahead[0] in ("scanner", "token", "tokens", "protection", "middleware", "report", "dashboard", "policy", "scanning", "scan", "template", "database", "tool", "tools")):
            continue
        if set(text[: match.start()].split()[-2:]) & (words.NEGATIONS | {"known"}) :
            continue
        yield SECURITY
        return


_FLAW = re.compile(
    r"\b(?:vulnerabilit\w+|cve(?: ?\d+)*|exploit(?:s|able|ed)?|backdoor\w*|ransomware|malware|zero day|0day|rce|ssrf|xxe|sqli|idor"
    r"|xss|csrf|clickjacking|(?:sql|command|code|shell|template|ldap|header|log) injections?|(?:path|directory) traversal"
    r"|privilege escalation|remote code execution|cross site (?:scripting|request forgery)|open redirect|prototype pollution"
    r"|session (?:hijack\w+|fixation)|(?:auth\w*|login|2fa|password) bypass|timing attacks?|brute force|unauthori[sz]ed access"
    r"|(?:security|data) (?:hole|issue|bug|breach|flaw|incident|leak|patch|fix|problem|weakness|risk|alert|advisory)\w*"
    r"|(?:leaked|compromised|stolen|exposed|hacked) (?:\w+ )?(?:keys?|passwords?|secrets?|credentials?|tokens?|accounts?|data)"
    r"|(?:keys?|passwords?|secrets?|credentials?|tokens?|accounts?|server) (?:\w+ ){0,3}(?:leaked|compromised|stolen|hacked)|got hacked|phishing)\b"
)
