"""Secrets in added lines: keys, tokens and passwords that must not get into a repository.

The rules are our own table. Of the scanners for Python, detect-secrets (1.5, of 2024) knows none of the newer tokens
(GitHub's fine-grained ones, Anthropic, Google, Hugging Face, DigitalOcean, Shopify), takes time that grows with the
square of a line's length, and brings an HTTP client along; newer ones are programs of their own or call a service.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

_WINDOW, _OVERLAP = 4000, 400
"""Characters of a long line that are looked at together, so that the time grows with its length only."""

_TABLE: tuple[tuple[str, str], ...] = (
    ("a private key", r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d"
                      r"|AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    ("a GitHub token", r"(?:gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_\w{50,250})(?!\w)"),
    ("a GitLab token", r"(?:gl(?:pat|ptt|dt|soat|imt|ft|oas|cbt|agent|rt)-[\w-]{20,300}|GR1348941[\w-]{20})"),
    ("an AWS access key", r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])"
                          r"|(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("a Google API key", r"(?<!\w)AIza[\w-]{35}(?!\w)|(?<!\w)GOCSPX-[\w-]{28}(?!\w)|(?<!\w)ya29\.[\w-]{30,300}"),
    ("a Slack token", r"(?<!\w)xox[abeoprs](?:-[A-Za-z0-9]{8,250}){1,6}|(?<!\w)xapp-\d-[A-Z0-9]+-\d+-[a-z0-9]{30,120}"),
    ("a Slack webhook", r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/]{20,120}"),
    ("a Discord webhook", r"discord(?:app)?\.com/api/webhooks/\d{15,21}/[\w-]{50,100}"),
    ("a Discord token", r"(?<![\w.-])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,45}(?![\w.-])"),
    ("a Telegram bot token", r"(?<![\w:])\d{8,10}:AA[\w-]{33}(?![\w-])|(?<=/bot)\d{8,10}:[\w-]{35}(?![\w-])"),
    ("a Stripe key", r"(?<!\w)[sr]k_live_[0-9A-Za-z]{16,250}(?!\w)|(?<!\w)whsec_[A-Za-z0-9+/]{32,64}"),
    ("an OpenAI key", r"(?<!\w)sk-(?:proj|svcacct|admin|None)-[\w-]{40,250}"
                      r"|(?<!\w)sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}|(?<!\w)sk-[A-Za-z0-9]{48}(?!\w)"),
    ("an Anthropic key", r"(?<!\w)sk-ant-[a-z0-9]{2,12}-[\w-]{40,250}"),
    ("a Hugging Face token", r"(?<!\w)(?:hf|api_org)_[A-Za-z]{34}(?!\w)"),
    ("a Twilio key", r"(?<!\w)SK[0-9a-f]{32}(?!\w)"),
    ("a SendGrid key", r"(?<!\w)SG\.[\w-]{16,32}\.[\w-]{39,50}(?!\w)"),
    ("a Mailgun key", r"(?<!\w)key-[0-9a-f]{32}(?!\w)"),
    ("a Mailchimp key", r"(?<!\w)[0-9a-f]{32}-us\d{1,2}(?!\w)"),
    ("an npm token", r"(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)|:_authToken=(?!\$)[\w-]{30,100}|:_(?:auth"
                     r"|password)=(?!\$)[\w+/=]{16,200}"),
    ("a PyPI token", r"pypi-AgEI[\w-]{50,300}|pypi-AgEN[\w-]{50,300}"),
    ("a RubyGems key", r"(?<!\w)rubygems_[0-9a-f]{48}(?!\w)"),
    ("a crates.io token", r"(?<!\w)cio[A-Za-z0-9]{32}(?!\w)"),
    ("a Docker Hub token", r"(?<!\w)dckr_(?:pat|oat)_[\w-]{27,40}(?!\w)"),
    ("a DigitalOcean token", r"(?<!\w)do[opr]_v1_[0-9a-f]{64}(?!\w)"),
    ("a Shopify token", r"(?<!\w)shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}(?!\w)"),
    ("a Square token", r"(?<!\w)(?:EAAA[\w-]{60}|sq0(?:atp|csp)-[\w-]{22,43})(?!\w)"),
    ("a database service's password", r"(?<!\w)pscale_(?:tkn|pw|oauth)_[\w.-]{32,64}"
                                      r"|(?<!\w)sbp_[0-9a-f]{40}(?!\w)|(?<!\w)sb_secret_[\w-]{20,60}"),
    ("a Linear, Notion or Figma token", r"(?<!\w)(?:lin_api_[A-Za-z0-9]{40}|secret_[A-Za-z0-9]{43}"
                                        r"|ntn_[A-Za-z0-9]{40,60}|figd_[\w-]{40,60})(?!\w)"),
    ("an Azure key", r"(?:AccountKey|SharedAccessKey|EndpointKey)=[A-Za-z0-9+/]{40,90}={0,2}"
                     r"|(?<![\w~])[A-Za-z0-9]{3}8Q~[\w~.-]{34}(?!\w)"),
    ("a Vault or Terraform token", r"(?<!\w)hv[sb]\.[\w-]{24,300}|(?<!\w)[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,70}"
                                   r"|(?<!\w)pul-[0-9a-f]{40}(?!\w)"),
    ("a Grafana, Sentry or New Relic key", r"(?<!\w)glc_[A-Za-z0-9+/=]{40,400}|(?<!\w)glsa_[A-Za-z0-9]{32}_[0-9"
                                           r"a-f]{8}|(?<!\w)sntry[su]_[\w+/=-]{40,300}"
                                           r"|(?<!\w)NRAK-[A-Z0-9]{27}(?!\w)"),
    ("a key of a model service", r"(?<!\w)(?:gsk_[A-Za-z0-9]{40,60}|r8_[A-Za-z0-9]{37,40}"
                                 r"|xai-[A-Za-z0-9]{60,100}|pplx-[A-Za-z0-9]{40,60}|sk-or-v1-[0-9a-f]{64}"
                                 r"|fw_[A-Za-z0-9]{22,24}|AIzaSy[\w-]{33})(?!\w)"),
    ("an Atlassian token", r"(?<!\w)ATATT3[\w=-]{100,250}|(?<!\w)ATCTT3[\w=-]{50,250}"),
    ("a Facebook or Google OAuth token", r"(?<!\w)EAA[A-Z][A-Za-z0-9]{90,250}(?!\w)|(?<!\w)1//0[\w-]{30,120}"),
    ("a JSON web token", r"(?<![\w-])eyJ[\w-]{10,1000}\.eyJ[\w-]{10,2000}\.[\w-]{16,700}"),
    ("a password in an address", r"(?<![\w])[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s:/@\"'<>${}%]{0,60}:([^\s:/@\"'<"
                                 r">{}$]{3,120})@(?!localhost|127\.|0\.0\.0\.0|\[::1\]|(?:db|postgres|mysql"
                                 r"|redis|database|mongo|rabbitmq|host|hostname)(?![\w.-]))[\w.\[-]"),
    ("a password in a connection string", r"(?i)\b(?:server|data source|host)=[^;\"']{1,120};[^\"']{0,200}?\b(?"
                                          r":password|pwd)=([^;\"'${}<>]{4,100})"),
    ("a password in a command", r"(?:\bcurl\b[^|;\n]{0,300}?\s(?:-u|--user)[ "
                                r"=]?[\"']?[\w.@-]{1,60}:([^\s\"'$:]{6,100})"
                                r"|\bsshpass\s+-p\s*[\"']?([^\s\"'$]{4,100})|\bmysql(?:dump)?\b[^"
                                r"|;\n]{0,200}?\s-p([^\s\"'$-][^\s\"']{4,100}))"),
    ("credentials in a header", r"(?i)\bauthorization[\"']?\s*[:=,]\s*[\"'`]?\s*(?:bearer|basic"
                                r"|token)\s+([\w.~+/=-]{20,2000})"),
)  # fmt: skip
"""What to say, and the shape. Each shape is bounded in length; a group, where there is one, is the secret itself."""

_WORTH_IT = re.compile(r"[\w-]{18}|BEGIN |PuTTY|://|(?i:password=|pwd=|sshpass|curl\b|mysql)")
"""All shapes have something of this, and ordinary lines have not: to pass over them fast."""

_KEYWORD = re.compile(
    r"(?i)passw(?:or)?d|passphrase|pwd|secret|api[_-]?key|access[_-]?key|token|private[_-]?key|encryption[_-]?key"
    r"|signing[_-]?key|master[_-]?key|credentials?|_pass\b|db[_-]?pass|account[_-]?key|webhook[_-]?key|service[_-]?key"
    r"|license[_-]?key|storage[_-]?key|salt\b"
)
"""What a name that holds a secret has in it."""
_VALUE = re.compile(
    r"([\w\]\"'-]{0,24})\s{0,8}(?::\s{0,4}[\w.\[\]| ]{1,30}=(?!=)|:=|=>|[:=](?![=:>])|>)\s{0,8}"
    r"(?:[a-zA-Z]{0,2}[\"'`]([^\"'`\n]{6,300})[\"'`]|([^\s\"'`,;(){}\[\]<>$]{8,300})\s{0,8}(?:</|[#;,].{0,300})?$"
    r"|([^\s\"'`,;(){}\[\]<>$]{8,300})</)"
)
"""After the keyword: the rest of the name, and a text in quotes, or a bare word to the end of the line."""
_NAME_BEFORE = re.compile(r"[\w.\[\]\"'-]{0,60}$")

_HARMLESS_NAMES = re.compile(
    r"(?i)(?:public|pub_|field|label|hint|placeholder|name$|_name|path|file|url|uri|endpoint|type|header|param"
    r"|regex|pattern|length|min|max|count"
    r"|error|message|msg|text|title|help|description|hash|digest|checksum|policy|prefix|suffix|format|column"
    r"|template|env_|_env|env$|_var|class|icon|id$|_ids?\b"
    r"|expir|ttl|age|limit|size|csrf|input|selector|test_id|i18n|key_?id|algorithm|next_?token|page_?token"
    r"|tokeni[sz]er|max_?token|tokens|_ref|ref$|arn|usage|budget)"
)
_PLACEHOLDER = re.compile(
    r"(?i)example|sample|placeholder|change[_-]?(?:me|this|it)|your[_-]|[_-]?here\b|dummy|fake|mock|redacted"
    r"|replace|insert|todo|fixme|x{4,}|\*{3,}|\.{3,}"
    r"|<[^>]*>|\$\{|\{\{|%\(|\$\(|%s|\{[a-z_.]*\}|^(?:null|none|nil|true|false|undefined|empty|default|password"
    r"|passwort|secret|token|string|changeit)$|not[_-]?(?:a|the|so)[_-]?(?:real|secret)"
    r"|(?:test|foo|bar|demo|local|dev|invalid|wrong|bad|correct|old|new|my|some|any|super|very|top|valid"
    r"|expired|unit)[_-]?(?:pass(?:word)?|pw|secret|token|key|api|user)|password\d*|passw0rd|pa\$\$|p@ss"
    r"|hunter2|letmein|qwerty|s3cr3t|deadbeef|lorem"
    r"|(?:pass(?:word)?|secret|token|key)[_-]?\d{0,4}$|^(?:os\.|process\.|env\.|config\.|settings\.|self\."
    r"|this\.|vault:|op://|secretsmanager|ref\+|arn:|sops|enc\[|file:|/run/|!vault|projects/)"
    r"|123456|abcdef(?![0-9a-f])|abc123|(?:0123|1234)(?:4|5)?(?:56)?789"
)  # fmt: skip
_SAYS_SO = re.compile(r"(?i)example|x{6,}|placeholder|your[_-]|redacted|dummy|fake|\*{3,}|\.{3,}")
_REPEATS = re.compile(r"(.)\1{6,}")
_TEST_PATH = re.compile(
    r"(?i)(?:^|/)(?:tests?|specs?|__tests__|fixtures|testdata|examples?|docs?|mocks?|__mocks__|e2e|cypress)/"
    r"|(?:^|/)(?:test_|conftest)[^/]*$"
    r"|[._-](?:test|spec|tests)\.\w+$|\.(?:md|rst|adoc)$|Tests?\.\w+$|(?:^|/)\.?env\.(?:example|sample|template"
    r"|dist)$|\.(?:example|sample|template|dist|tmpl)$"
)
_CONFIGURATION = re.compile(r"(?i)\.(?:ya?ml|ini|cfg|conf|toml|properties|tfvars|env|xml)$|(?:^|/)\.env[^/]*$")
"""Where texts stand without quotes."""
_CHECKSUMS = re.compile(
    r"(?i)(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|[^/]*\.lock|go\.sum"
    r"|[^/]*\.lockfile|[^/]*sha(?:1|256|512)sums?[^/]*"
    r"|[^/]*\.(?:sha256|sha512|md5|sum|svg|map|min\.js|min\.css|snap))$"
)
"""Files that are full of what looks random."""


def scan(path: str, lines: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """The number and kind of each secret in added lines of one file, at most one a line; see `core.ports.SecretScan`.

    Nothing is sent anywhere. Placeholders, checksums, public keys and the passwords of tests are no secrets.
    """
    found = []
    for number, line in lines:
        kind = next(_in_line(path, line), None)
        if kind is not None:
            found.append((number, kind))
    return found


def _in_line(path: str, line: str) -> Iterator[str]:
    step = _WINDOW - _OVERLAP
    for start in range(0, max(len(line) - _OVERLAP, 1), step):
        part = line[start : start + _WINDOW]
        yield from _by_shape(part)
        if not _CHECKSUMS.search(path):
            yield from _by_name(path, part)


def _by_shape(part: str) -> Iterator[str]:
    if _WORTH_IT.search(part) is None:
        return
    for kind, shape in _shapes():
        for match in shape.finditer(part):
            secret = next((group for group in match.groups() if group), match[0])
            if not _is_placeholder(secret, shaped=not match.groups()):
                yield kind


def _by_name(path: str, part: str) -> Iterator[str]:
    for keyword in _KEYWORD.finditer(part):
        match = _VALUE.match(part, keyword.end())
        if match is None:
            continue
        before = _NAME_BEFORE.search(part, max(0, keyword.start() - 60), keyword.start())
        name = f"{before[0] if before else ''}{keyword[0]}{match[1]}".strip("\"'[] ")
        value = match[2] or match[3] or match[4]
        if _HARMLESS_NAMES.search(name) or _is_placeholder(value, shaped=False):
            continue
        is_bare = match[2] is None and _CONFIGURATION.search(path) is None
        if _looks_secret(value, strict=is_bare or _TEST_PATH.search(path) is not None):
            yield "a password or key in plain text"


def _is_placeholder(secret: str, *, shaped: bool) -> bool:
    """Shaped tokens are doubted less: only what says so itself is an example."""
    if not shaped:
        return bool(_PLACEHOLDER.search(secret) or _REPEATS.search(secret))
    if _SAYS_SO.search(secret) or _REPEATS.search(secret):
        return True
    return "BEGIN" not in secret and len(set(secret)) < 8


def _looks_secret(value: str, *, strict: bool) -> bool:
    """Whether a text is more than a word, a name or a path. `strict`: where passwords of tests and examples stand."""
    if re.search(r"\s", value.strip()) and len(value.split()) > 2:
        return False
    if re.fullmatch(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", value):
        return not strict
    if re.fullmatch(
        r"(?:sha\d+[-:]|md5:|https?://|/|\./|~/|ssh-|#|--).*|[\w.]*\(.*|[A-Z][A-Z0-9_]+|[a-z]+(?:[-_. ][a-z]+)*"
        r"|\d{1,9}|[a-z]+(?:[A-Z][a-z]+)*|\w+\.\w+(?:\.\w+)*|[\w-]+@[\w.-]+",
        value,
    ):
        return False
    kinds = sum(bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", r"\d", r"[^\w\s]"))
    if strict:
        return len(value) >= 16 and kinds >= 2 and _entropy(value) >= 3.4 and bool(re.search(r"\d", value))
    return (len(value) >= 8 and kinds >= 3) or (len(value) >= 16 and kinds >= 2 and _entropy(value) >= 3.0)


def _entropy(text: str) -> float:
    """Bits per character (Shannon)."""
    return -sum(count / len(text) * math.log2(count / len(text)) for count in Counter(text).values())


@lru_cache(maxsize=1)
def _shapes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((kind, re.compile(shape)) for kind, shape in _TABLE)
