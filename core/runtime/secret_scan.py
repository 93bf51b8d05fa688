"""Secrets in added lines, by the rules of `detect-secrets`: the adapter behind `core.ports.SecretScan`.

The library is imported when the first result is scanned; nothing of it looks at files or asks a server.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

_SHAPES = {
    "artifactory": "ArtifactoryDetector",
    "aws": "AWSKeyDetector",
    "azure_storage_key": "AzureStorageKeyDetector",
    "basic_auth": "BasicAuthDetector",
    "discord": "DiscordBotTokenDetector",
    "github_token": "GitHubTokenDetector",
    "gitlab_token": "GitLabTokenDetector",
    "jwt": "JwtTokenDetector",
    "mailchimp": "MailchimpDetector",
    "npm": "NpmDetector",
    "openai": "OpenAIDetector",
    "private_key": "PrivateKeyDetector",
    "pypi_token": "PypiTokenDetector",
    "sendgrid": "SendGridDetector",
    "slack": "SlackDetector",
    "square_oauth": "SquareOAuthDetector",
    "stripe": "StripeDetector",
    "telegram_token": "TelegramBotTokenDetector",
    "twilio": "TwilioKeyDetector",
}
"""Detectors that know a token by its shape; those that only measure entropy take every checksum for a secret."""

_ASSIGNED = re.compile(
    r"(?P<key>[\w.-]*(?:password|passwd|pwd|passphrase|secret|api[_-]?key|apikey|access[_-]?key|auth[_-]?token"
    r"|access[_-]?token"
    r"|private[_-]?key|credential|encryption[_-]?key|signing[_-]?key|token)s?[\w.-]*)[\"']?\s*(?::=|=>"
    r"|[:=])\s*(?P<quote>[\"'`]?)"
    r"(?P<value>[^\s\"'`,;#{}()\[\]<>]{8,200})(?P=quote)",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"your|example|change[_-]?me|placeholder|dummy|fake|sample|xxx|\*\*\*|\.\.\.|todo|insert|redacted|secret$"
    r"|password$|^\$|^%|\$\{|\{\{"
    r"|<|^env|getenv|environ|process\.|config\.|settings\.|self\.|os\.|^none$|^null$|^true$|^false$|test|^(.)\1+$"
    r"|12345|abcde|foobar"
    r"|localhost|^https?://[^@]*$|^/|lorem|hunter2|letmein|qwerty|correct.horse",
    re.IGNORECASE,
)
_PLAIN_WORD = re.compile(r"^[A-Za-z_.-]+$|^[A-Z_0-9]+_[A-Z_0-9]+$|^[\w.]+\.[\w.]+$|^[a-z]+[_-]?\d{0,4}$|^\d+$|::|->")
_SAFE_PLACES = re.compile(
    r"\.(?:lock|sum|svg|ipynb|map)$|(?:^|/)(?:package-lock\.json|pnpm-lock\.yaml|npm-shrinkwrap\.json)$"
)
_EXACT = ("Private Key", "Slack Token", "Telegram Bot Token", "GitHub Token", "Stripe Access Key")
"""Nobody writes these by chance; the others are looked at for placeholders."""

_LONGEST = 1_000

Detector = tuple[str, Callable[[str], Iterator[str]]]


def scan(path: str, lines: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """The lines, by number, that hold what looks like a secret, with its kind; never the secret itself."""
    if _SAFE_PLACES.search(path):
        return []
    found = []
    for number, text in lines:
        kind = _kind(text[:_LONGEST])
        if kind is not None:
            found.append((number, kind))
    return found


def _kind(text: str) -> str | None:
    for kind, analyse in _detectors():
        if any(kind in _EXACT or not _PLACEHOLDER.search(secret) for secret in analyse(text)):
            return kind
    match = _ASSIGNED.search(text)
    if match is not None and _is_secret(match["value"], quoted=bool(match["quote"])):
        return "password or key"
    return None


def _is_secret(value: str, *, quoted: bool) -> bool:
    """Whether an assigned value looks like one that somebody made up to be hard to guess."""
    if _PLACEHOLDER.search(value) or _PLAIN_WORD.match(value):
        return False
    kinds = sum(bool(re.search(pattern, value)) for pattern in (r"[a-z]", r"[A-Z]", r"\d", r"[^\w]"))
    return kinds >= (2 if quoted or len(value) >= 16 else 3) and len(set(value)) >= 6


@cache
def _detectors() -> list[Detector]:
    from importlib import import_module

    found: list[Detector] = []
    for module, name in _SHAPES.items():
        plugin: Any = getattr(import_module(f"detect_secrets.plugins.{module}"), name)()
        found.append((str(plugin.secret_type), plugin.analyze_string))
    return found
