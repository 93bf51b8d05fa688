"""Reads plain English just far enough to tell what is done to what: clauses, verbs and their objects."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from core import vocabulary as words

_MOST = 40_000
"""Characters that are read; a title and a description have less."""

_PHRASES = (
    (re.compile(r"\bg[eo]t(s|ting)? rid of\b"), "delete"),
    (re.compile(r"\bdrag[- ](and|&|n)[- ]drop(p?ing|s|ped)?\b"), "dragging"),
    (re.compile(r"\b(turn|switch|shut|toggle)(s|ed|ing|ting)? off\b"), r"disable"),
    (re.compile(r"\b(?:turn|switch|shut)(?:s|ed|ing|ting)?((?: [\w-]+){1,4}) off\b"), r"disable\1"),
    (re.compile(r"\b(throw|blow|tear|wipe|take|clear|clean|shut|bring)(s|ing|ning)? (away|down|out)\b"), r"destroy"),
    (re.compile(r"\bcomment(s|ed|ing)? out\b"), "remove"),
    (re.compile(r"\bcheck(s|ed|ing)? in(to)?\b"), "commit"),
    (re.compile(r"\bback[- ]ups?\b"), "backup"),
    (re.compile(r"\b(two|multi|2|second)[- ]factor( authentication| auth)?\b"), "2fa"),
    (re.compile(r"\bpull[- ]requests?\b|\bprs?\b"), "change"),
    (re.compile(r"\bre-(?=(?:create|build|init|format|issue))"), "re"),
    (re.compile(r"n['’]t\b"), " not"),
    (re.compile(r"['’]s\b|(?<=s)['’](?=\s)"), ""),
    (re.compile(r"\bdo not (forget|hesitate|fail) to\b|\bmake sure (to|we|you)\b"), "please"),
)
_TYPED = re.compile(r"[“\"`]([^“”\"`\n]{1,200})[”\"`]|(?<!\w)['‘]([^'‘’\n]{1,200})['’](?!\w)")
_END = re.compile(r"([.!?;:]+(?=\s|$)|\s[-–—]+\s|[()\[\]]|→|=>)")
_ENDINGS = (("ing", "ing"), ("ies", "s"), ("ied", "ed"), ("es", "s"), ("s", "s"), ("ed", "ed"), ("d", "ed"))
"""Of verbs, with the form that they make."""
_NO_PLURALS = ("ss", "us", "is", "ios", "dns", "https", "postgres")
_STEPS = re.compile(r"(?i)\bto reproduce\b|^\W*(?:repro(?:duction)?(?: steps)?|steps)\b\W*(?:$|:)")
"""What a reader should do to see a mistake, up to the next empty line."""
_WORD = re.compile(r"[^\W_][\w./@+']*-?|,")


@dataclass(frozen=True, slots=True)
class Word:
    """One word; `verb` is the plain form of what it can be as a verb, else empty."""

    text: str
    noun: str
    verb: str
    form: str
    """Of the verb: base, s, ed, ing."""
    glued: bool
    """A hyphen follows: it is the first part of a compound."""

    @property
    def is_new_verb(self) -> bool:
        """Whether it ends a noun phrase before it: “data using ...”; not “rate limiting” or “user comments”."""
        if not self.verb or self.glued or self.form not in ("ing", "ed", "s") or self.text in words.NOUNS_IN_ING:
            return False
        return not (self.form == "s" and self.noun in words.CODE_WORDS | words.DATA | words.SPEECH)


@dataclass(frozen=True)
class Object:
    """A noun phrase after a verb, with the preposition before it (empty for the direct object)."""

    link: str
    words: tuple[str, ...]

    @property
    def head(self) -> str:
        """The noun that the others qualify."""
        return self.words[-1] if self.words else ""

    def has(self, kinds: frozenset[str]) -> bool:
        """Whether one of its words is of that kind."""
        return not kinds.isdisjoint(self.words)


@dataclass(frozen=True)
class Clause:
    """A stretch of text between full stops, colons and brackets."""

    words: tuple[Word, ...]
    text: str
    """Lower case, with some expressions made simple."""
    original: str
    """As it was written, with what ends it."""
    spoken_of: bool = False
    """What stands before it says that it is only about the text that follows: “Docs: ...”."""

    @cached_property
    def main(self) -> int:
        """Where its own verb stands: the first that is neither a name nor an auxiliary; -1 without one."""
        for place, word in enumerate(self.words[:6]):
            if word.verb and not word.glued and word.form in ("base", "ing") and self.is_imperative(place):
                return place
        return -1

    @property
    def verb(self) -> str:
        """Its own verb, in the plain form; empty without one."""
        return self.words[self.main].verb if self.main >= 0 else ""

    def is_imperative(self, place: int) -> bool:
        """Whether nothing but politeness stands before."""
        before = self.words[:place]
        if before and before[-1].text == "the":
            return False
        return all(word.text in words.MODALS | words.POLITE or word.text.endswith("ly") for word in before)

    def objects(self, start: int, most: int = 4) -> list[Object]:
        """The noun phrases that follow, up to the next verb or the end of the thought."""
        found: list[Object] = []
        link = ""
        phrase: list[str] = []
        for word in self.words[start : start + 16]:
            text = word.text
            if text in words.STOPS or (phrase and word.is_new_verb):
                break
            if text in words.PREPOSITIONS or text in ("and", "or", ",", "nor"):
                if phrase or link == "":
                    found.append(Object(link, tuple(phrase)))
                link, phrase = text, []
                if len(found) >= most:
                    return found
            elif text not in words.DETERMINERS and not (text.endswith("ly") and text not in ("assembly", "family")):
                parts = re.split(r"[/_.]", word.noun)
                phrase.extend(parts if len(parts) == 1 or not phrase else ())  # “the method get_user”: a name behind
        found.append(Object(link, tuple(phrase)))
        return found

    @cached_property
    def speaks(self) -> bool:
        """Whether it is about a text, a test or a question, and does nothing else: “document”, “add tests for”."""
        if self.spoken_of:
            return True
        if self.main < 0:
            return any(word.noun in words.SPEECH for word in self.words[:4])
        main = self.words[self.main]
        if main.verb in words.SPEAK and main.form in ("base", "ing"):
            return True
        objects = self.objects(self.main + 1, most=1)
        return bool(objects) and objects[0].has(words.SPEECH)

    def before(self, place: int) -> list[str]:
        """The words before, back to the last comma, nearest first."""
        found = []
        for word in reversed(self.words[:place]):
            if word.text == ",":
                break
            found.append(word.text)
        return found


def read(text: str) -> Iterator[Clause]:
    """The clauses of a text, in their order; of a very long one only the beginning."""
    steps = False
    for line in text[:_MOST].splitlines():
        steps = bool(line.strip()) and (steps or _STEPS.search(line) is not None)
        spoken_of = steps
        for original, end in _pieces(line):
            part = _typed(original).lower()
            for pattern, plain in _PHRASES:
                part = pattern.sub(plain, part)
            found = tuple(map(_word, _WORD.findall(part)))
            if found:
                is_question = end.startswith("?") or found[0].text in words.QUESTIONS
                clause = Clause(found, " ".join(part.split()), f"{original}{end}", spoken_of or is_question)
                yield clause
                # What follows a colon is about the same; a full stop ends it.
                speaks = clause.speaks or (len(found) <= 4 and all(is_label(word) for word in found))
                spoken_of = steps or (speaks and not end.startswith((".", "!", ";")))


def _pieces(line: str) -> Iterator[tuple[str, str]]:
    """The clauses of a line, each with what ends it; what is quoted is not cut."""
    quoted = [match.span() for match in _TYPED.finditer(line)]
    start = 0
    for match in _END.finditer(line):
        if not any(begin < match.start() < end for begin, end in quoted):
            yield line[start : match.start()], match[0]
            start = match.end()
    yield line[start:], "\n"


def is_label(word: Word) -> bool:
    """Whether a word before a colon announces a text or test: “docs:”, “typo in readme:”."""
    return word.noun in words.SPEECH or word.text in words.LABELS


def _typed(line: str) -> str:
    """The line without what is quoted, as far as that is a text and not a name or something to be run."""
    plain = _TYPED.sub(" ", line)
    if any(form(word)[0] in words.EXECUTE for word in re.findall(r"[a-z]+", plain.lower())) or len(plain.split()) < 2:
        return _TYPED.sub(lambda match: f" {match[1] or match[2]} ", line)
    return _TYPED.sub(lambda match: f" {name} " if " " not in (name := match[1] or match[2]) else " quotation ", line)


def _word(token: str) -> Word:
    text = token.rstrip("-.'/+")
    verb, kind = form(text)
    return Word(text or token, singular(text), verb, kind, token.endswith("-"))


def singular(text: str) -> str:
    """A noun without its plural ending."""
    if len(text) > 4 and text.endswith("ies"):
        return text[:-3] + "y"
    if len(text) > 4 and text.endswith(("sses", "xes", "ches", "shes")):
        return text[:-2]
    if len(text) > 3 and text.endswith("s") and not text.endswith(_NO_PLURALS):
        return text[:-1]
    return text


def form(text: str) -> tuple[str, str]:
    """The plain form of a verb that is known, and which form this is; both empty for other words."""
    if text in words.IRREGULAR:
        return words.IRREGULAR[text]
    if text in words.VERBS:
        return text, "base"
    for ending, name in _ENDINGS:
        stem = text[: -len(ending)]
        if not text.endswith(ending) or len(stem) < 2:
            continue
        doubled = stem[:-1] if stem[-1] == stem[-2] else stem
        plain = next((each for each in (stem, f"{stem}e", doubled, f"{stem}y") if each in words.VERBS), None)
        if plain is not None:
            return plain, name
    return "", ""
