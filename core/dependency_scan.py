"""New dependencies in the manifests of the known package managers, by the lines that a change adds to them."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

from core.diff_reader import FileChange

_VERSION = r"(?:[\^~<>=!*]|v?\d|latest|workspace:|npm:|git[+:@]|github:|https?:|file:|link:|dev-)"
_NAME = r"[A-Za-z0-9@][\w./@-]{0,120}"
_REQUIREMENT = re.compile(
    rf"\s*[\"']({_NAME})\s*(?:\[[^\]]*\])?\s*(?:(?:[<>=!~]=?|@|;)[^\"']*)?[\"']\s*,?\s*(?:#.*)?[\])]*,?\s*"
)
_INLINE = re.compile(rf"[\"']({_NAME})\s*(?:\[[^\]]*\])?\s*(?:[<>=!~;@ ][^\"']*)?[\"']")
_ASSIGNED = re.compile(
    rf"\s*[\"']?({_NAME})[\"']?\s*=\s*(?:[\"']{_VERSION}[^\"']*[\"']"
    rf"|\{{.*(?:version|git|path|workspace|url|features)\s*=.*)"
)
_DOTTED = re.compile(rf"\s*({_NAME}?)\.(?:workspace|version|git|path)\s*=")
_JSON = re.compile(rf"\s*[\"']({_NAME})[\"']\s*:\s*[\"']{_VERSION}[^\"']*[\"']\s*,?\s*")

_BY_FILE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("requirements*.txt", re.compile(rf"\s*(?!-)({_NAME})\s*(?:\[[^\]]*\])?\s*(?:(?:[<>=!~]=?|@|;).*)?(?:\s#.*)?\s*")),
    ("requirements/*.txt", re.compile(rf"\s*(?!-)({_NAME})\s*(?:\[[^\]]*\])?\s*(?:(?:[<>=!~]=?|@|;).*)?(?:\s#.*)?\s*")),
    ("requirements*.in", re.compile(rf"\s*(?!-)({_NAME})\s*(?:\[[^\]]*\])?\s*(?:(?:[<>=!~]=?|@|;).*)?(?:\s#.*)?\s*")),
    ("go.mod", re.compile(r"\s*(?:require\s+)?((?!go\b|module\b|toolchain\b)[\w.-]+\.[\w.-]+/\S+"
                          r"|[\w.-]+\.[\w-]+)\s+v\d\S*.*")),
    ("Gemfile", re.compile(r"\s*gem\s*\(?\s*[\"']([\w./-]+)[\"'].*")),
    ("*.gemspec", re.compile(r"\s*\w+\.add_(?:\w+_)?dependency\s*\(?\s*[\"']([\w./-]+)[\"'].*")),
    ("pom.xml", re.compile(r".*<artifactId>\s*([\w.-]+)\s*</artifactId>.*")),
    ("build.gradle*", re.compile(r"\s*(?:\w*[iI]mplementation|\w*[aA]pi|compile\w*|\w*[rR]untimeOnly|kapt|ksp"
                                 r"|classpath|annotationProcessor|id)\b\s*[\s(]*"
                                 r"(?:\w+\()?[\"']([\w.:-]+)[\"'].*")),
    ("*.versions.toml", re.compile(r"\s*([\w-]+)\s*=\s*\{.*(?:module|group|id)\s*=.*")),
    ("*.csproj", re.compile(r".*<PackageReference\s[^>]*Include=\"([\w.-]+)\".*")),
    ("Directory.Packages.props", re.compile(r".*<PackageVersion\s[^>]*Include=\"([\w.-]+)\".*")),
    ("mix.exs", re.compile(r"\s*\{:(\w+),\s*.*")),
    ("environment.y*ml", re.compile(r"\s*-\s*([\w.-]+)\s*(?:[<>=!~]=?.*)?")),
    ("pubspec.yaml", re.compile(r"\s+([\w]+):\s*[\^\"']?[\^<>=]?\d.*")),
    ("Package.swift", re.compile(r".*\.package\(\s*url:\s*\"([^\"]+)\".*")),
    ("Podfile", re.compile(r"\s*pod\s+[\"']([\w./-]+)[\"'].*")),
    ("setup.cfg", re.compile(rf"\s+({_NAME})\s*(?:\[[^\]]*\])?\s*[<>=!~]=?\s*\d.*")),
    ("package.json", _JSON),
    ("composer.json", _JSON),
    ("Pipfile", _ASSIGNED),
    ("Cargo.toml", _ASSIGNED),
)  # fmt: skip
_NOT_NAMES = frozenset(
    [
        "version",
        "node",
        "npm",
        "pnpm",
        "yarn",
        "engines",
        "php",
        "python",
        "requires-python",
        "name",
        "edition",
        "rust-version",
        "target-version",
        "line-length",
        "license",
        "description",
        "type",
        "main",
        "module",
        "target-dir",
        "resolver",
        "minimum-stability",
        "homepage",
        "readme",
        "authors",
        "packageManager",
        "vscode",
        "private",
        "sideEffects",
        "browserslist",
        "lib",
        "esnext",
        "node-version",
        "ruby",
        "url",
        "dependencies",
        "default",
        "all",
        "dev",
        "test",
        "python_version",
        "name:",
        "channels",
    ]
)
_MOST_LINES = 5000
_MOST = 2000
"""Characters of a line; a longer one is no entry of a manifest."""


def is_manifest(path: str) -> bool:
    """Whether a file declares dependencies."""
    name = path.rpartition("/")[2]
    return name in ("pyproject.toml", "setup.py") or _pattern(path) is not None


def new_dependencies(change: FileChange) -> list[str]:
    """The names that a manifest did not have before, in their order; a changed version brings none."""
    if change.is_deleted:
        return []
    shown = {**change.context, **dict(change.added)}
    before = {_plain(name) for _, line in change.removed[:_MOST_LINES] for name in _names(change.path, line, {}, 0)}
    found = [name for number, line in change.added[:_MOST_LINES] for name in _names(change.path, line, shown, number)]
    return list(dict.fromkeys(name for name in found if _plain(name) not in before and name not in _NOT_NAMES))


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _pattern(path: str) -> re.Pattern[str] | None:
    name = path.rpartition("/")[2]
    for glob, pattern in _BY_FILE:
        if fnmatchcase(path if "/" in glob else name, glob) or ("/" in glob and fnmatchcase(path, f"*/{glob}")):
            return pattern
    return None


def _names(path: str, line: str, shown: Mapping[int, str], number: int) -> list[str]:
    """The dependencies that a line names; `shown` are the lines of the file that the diff shows, by number."""
    if len(line) > _MOST or line.lstrip().startswith(("#", "//", "<!--")):
        return []
    file = path.rpartition("/")[2]
    if file == "setup.py":
        return _INLINE.findall(line) if "require" in line or _REQUIREMENT.fullmatch(line) else []
    if file == "pyproject.toml":
        return _in_pyproject(line, shown, number)
    pattern = _pattern(path)
    match = pattern.fullmatch(line) if pattern is not None else None
    if match is None and file == "Cargo.toml":
        match = _DOTTED.match(line)
    return [match[1]] if match is not None and match[1] else []


def _in_pyproject(line: str, shown: Mapping[int, str], number: int) -> list[str]:
    """Requirements in lists, and assignments below `dependencies`; other tables have lists of names as well."""
    section = _section(shown, number)
    if (
        section is not None
        and section
        and not re.search(r"(?i)depend|require|dev|extras|group|poetry|pdm|project|build", section)
    ):
        return []
    if re.match(r"\s*(?:\w[\w-]*\s*=\s*)\[", line):
        key = line.partition("=")[0].strip()
        if re.search(r"(?i)depend|require|^(dev|test|tests|docs|lint|all)$", key) or (section and "depend" in section):
            return _INLINE.findall(line.partition("=")[2])
        return []
    if match := _REQUIREMENT.fullmatch(line):
        opened = _list_around(shown, number)
        if opened and not re.search(r"(?i)depend|require|dev|test|docs|lint|extra|all|http|cli|async", opened):
            return []
        return [match[1]] if opened or re.search(r"[<>=!~]=?\s*\d", line) or (section and "depend" in section) else []
    if (match := _ASSIGNED.fullmatch(line)) and (not section or "depend" in section):
        return [match[1]]
    return []


def _section(shown: Mapping[int, str], number: int) -> str | None:
    """The last `[table]` that the diff shows before a line; None when it shows none."""
    return _last(shown, number, re.compile(r"\[\[?([^\]]+)\]\]?\s*(?:#.*)?"), stop=None)


def _list_around(shown: Mapping[int, str], number: int) -> str | None:
    """The key of the list that a line stands in, if the diff shows it."""
    return _last(shown, number, re.compile(r"\s*([\w-]+)\s*=\s*\[[^\]]*"), stop=re.compile(r"\s*\]|\["))


def _last(shown: Mapping[int, str], number: int, wanted: re.Pattern[str], stop: re.Pattern[str] | None) -> str | None:
    for before in range(number - 1, max(number - 400, -1), -1):
        line = shown.get(before, "")[:_MOST]
        if match := wanted.fullmatch(line):
            return match[1]
        if stop is not None and stop.match(line):
            return None
    return None
