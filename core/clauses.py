"""Reads plain English just far enough to tell what is done to what: clauses, deeds, objects, and whether it is meant."""

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

    def is_imperative(self, place: int) -> bool:
        """Whether nothing but politeness stands before."""
        return all(
            word.text in words.MODALS or word.text in ("we", "i", "you", ",", "the", "jarvis", "now", "todo", "then", "next")
            or word.text.endswith("ly") or word.text in ("also", "again", "just", "first", "finally", "and")
            for word in self.words[:place]
        ) and not (place and self.words[place - 1].text == "the")  # fmt: skip

    def objects(self, start: int, most: int = 4) -> list[Object]:
        """The noun phrases that follow, up to the next verb or the end of the thought."""
        found: list[Object] = []
        link, phrase = "", []
        for word in self.words[start : start + 16]:
            text = word.text
            if text in words.STOPS or (word.form in ("ing", "ed", "s") and word.verb and phrase and not word.glued
                                       and text not in ("testing", "caching", "logging", "signing", "hashing"
                                       , "checking", "limiting", "billing", "shared", "exposed", "sandboxing")
                                       and not (word.form == "s" and word.noun in words.CODE_WORDS | words.DATA | words.SPEECH)):  # fmt: skip
                break
            if text in words.PREPOSITIONS or text in ("and", "or", ",", "&", "nor"):
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
    return word.noun in words.SPEECH or word.text in ("in", "the", "for", "of", "docs", "update", "fix", "chore", "and", "expected",
                                                      "actual", "observed", "repro", "output", "result", "quote")  # fmt: skip


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
    if len(text) > 3 and text.endswith("s") and not text.endswith(("ss", "us", "is", "ios", "dns", "https", "postgres")):
        return text[:-1]
    return text


def form(text: str) -> tuple[str, str]:
    """The plain form of a verb that is known, and which form this is; both empty for other words."""
    if text in words.IRREGULAR:
        return words.IRREGULAR[text]
    if text in words.VERBS:
        return text, "base"
    for ending, name in (("ing", "ing"), ("ies", "s"), ("ied", "ed"), ("es", "s"), ("s", "s"), ("ed", "ed"), ("d", "ed")):
        if not text.endswith(ending) or len(text) <= len(ending) + 1:
            continue
        stem = text[: -len(ending)]
        stems = (stem + "y",) if ending in ("ies", "ied") else (stem, stem + "e", stem[:-1] if stem[-1:] == stem[-2:-1] else "")
        for plain in stems:
            if plain in words.VERBS:
                return plain, name
    return "", ""
