"""What a person should see in a change before it is merged: secrets, sensitive files, what is lost, what comes in."""

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from core import dependency_scan, diff_reader, lost_tests, sensitive_paths
from core.diff_reader import SUBMODULE, SYMLINK, FileChange
from core.model.decision import Finding, Verdict
from core.ports import SecretScan

ASK_FROM_LINES, ESCALATE_FROM_LINES = 300, 2000
"""Lines that are gone: removed, less what stands elsewhere now, less what came in their place in the same file."""
ASK_FROM_FILES = 25
"""Files that are deleted."""

REASONS = {
    "sensitive: ci": "it changes what runs in CI",
    "sensitive: deployment": "it changes the deployment",
    "sensitive: settings": "it changes settings",
    "sensitive: migration": "it changes the database's structure",
    "sensitive: lock file": "it changes the exact versions of dependencies",
    "sensitive: auth": "it changes who may do what",
    "sensitive: your list": "it changes files that you listed as sensitive",
    "licence": "it changes the licence",
}
"""By the names in `sensitive_paths`."""

_MOST = 4000
"""Characters of a line that the rules of this module look at."""
_HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
_LICENCE_LINE = re.compile(r"(?i)\bSPDX-License-Identifier\b|\bcopyright\s+(?:\(c\)|©|\d{4})|\blicensed under\b")
_LICENCE_FIELD = re.compile(r"\s*[\"']?licen[cs]e(?:-files?|-expression)?[\"']?\s*[:=]\s*\S.*")

_DROPS = re.compile(
    r"(?i)\bdrop\s+(?:table|column|database|schema|keyspace|collection)\b|\btruncate\s+(?:table\s+)?[\w\"`.]+"
    r"|\bdelete\s+from\b"
    r"|\balter\s+table\s[^;]{1,300}?\bdrop\s+(?!constraint|index|default|not\b|primary|foreign|check|trigger"
    r"|key|identity)[\w\"`]"
    r"|\b(?:op|batch_op)\.drop_(?:table|column)\b|\bmigrations\.(?:RemoveField|DeleteModel)\b|\b(?:RemoveField"
    r"|DeleteModel)\("
    r"|\b(?:remove_columns?|drop_table|drop_column|drop_join_table|delete_all|destroy_all|drop_database)\b"
    r"|\b(?:drop(?:Table|Column|Schema|Database|Collection|IfExists)|removeColumns?|dropColumns?|deleteMany"
    r"|dropTableIfExists|truncate)\("
    r"|\bobjects\.(?:all|filter)\([^)]{0,200}\)\.delete\(|<drop(?:Table|Column)\b|\bremove\s+:\w+"
    r"|\bdb\.\w+\.(?:drop|remove|deleteMany)\("
)
_TAKES_BACK = re.compile(
    r"(?i)\s*(?:async\s+)?(?:def\s+(?:self\.)?(?:downgrade|down|reverse\w*|rollback|backwards?|undo)\b"
    r"|(?:public\s+|protected\s+)*(?:override\s+)?(?:async\s+)?(?:function\s+|void\s+)?down\s*\("
    r"|exports?\.down\b|(?:export\s+)?(?:async\s+)?(?:const|function)\s+down\b|--\s*\+?\s*(?:goose\s+down"
    r"|migrate:?\s*down|\+migrate down|@down|rollback|undo)|<rollback>|module\.exports\.down)"
)
_APPLIES = re.compile(
    r"(?i)\s*(?:async\s+)?(?:def\s+(?:self\.)?(?:upgrade|up|change|forwards?|apply)\b|(?:public\s+"
    r"|protected\s+)*(?:override\s+)?(?:async\s+)?(?:function\s+|void\s+)?up\s*\("
    r"|exports?\.up\b|(?:export\s+)?(?:async\s+)?(?:const|function)\s+up\b|--\s*\+?\s*(?:goose\s+up"
    r"|migrate:?\s*up|\+migrate up|@up)|</rollback>|module\.exports\.up)"
)


def scan(diff: Iterable[str] | str, secrets: SecretScan, sensitive: Sequence[str] = ()) -> list[Finding]:
    """All that is found in a unified diff (its text, or its lines), most serious first; empty when all is well.

    `secrets` looks for secrets in added lines; `sensitive` are globs besides the known ones. Never raises for a diff
    that is cut or damaged; what can't be read is passed over.
    """
    found: list[Finding] = []
    sizes = _Sizes()
    tests = lost_tests.LostTests()
    for change in diff_reader.read(diff):
        found += _in_file(change, secrets, sensitive)
        sizes.count(change)
        tests.look_at(change)
    found += [*tests.findings(), *sizes.findings()]
    once = {(each.rule, each.path): each for each in reversed(found)}  # of several in a file the first
    in_order = list(once.values())[::-1]
    return sorted(in_order, key=lambda finding: finding.verdict.strictness, reverse=True)


def _in_file(change: FileChange, secrets: SecretScan, sensitive: Sequence[str]) -> Iterator[Finding]:
    name = sensitive_paths.kind(change.path, sensitive) or (
        sensitive_paths.kind(change.old_path, sensitive) if change.old_path else None
    )
    if name is not None:
        yield _ask(name, REASONS[name], change)
    if SYMLINK in (change.mode, change.old_mode):
        yield from _symlink(change)
        return
    if SUBMODULE in (change.mode, change.old_mode) or change.path == ".gitmodules":
        yield _ask("submodule", "it changes a submodule, the code of another repository", change)
        return
    if change.old_mode and change.mode and change.old_mode != change.mode:
        yield _ask("mode", f"it changes the mode of a file from {change.old_mode} to {change.mode}", change)
    if change.is_binary:
        yield _ask("binary", "it changes a binary file, which nobody can read", change)
    for number, kind in secrets(change.path, change.added):
        yield _found(Verdict.ESCALATE, "secret", f"it adds {kind}", change, number)
    if new := dependency_scan.new_dependencies(change):
        more = f" and {len(new) - 3} more" if len(new) > 3 else ""
        named = ", ".join(each[:60] for each in new[:3])
        yield _ask("dependency", f"it adds the {'dependencies' if new[1:] else 'dependency'} {named}{more}", change)
    yield from _texts(change, name)


def _texts(change: FileChange, name: str | None) -> Iterator[Finding]:
    """By the words of the lines."""
    for number, line in change.added:
        if _HIDDEN.search(line):
            yield _ask("hidden characters", "it has characters that make a text read as something else", change, number)
            break
    is_migration = name == "sensitive: migration" or change.path.endswith(".sql")
    if is_migration and not change.is_deleted and not sensitive_paths.is_test(change.path):
        dropping = _drops(change)
        if dropping is not None:
            yield _found(Verdict.ESCALATE, "migration drops data", "its migration deletes data", change, dropping)
    place = _relicensed(change) if name != "licence" and not change.is_deleted else None
    if place is not None:
        yield _ask("licence", REASONS["licence"], change, place)


def _drops(change: FileChange) -> int | None:
    """The line of a migration that deletes data when it is applied, not when it is taken back."""
    if re.search(
        r"(?i)[._-](?:down|undo|rollback)\.\w+$|/(?:down|rollback)s?\.sql$|(?:^|/)U\d[^/]*\.sql$", change.path
    ):
        return None
    lines = {**change.context, **dict(change.added)}
    new = {number for number, _ in change.added}
    is_taking_back = False
    for number in sorted(lines):
        line = lines[number][:_MOST]
        if _TAKES_BACK.match(line):
            is_taking_back = True
        elif _APPLIES.match(line):
            is_taking_back = False
        is_comment = re.match(r"\s*(?:#|--|//|\*|/\*)", line) is not None
        if number in new and not is_taking_back and not is_comment and _DROPS.search(line):
            return number
    return None


def _relicensed(change: FileChange) -> int | None:
    """The place of a notice that goes or becomes another, or of the field for the licence in a manifest."""
    gone = Counter(line.strip() for _, line in change.removed if _LICENCE_LINE.search(line[:_MOST]))
    gone.subtract(line.strip() for _, line in change.added if _LICENCE_LINE.search(line[:_MOST]))
    if any(count > 0 for count in gone.values()):
        return 1
    if not dependency_scan.is_manifest(change.path):
        return None
    before = {line.strip() for _, line in change.removed}
    lines = change.added if not change.is_new else []
    return next((n for n, line in lines if _LICENCE_FIELD.fullmatch(line[:_MOST]) and line.strip() not in before), None)


def _symlink(change: FileChange) -> Iterator[Finding]:
    if change.is_deleted or not change.added:
        yield _ask("symlink", "it takes a symbolic link away or changes it", change)
        return
    target = change.added[0][1]
    led = posixpath.normpath(posixpath.join(posixpath.dirname(change.path), target))
    if target.startswith(("/", "~")) or re.match(r"[A-Za-z]:|\\\\", target) or led == ".." or led.startswith("../"):
        yield _found(Verdict.ESCALATE, "symlink", "it adds a symbolic link that leads out of the repository", change)
    elif led == ".git" or led.startswith(".git/"):
        yield _found(Verdict.ESCALATE, "symlink", "it adds a symbolic link into git's own folder", change)
    else:
        yield _ask("symlink", "it adds or changes a symbolic link", change)


class _Sizes:
    """How much is gone, over all files."""

    def __init__(self) -> None:
        self._added: Counter[int] = Counter()
        self._removed: Counter[int] = Counter()
        self._net = 0
        self._deleted = 0

    def count(self, change: FileChange) -> None:
        if sensitive_paths.kind(change.path) == "sensitive: lock file":
            return
        self._deleted += change.is_deleted
        self._added.update(hash(text) for _, line in change.added if (text := line.strip()))
        removed = [text for _, line in change.removed if (text := line.strip())]
        self._removed.update(map(hash, removed))
        self._net += max(0, len(removed) - sum(1 for _, line in change.added if line.strip()))

    def findings(self) -> Iterator[Finding]:
        """About the change as a whole."""
        unmoved = (self._removed - self._added).total()
        gone = min(unmoved, self._net)
        if gone >= ASK_FROM_LINES:
            verdict = Verdict.ESCALATE if gone >= ESCALATE_FROM_LINES else Verdict.ASK
            yield Finding(verdict=verdict, rule="result: large deletion", reason=f"it deletes {gone:,} lines")
        elif self._deleted >= ASK_FROM_FILES:
            reason = f"it deletes {self._deleted} files"
            yield Finding(verdict=Verdict.ASK, rule="result: large deletion", reason=reason)


def _ask(rule: str, reason: str, change: FileChange, line: int | None = None) -> Finding:
    return _found(Verdict.ASK, rule, reason, change, line)


def _found(verdict: Verdict, rule: str, reason: str, change: FileChange, line: int | None = None) -> Finding:
    return Finding(verdict=verdict, rule=f"result: {rule}", reason=reason, path=change.path, line=line)
