"""How well decisions hit: labelled tasks and changes, some for tuning, some kept apart; data/decisions/README.md."""

import hashlib
import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import categories, change_scan, decision_framework
from core.model.decision import Verdict
from core.runtime import secret_scan
from tests import factories
from tests.core import diff_cases

DATA = Path(__file__).parent / "data" / "decisions"
GOAL = {"tuning": (0.98, 0.05, 0.95), "kept apart": (0.90, 0.05, 0.92)}
"""Least share of escalations that are found, most that are false, least share of exact verdicts. The cases kept apart
were written to mislead; what is reached there is less than the 0.98 that is wanted, and must not get worse."""
PARTS = ("tuning", "kept apart")

Row = tuple[str, str, str, str, str]
"""expected, category, title, description, command"""


def tasks(part: str) -> Iterator[Row]:
    """Those of the part; a third of all, by a checksum of the title, is kept apart."""
    rows: list[Row] = []
    for line in (DATA / "tasks.tsv").read_text().splitlines():
        expected, category, title, description, command = (*line.split("\t"), "", "")[:5]
        rows.append((expected, category, title, description, command))
    for line in (DATA / "tasks.jsonl").read_text().splitlines():
        row = json.loads(line)
        rows.append((row["expected"], row["category"], row["title"], row["description"], row["command"] or ""))
    for one in rows:
        apart = hashlib.sha256(one[2].encode()).digest()[0] % 3 == 0
        if apart == (part == "kept apart"):
            yield one


@pytest.mark.parametrize("part", PARTS)
def test_tasks_are_judged_as_people_would(part: str) -> None:
    table: Counter[tuple[str, str]] = Counter()
    misses = []
    for expected, category, title, description, command in tasks(part):
        found = categories.find(category)
        assert found is not None, category
        task = factories.task(title=title, description=description, command=command or None, category=found)
        decision = decision_framework.decide(task, factories.config())
        table[expected, decision.verdict.value] += 1
        if decision.verdict.value != expected:
            misses.append(f"  {expected} -> {decision.verdict.value} ({decision.rule}): {category}: {title}")
    report(f"tasks, {part}", table, misses if part == "tuning" else [])
    check(table, part)


def changes(part: str, scratch: Path) -> Iterator[tuple[str, str, set[str], str]]:
    """name, expected, rules, diff"""
    if part == "tuning":
        yield from committed(scratch)
        return
    for line in (DATA / "heldout_diffs.jsonl").read_text().splitlines():
        row = json.loads(line)
        diff = (DATA / "heldout" / row["file"]).read_bytes().decode(errors="replace")
        yield row["file"], row["expected"], set(row["rules"]), diff


def committed(scratch: Path) -> Iterator[tuple[str, str, set[str], str]]:
    """The cases as git prints them."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=scratch, check=True, capture_output=True)
        return done.stdout.decode(errors="replace")

    git("init", "-q")
    for name, text in diff_cases.BASE.items():
        write(scratch / name, text)
    git("add", "-A")
    git("-c", "user.name=x", "-c", "user.email=x@localhost", "commit", "-qm", "base")
    for case in diff_cases.CASES:
        for name, after in case.after.items():
            if after is None:
                (scratch / name).unlink(missing_ok=True)
            else:
                write(scratch / name, after)
        if case.by_hand is not None:
            case.by_hand(scratch)
        git("add", "-A")
        yield case.name, case.expected, set(case.rules), git("diff", "--cached", "--no-color", "-M")
        git("reset", "-q", "--hard")
        git("clean", "-qfd")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, newline="")


@pytest.mark.parametrize("part", PARTS)
def test_changes_are_judged_as_reviewers_would(part: str, tmp_path: Path) -> None:
    table: Counter[tuple[str, str]] = Counter()
    rules: Counter[str] = Counter()
    misses = []
    for name, expected, wanted, diff in changes(part, tmp_path):
        findings = change_scan.scan(diff, secret_scan.scan)
        verdict = decision_framework.decide_result(findings).verdict.value
        got = {finding.rule.removeprefix("result: ") for finding in findings}
        table[expected, verdict] += 1
        rules.update({"found": len(wanted & got), "missed": len(wanted - got), "extra": len(got - wanted)})
        if verdict != expected or not wanted <= got:
            misses.append(f"  {name}: {expected} -> {verdict}; wanted {sorted(wanted)}, got {sorted(got)}")
    report(f"changes, {part}", table, misses if part == "tuning" else [])
    print(dict(rules))
    check(table, part)
    assert rules["found"] >= 0.9 * (rules["found"] + rules["missed"])


def report(name: str, table: Counter[tuple[str, str]], misses: list[str]) -> None:
    verdicts = [verdict.value for verdict in Verdict]
    print(f"\n{name}: {table.total()}\nexpected  | " + " ".join(f"{verdict:>9}" for verdict in verdicts))
    for expected in verdicts:
        print(f"{expected:9} | " + " ".join(f"{table[expected, verdict]:9}" for verdict in verdicts))
    print("\n".join(misses))


def check(table: Counter[tuple[str, str]], part: str) -> None:
    """Escalations are found, and are few where there is no need."""
    recall, false_alarms, least = GOAL[part]
    needed = sum(count for (expected, _), count in table.items() if expected == "escalate")
    harmless = table.total() - needed
    alarms = sum(count for (wanted, got), count in table.items() if wanted != "escalate" and got == "escalate")
    assert table["escalate", "escalate"] / needed >= recall
    assert alarms / harmless <= false_alarms
    exact = sum(count for (expected, got), count in table.items() if expected == got)
    assert exact / table.total() >= least
