"""Tests that a change deletes or skips, told by the marks of the known test runners."""

import re
from collections import Counter
from collections.abc import Iterator

from core import sensitive_paths
from core.diff_reader import FileChange
from core.model.decision import Finding, Verdict

_MOST = 1000
"""Characters of a line that are looked at."""

_DEFINED = re.compile(
    r"\s*(?:async\s+)?def\s+(test\w*)\s*\(|\s*class\s+(Test\w*)|\s*func\s+((?:Test|Benchmark|Fuzz|Example)\w*)\s*\("
    r"|\s*(?:export\s+)?(?:it|test|describe|context|specify|scenario)(?:\.(?:only|each|concurrent|skip"
    r"|todo)\b[^(]{0,100})*\s*[( ]\s*([\"'`].{1,200}?[\"'`])"
    r"|.*@(?:Test|ParameterizedTest|RepeatedTest)\b()|\s*#\[(?:\w+::)*test\b[^\]]*\]()|\s*\[(?:Fact|Theory|Test"
    r"|TestMethod|TestCase)\b.*()"
    r"|\s*(?:public\s+)?function\s+(test\w*)\s*\(|\s*(?:TEST|TEST_F|TEST_P|TEST_CASE)\s*\(\s*([^)]{1,200})"
    r"|\s*@test\s+([\"'].{1,200}?[\"'])"
    r"|\s*test\s+([\"'].{1,200}?[\"'])\s*(?:,|do)"
)  # fmt: skip
"""A test's name, or nothing where it stands on the next line."""

_SKIPPED = re.compile(
    r"@pytest\.mark\.(?:skip|skipif|xfail)\b|\bpytest\.(?:skip|xfail|importorskip)\("
    r"|\bpytestmark\s*=.*\b(?:skip|skipif|xfail)\b"
    r"|\bmarks\s*=.*\b(?:skip|xfail)\b|@(?:unittest\.)?(?:skip|skipIf|skipUnless|expectedFailure)\b"
    r"|\bself\.skipTest\(|\bSkipTest\b"
    r"|\b(?:it|test|describe|context|suite|specify)\.(?:skip|todo|only|fixme|fails|failing|skipIf)\b|\b(?:xit"
    r"|xtest|xdescribe|xcontext|xspecify|fit|fdescribe|fcontext)\s*\("
    r"|\b(?:xit|xspecify|xdescribe|xscenario)\s+[\"']|\bthis\.skip\(\)|@(?:Disabled|Ignore|IgnoreTest)\b"
    r"|\b[tb]\.Skip(?:f|Now)?\(|\btesting\.Short\(\)"
    r"|#\[ignore\b|\[(?:Ignore|Explicit)\b|\bSkip\s*=\s*\"|\bmarkTest(?:Skipped|Incomplete)\(|\bassume(?:True"
    r"|False)\(|\bAssumptions\.assume"
    r"|\bGTEST_SKIP\(|\bDISABLED_\w|^\s*skip\b\s*(?:[\"'(]|$)|^\s*pending\b\s*(?:[\"'(]|$)|@tag\s+:skip|\bXCTSkip"
)  # fmt: skip
_LEFT_OUT = re.compile(
    r"--deselect\b|\bcollect_ignore(?:_glob)?\b|\btestPathIgnorePatterns\b|-DskipTests\b|-Dmaven\.test\.skip\b"
    r"|<skipTests>\s*true"
    r"|--passWithNoTests\b|--ignore(?:-glob)?[= ]\S*tests?\b|\bexclude\b.*\btests?\b.*\.(?:spec|test)\b"
    r"|-k\s+[\"']not\s|\btest\.enabled\s*=\s*false"
    r"|\bfail_under\s*=\s*0\b"
)
"""Settings of runners that leave tests out, in any file."""


_CHECKS = re.compile(
    r"\b(?:assert\w*|expect\w*|should|require)\b|\bt\.(?:Fatal|Error)|\.to(?:Be|Equal|Have|Throw)|\braises\b"
)
_MOST_CHECKS = 1
"""Lines that check something and go without others in their place."""


class LostTests:
    """Gathers what all files of a change have to say about tests; a test that is moved is not lost."""

    def __init__(self) -> None:
        self._gone: Counter[str] = Counter()
        self._come: Counter[str] = Counter()
        self._places: dict[str, str] = {}
        self._hollow: list[str] = []
        self._new_in: Counter[str] = Counter()
        self._files: list[tuple[str, Counter[str]]] = []
        self._skipped: list[Finding] = []

    def look_at(self, change: FileChange) -> None:
        """One file."""
        is_test = sensitive_paths.is_test(change.path)
        gone, come = _names(change.removed, in_test=is_test), _names(change.added, in_test=is_test)
        self._gone += gone
        self._come += come
        for name in gone:
            self._places.setdefault(name, change.path)
        self._new_in[change.path] = (come - gone).total()
        if is_test and not change.is_deleted and gone.total() >= come.total():
            lost = _checks(change.removed) - _checks(change.added)
            self._hollow += [change.path] if lost > _MOST_CHECKS else []
        if change.is_deleted and is_test and change.removed:
            self._files.append((change.path, gone))
        marks = (_SKIPPED, _LEFT_OUT) if is_test or come else (_LEFT_OUT,)
        before = Counter(_bare(line) for _, line in change.removed)
        for number, line in change.added:
            short = line[:_MOST]
            if any(mark.search(short) for mark in marks) and not re.match(r"\s*(?:#(?!\[)|//|\*)", short):
                if before[_bare(line)] > 0:
                    before[_bare(line)] -= 1
                    continue
                self._skipped.append(_finding("tests skipped", "it skips tests", change.path, number))
                return

    def findings(self) -> Iterator[Finding]:
        """After all files."""
        yield from self._skipped
        lost = self._gone - self._come
        told = set()
        for path, names in self._files:
            if not names or names & lost:
                told.add(path)
                yield _finding("tests deleted", "it deletes tests", path)
        lost_in = Counter(self._places[name] for name in lost.elements())
        for path, count in lost_in.items():
            if path not in told and count > self._new_in[path]:  # as many new ones: they were renamed
                told.add(path)
                yield _finding("tests deleted", "it deletes tests", path)
        for path in self._hollow:
            if path not in told and not lost_in[path]:
                yield _finding("tests deleted", "it takes checks out of tests", path)


def _names(lines: list[tuple[int, str]], *, in_test: bool) -> Counter[str]:
    found: Counter[str] = Counter()
    for _, line in lines:
        match = _DEFINED.match(line[:_MOST])
        if match is not None:
            name = next((group for group in match.groups() if group), "")
            if in_test or line.lstrip().startswith(("#[", "def test", "async def test", "@Test", "func Test")):
                found[name.strip("\"'`")] += 1
    return found


def _checks(lines: list[tuple[int, str]]) -> int:
    return sum(_CHECKS.search(line[:_MOST]) is not None for _, line in lines)


def _bare(line: str) -> str:
    return line.strip()


def _finding(rule: str, reason: str, path: str, line: int | None = None) -> Finding:
    return Finding(verdict=Verdict.ASK, rule=f"result: {rule}", reason=reason, path=path, line=line)
