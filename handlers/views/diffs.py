"""The change of a build: in the message when it is short, else a page to open, else a plain file."""

import html

import msgspec

from core.model.task import Completed, Discarded, RolledBack, Task
from handlers.views.message import Document, Message, escape, lines, utf16_length

INLINE = 3000
"""UTF-16 units of a diff that goes into the message."""
MAX_PAGE = 400_000
"""Characters; a phone takes long to open a page with more."""
MAX_PLAIN = 2_000_000
"""Characters; only the beginning of a longer diff is sent."""
_OPEN = 400
"""Lines; longer files are folded on the page."""

_STYLE = """
:root { color-scheme: light dark; --bg: #fff; --fg: #1f2328; --soft: #59636e; --line: #d1d9e0; --head: #f6f8fa;
  --new: #dafbe1; --newfg: #0a4d1f; --old: #ffebe9; --oldfg: #82071e; --hunk: #0550ae }
@media (prefers-color-scheme: dark) { :root { --bg: #0d1117; --fg: #e6edf3; --soft: #9198a1; --line: #3d444d;
  --head: #151b23; --new: #12351f; --newfg: #aff5b4; --old: #3c1618; --oldfg: #ffdcd7; --hunk: #79c0ff } }
body { margin: 0; padding: 12px; background: var(--bg); color: var(--fg); font: 15px/1.4 system-ui, sans-serif }
h1 { font-size: 18px; margin: 0 0 4px; overflow-wrap: anywhere }
p, nav { color: var(--soft); margin: 0 0 12px; overflow-wrap: anywhere }
nav a { display: block; color: inherit; padding: 3px 0 }
details { border: 1px solid var(--line); border-radius: 6px; margin: 0 0 12px; overflow: hidden }
summary { background: var(--head); padding: 8px 10px; cursor: pointer; overflow-wrap: anywhere; font-weight: 600 }
pre { margin: 0; padding: 6px 10px; overflow-x: auto; font: 12px/1.45 ui-monospace, monospace; tab-size: 4 }
.gi, .gd { display: inline-block; min-width: 100% }
.plus, .gi { color: var(--newfg) } .minus, .gd { color: var(--oldfg) }
.gi { background: var(--new) } .gd { background: var(--old) } .gu { color: var(--hunk) } .gh { color: var(--soft) }
"""


class FileChange(msgspec.Struct, frozen=True):
    """The part of a diff that is about one file."""

    path: str
    added: int
    removed: int
    text: str


def diff(task: Task, text: str) -> Message:
    """The change of a task's last build, as `git diff` printed it."""
    if not text.strip():
        return Message(f"/{task.id} changed nothing.")
    note = _note(task)
    if utf16_length(text) <= INLINE:
        code = f'<pre><code class="language-diff">{escape(text)}</code></pre>'
        return Message(lines(f"🔍 /{task.id}", note, code))
    changes = split(text)
    caption = f"🔍 The change of /{task.id}: {_size(changes)}"
    if len(text) <= MAX_PAGE:
        return Message(lines(caption, note), document=Document(f"{task.id}.html", page(task, changes).encode()))
    cut = "It is too large for a page with colours"
    cut += ", and for one file: this is its beginning." if len(text) > MAX_PLAIN else "."
    return Message(lines(caption, note, cut), document=Document(f"{task.id}.diff", text[:MAX_PLAIN].encode()))


def split(text: str) -> list[FileChange]:
    """The files of a diff, in its order."""
    starts = [0] if text.startswith("diff --git ") else []
    place = text.find("\ndiff --git ")
    while place >= 0:
        starts.append(place + 1)
        place = text.find("\ndiff --git ", place + 1)
    return [_change(text[start:end]) for start, end in zip(starts or [0], [*starts[1:], len(text)], strict=True)]


def page(task: Task, changes: list[FileChange]) -> str:
    """A page that needs nothing but itself, for a phone as for a desk, by day and by night."""
    title = html.escape(f"{task.id}: {task.title}")
    listed = "".join(f'<a href="#f{n}">{_head(change)}</a>' for n, change in enumerate(changes))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f"<p>{html.escape(_size(changes))}</p><nav>{listed}</nav>{''.join(map(_section, range(len(changes)), changes))}"
        "</body></html>"
    )


def _section(number: int, change: FileChange) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import DiffLexer

    is_open = " open" if change.text.count("\n") <= _OPEN else ""
    code = highlight(change.text, DiffLexer(stripnl=False), HtmlFormatter(nowrap=True))
    return f'<details id="f{number}"{is_open}><summary>{_head(change)}</summary><pre>{code}</pre></details>'


def _head(change: FileChange) -> str:
    counts = f'<span class="plus">+{change.added}</span> <span class="minus">−{change.removed}</span>'
    return f"{html.escape(change.path)} {counts}"


def _change(text: str) -> FileChange:
    head, _, hunks = text.partition("\n@@")
    body = hunks.split("\n")[1:]
    return FileChange(
        path=_path(head.split("\n")),
        added=sum(line.startswith("+") for line in body),
        removed=sum(line.startswith("-") for line in body),
        text=text,
    )


def _path(head: list[str]) -> str:
    """The name that the file has now; of a deleted one, the name that it had."""
    for mark in ("+++ b/", '+++ "b/', "rename to ", "--- a/", '--- "a/'):
        for line in head:
            if line.startswith(mark):
                # Git puts a tab behind names with a space.
                return line.removeprefix(mark).rstrip('\t"')
    return head[0].rpartition(" b/")[2] or head[0]


def _size(changes: list[FileChange]) -> str:
    noun = "file" if len(changes) == 1 else "files"
    added, removed = sum(change.added for change in changes), sum(change.removed for change in changes)
    return f"{len(changes)} {noun}, +{added} −{removed}"


def _note(task: Task) -> str | None:
    match task.state:
        case Completed(delivery=Discarded()):
            return "It was discarded; this is from its bundle in the trash."
        case Completed(delivery=RolledBack()):
            return "It was merged, and rolled back since."
    return None
