"""Which dependencies a change adds to the manifests of the common package managers."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from core.diff_reader import FileChange

_NAME = r"[\"']?(?P<name>@?[A-Za-z][\w.@/-]*)"
_BY_FILE = (
    (
        re.compile(r"^(?:requirements|constraints)[\w.-]*\.(?:txt|in)$"),
        re.compile(rf"^{_NAME}\s*(?:\[[^\]]*\])?\s*(?:[=<>~!;@]|$)"),
    ),
    (
        re.compile(r"^pyproject\.toml$"),
        re.compile(
            rf"^\s+{_NAME}(?:\[[^\]]*\])?\s*(?:[=<>~!;@ ][^\"']*)?[\"'],?$"
            r"|^(?P<key>[A-Za-z][\w.-]*)\s*=\s*(?:[\"'][\^~>=<*\d]|\{.*version)"
        ),
    ),
    (re.compile(r"^setup\.(?:py|cfg)$"), re.compile(rf"^\s+{_NAME}\s*(?:[=<>~!].*)?[\"']?,?$")),
    (
        re.compile(r"^package\.json$"),
        re.compile(r"^\s+\"(?P<name>@?[\w./-]+)\":\s*\"(?:[\^~><=*]*\d|\*|latest|git|file:|npm:|workspace:)"),
    ),
    (re.compile(r"^Cargo\.toml$"), re.compile(r"^(?P<name>[\w-]+)(?:\.workspace)?\s*=\s*(?:\"[\^~=<>*]?\d|\{|true)")),
    (re.compile(r"^go\.mod$"), re.compile(r"^\s*(?:require\s+)?(?P<name>[\w.-]+\.[a-z]+/[\w./-]+)\s+v\d")),
    (
        re.compile(r"^Gemfile$|\.gemspec$"),
        re.compile(r"^\s*(?:gem|\w+\.add_(?:runtime_|development_)?dependency)[ (]+[\"'](?P<name>[\w-]+)"),
    ),
    (re.compile(r"^pom\.xml$"), re.compile(r"^\s*<artifactId>(?P<name>[\w.-]+)</artifactId>")),
    (
        re.compile(r"^build\.gradle(?:\.kts)?$|^libs\.versions\.toml$"),
        re.compile(
            r"^\s*(?:implementation|api|compileOnly|runtimeOnly|testImplementation|kapt|ksp"
            r"|annotationProcessor)\W+(?P<name>[\w.:-]+)"
            r"|^(?P<key>[\w-]+)\s*=\s*\{\s*(?:module|group)"
        ),
    ),
    (re.compile(r"^composer\.json$"), re.compile(r"^\s+\"(?P<name>[\w-]+/[\w.-]+)\":\s*\"")),
    (re.compile(r"^Pipfile$"), re.compile(r"^(?P<name>[\w-]+)\s*=\s*[\"'{]")),
    (re.compile(r"^Package\.swift$"), re.compile(r"^\s*\.package\(.*url:\s*\"(?P<name>[^\"]+)\"")),
    (
        re.compile(r"\.csproj$|^Directory\.Packages\.props$"),
        re.compile(r"^\s*<Package(?:Reference|Version)\s+Include=\"(?P<name>[^\"]+)\""),
    ),
    (re.compile(r"^pubspec\.yaml$"), re.compile(r"^  (?P<name>[\w-]+):\s*[\^~>=<\d]")),
    (re.compile(r"^mix\.exs$"), re.compile(r"^\s*\{:(?P<name>\w+),")),
    (re.compile(r"^environment\.ya?ml$"), re.compile(r"^\s+-\s+(?P<name>[\w-]+)\s*(?:[=<>]|$)")),
)
"""File names, and what a line that names a dependency looks like."""

_NO_DEPENDENCY = {
    "name",
    "version",
    "edition",
    "description",
    "license",
    "readme",
    "authors",
    "python",
    "node",
    "npm",
    "main",
    "type",
    "engines",
    "rust-version",
    "requires-python",
    "homepage",
    "repository",
    "private",
    "build",
    "line-length",
    "target-version",
}


def new_dependencies(path: str, change: FileChange) -> list[str]:
    """Names that are among the added lines and not among the removed ones: a changed version is no new dependency."""
    name = PurePosixPath(path).name
    for file, line in _BY_FILE:
        if file.search(name):
            known = set(_named(change.removed, line))
            return [
                found for found in dict.fromkeys(_named((text for _, text in change.added), line)) if found not in known
            ]
    return []


def _named(lines: Iterable[str], pattern: re.Pattern[str]) -> Iterable[str]:
    for text in lines:
        match = pattern.search(text)
        if match is not None:
            found = (match.groupdict().get("name") or match.groupdict().get("key") or "").lower()
            if found and found not in _NO_DEPENDENCY:
                yield found
