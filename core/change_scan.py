"""Looks through the change of a build for what a person should see before it is merged.

The tables say what is sensitive; a finding tells which rule, in which file, and never a secret itself.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch
from pathlib import PurePosixPath

from core import manifests
from core.diff_reader import FileChange, read
from core.model.decision import Finding, Verdict
from core.ports import SecretScan

SENSITIVE = (
    (
        "ci",
        ".github/workflows/*|.github/actions/*|.gitlab-ci.yml|.gitlab/*|Jenkinsfile*|.circleci/*|azure-pipelines*"
        "|.travis.yml"
        "|.drone.yml|.woodpecker*|bitbucket-pipelines.yml|buildkite/*|.buildkite/*|appveyor.yml|.ci/*|cloudbuild.y*ml"
        "|.pre-commit-config.yaml|CODEOWNERS|.github/CODEOWNERS|.github/dependabot.yml",
    ),
    (
        "deployment",
        "Dockerfile*|*.dockerfile|Containerfile*|docker-compose*|compose.y*ml|k8s/*|kubernetes/*|helm/*|charts/*"
        "|deploy/*"
        "|deployment/*|*.tf|*.tfvars|ansible/*|playbook*.y*ml|Procfile|fly.toml|vercel.json|netlify.toml|app.yaml"
        "|serverless.y*ml|nginx*.conf|*.service|Vagrantfile|cloudformation/*|kustomization.y*ml|manifests/*.y*ml"
        "|skaffold.yaml|terraform/*|infra/*.y*ml|infrastructure/*|render.yaml|systemd/*",
    ),
    (
        "settings",
        ".env|.env.*|settings.py|settings/*.py|*/settings.py|config/*|configs/*|*/config/*.py|config.y*ml|config.toml"
        "|config.json|appsettings*.json|application*.y*ml|application*.properties|*.ini|*.cfg|*.conf|.npmrc|.pypirc"
        "|values*.y*ml|local_settings.py|*/config.py|config.py|secrets.y*ml|*.plist|firebase.json",
    ),
    (
        "migration",
        "migrations/*|*/migrations/*|alembic/*|*/alembic/*|db/migrate/*|*/db/migrate/*|flyway/*|liquibase/*|schema.sql"
        "|prisma/schema.prisma|schema.rb|*/schema.rb|schema.prisma|*/changelog/*.sql",
    ),
    (
        "lock file",
        "*.lock|package-lock.json|npm-shrinkwrap.json|pnpm-lock.yaml|go.sum|Pipfile.lock|constraints.txt"
        "|*/constraints.txt"
        "|Package.resolved|gradle.lockfile|mix.lock",
    ),
    (
        "auth",
        "auth/*|*/auth/*|*/auth.*|auth.*|*/authentication*|authentication*|*/authorization*|*/permissions.*"
        "|permissions.*"
        "|*/security/*|security/*|*/security.*|*/login.*|login.*|*/oauth*|*/jwt*|*/session*.py|*/crypto/*|*/crypto.*"
        "|*/policies/*|*/acl.*|*/sso*|*/password*.py|*/passwords/*|*/csrf*|*/middleware/auth*|*/guard.*|*/guards/*",
    ),
)
"""Names of sensitive places, and globs of their paths; in this order, the first that fits."""

_TEST_FILE = re.compile(
    r"(^|/)(tests?|spec|specs|__tests__|testing|e2e)/|(^|/)test_[^/]*$|[_.-](test|tests|spec)\.[^/]+$|Tests?\.\w+$"
)
_DOCS = re.compile(r"\.(md|rst|adoc|txt|html?)$|(^|/)docs?/", re.IGNORECASE)
_TEST = re.compile(
    r"^\s*(?:(?:async )?def (test\w*)\(|func (Test\w+)\(|(?:it|test|specify)(?:\.each\([^)]*\))?\(\s*['\"`]([^'\"`]*)"
    r"|fn (\w+)\(\) *\{?"
    r"|(?:public |private )?(?:async )?(?:void|Task|fun|func) (test\w*|\w*Tests?|should\w*)\(|@Test\b()|(?:test"
    r"|it) ['\"]([^'\"]*)['\"] do)"
)
_SKIP = re.compile(
    r"@(?:pytest\.mark|unittest)\.(?:skip|skipif|skipIf|xfail|expectedFailure)\b|\bpytest\.(?:skip|xfail)\("
    r"|self\.skipTest\("
    r"|\b(?:it|test|describe|context|specify)\.(?:skip|todo|only)\b|\b(?:xit|xdescribe|xtest|fit|fdescribe)\s*\("
    r"|\bt\.Skip(?:f|Now)?\("
    r"|#\[ignore\b|@(?:Ignore|Disabled)\b|\[(?:Ignore|Skip)\b|\bskip: *(?:true|['\"])|^\s*skip[ (]['\"]"
    r"|Skip *= *\"|^\s*pending\b *(?:['\"]|$)"
    r"|pytestmark *=.*skip"
)
_ASSERT = re.compile(
    r"\b(?:assert\w*|expect|should|require)\b|\bt\.(?:Fatal|Error)|\.to(?:Be|Equal|Have|Throw)|pytest\.raises"
)
_DROPS = re.compile(
    r"\bdrop\s+(?:table|column|database|schema|view|constraint)\b|\b(?:drop_(?:column|table)|remove_column"
    r"|drop_database)\b"
    r"|\b(?:RemoveField|DeleteModel)\b|\btruncate\s+(?:table\s+)?\w|\bdelete\s+from\b|\bdropColumn\b|\bdropTable\b"
    r"|\.drop\(\s*\)"
    r"|\bdropIfExists\b",
    re.IGNORECASE,
)
_LICENCE = re.compile(r"(^|/)(licen[cs]e|copying|notice|copyright)([._-][\w.-]*)?$|(^|/)licenses?/", re.IGNORECASE)
_LICENCE_FIELD = re.compile(r"^\s*[\"']?licen[cs]e[\"']?\s*[:=]")

LARGE, VERY_LARGE = 300, 2_000
"""Lines that go and don't come back elsewhere: ask, and escalate."""
_MANY_ASSERTS = 2


def scan(diff: str, secrets: SecretScan, more_sensitive: Sequence[str] = ()) -> list[Finding]:
    """What should be seen, most serious first. `more_sensitive`: globs of the owner's."""
    changes = list(read(diff.splitlines(keepends=False)))
    found = [finding for change in changes for finding in _of_file(change, secrets, more_sensitive)]
    found += _of_all(changes)
    unique = {(finding.rule, finding.path): finding for finding in reversed(found)}
    return sorted(unique.values(), key=lambda finding: finding.verdict.strictness, reverse=True)


def _of_file(change: FileChange, secrets: SecretScan, more_sensitive: Sequence[str]) -> Iterable[Finding]:
    path = change.path
    yield from _kind(change)
    place = sensitive_place(path, more_sensitive)
    touched = bool(change.added or change.removed) or change.is_new or change.is_deleted
    if place is not None and touched and not _is_docs(change):
        yield _finding(Verdict.ASK, f"sensitive: {place}", f"it changes {place} ({_name(path)})", path)
    if place == "migration":
        line = next((number for number, text in change.added if _DROPS.search(text)), None)
        if line is not None:
            yield _finding(Verdict.ESCALATE, "migration drops data", "a migration in it drops data", path, line)
    elif path.endswith(".sql") and any(_DROPS.search(text) for _, text in change.added):
        yield _finding(Verdict.ESCALATE, "migration drops data", "SQL in it drops data", path)
    if _LICENCE.search(path) or any(_LICENCE_FIELD.match(text) for text in change.removed):
        yield _finding(Verdict.ASK, "licence", "it changes the licence", path)
    skipped = next((number for number, text in change.added if _SKIP.search(text)), None)
    if skipped is not None and not _DOCS.search(path):
        before = sum(bool(_SKIP.search(text)) for text in change.removed)
        if sum(bool(_SKIP.search(text)) for _, text in change.added) > before:
            yield _finding(Verdict.ASK, "tests skipped", "it skips tests", path, skipped)
    for dependency in manifests.new_dependencies(path, change):
        yield _finding(Verdict.ASK, "dependency", f"it adds the dependency {dependency[:60]}", path)
    for number, kind in secrets(path, change.added):
        yield _finding(Verdict.ESCALATE, "secret", f"it adds what looks like a secret ({kind})", path, number)


def _kind(change: FileChange) -> Iterable[Finding]:
    """Things that are no plain text files."""
    path = change.path
    if change.new_mode == "120000" and not change.is_deleted:
        target = "".join(text for _, text in change.added)
        if _leads_outside(path, target):
            yield _finding(Verdict.ESCALATE, "symlink", "a link in it leads out of the project", path)
        elif change.added:
            yield _finding(Verdict.ASK, "symlink", "it makes a symbolic link", path)
    if "160000" in (change.new_mode, change.old_mode) or PurePosixPath(path).name == ".gitmodules":
        yield _finding(Verdict.ASK, "submodule", "it changes a submodule", path)
    elif change.new_mode == "100755" and change.old_mode == "100644":
        yield _finding(Verdict.ASK, "mode", "it makes a file executable", path)
    if change.binary and not change.is_deleted:
        yield _finding(Verdict.ASK, "binary", "it brings a binary file", path)


def _of_all(changes: Sequence[FileChange]) -> Iterable[Finding]:
    """What shows only in the change as a whole: something that goes here may come again there."""
    tests = [change for change in changes if _TEST_FILE.search(change.path) or _TEST_FILE.search(change.old)]
    gone = sum(len(_tests(change.removed)) for change in tests)
    came = sum(len(_tests(text for _, text in change.added)) for change in changes)
    checks_gone = sum(bool(_ASSERT.search(text)) for change in tests for text in change.removed)
    checks_came = sum(bool(_ASSERT.search(text)) for change in tests for _, text in change.added)
    deleted = next((change.path for change in tests if change.is_deleted and _tests(change.removed)), None)
    if gone > came or (checks_gone - checks_came >= _MANY_ASSERTS and gone >= came):
        where = deleted or next((change.path for change in tests if change.removed), "")
        yield _finding(Verdict.ASK, "tests deleted", "it deletes tests", where)
    removed = Counter(text.strip() for change in changes for text in change.removed if text.strip())
    removed -= Counter(text.strip() for change in changes for _, text in change.added)
    lost = removed.total()
    if lost >= LARGE:
        verdict = Verdict.ESCALATE if lost >= VERY_LARGE else Verdict.ASK
        yield _finding(verdict, "large deletion", f"it deletes {lost:,} lines", "")


def sensitive_place(path: str, more: Sequence[str] = ()) -> str | None:
    """The name of the sensitive place that a file belongs to, if any."""
    name = PurePosixPath(path).name
    for place, globs in SENSITIVE:
        if any(_fits(path, name, glob) for glob in globs.split("|")):
            return place
    return "a path of yours" if any(fnmatch(path, glob) for glob in more) else None


def _fits(path: str, name: str, glob: str) -> bool:
    return fnmatch(path, glob) or ("/" not in glob and fnmatch(name, glob))


def _is_docs(change: FileChange) -> bool:
    return _DOCS.search(change.path) is not None and PurePosixPath(change.path).name not in (
        "constraints.txt",
        "requirements.txt",
    )


def _tests(lines: Iterable[str]) -> list[str]:
    """The names of the tests that these lines begin."""
    return [match.group().strip() for line in lines if (match := _TEST.match(line))]


def _leads_outside(path: str, target: str) -> bool:
    if target.startswith(("/", "~")):
        return True
    depth = len(PurePosixPath(path).parts) - 1
    for part in PurePosixPath(target).parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return True
    return False


def _name(path: str) -> str:
    return PurePosixPath(path).name[:60]


def _finding(verdict: Verdict, rule: str, reason: str, path: str, line: int | None = None) -> Finding:
    return Finding(verdict=verdict, rule=f"result: {rule}", reason=reason, path=path, line=line)
