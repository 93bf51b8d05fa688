"""The words of danger: what `core.wording` looks for, as data. Lower case; verbs in their base form."""

import re
from dataclasses import dataclass

from core.hazards import Hazard


def words(text: str) -> frozenset[str]:
    """The words of a list that is easy to read and to extend."""
    return frozenset(text.split())


DESTROY = words(
    "delte dleete delete erase wipe purge truncate destroy nuke shred obliterate overwrite reformat unpublish "
    "annihilate expunge "
    "deprovision "
    "reinstall tear-down"
)
"""Whatever they act on is gone, unless it is a piece of code or of a page."""

REMOVE = words(
    "remove drop clear empty reset kill cut flush discard prune dump recycle recreate zero trash lose clean strip undo "
    "terminate decommission cancel expunge evict reinitialise reinitialize rebuild get-rid-of throw-away throw-out "
    "clean-out zero-out take-out thin-out cut-down scrap ditch axe detach format uninstall free shrink chuck revert "
    "amend "
    "roll-back squash"
)
"""Everyday words: harm is done when they act on data."""

DATA = words(
    "table tables database databases db schema schemas collection collections column columns row rows record records "
    "data "
    "dataset datasets user users customer customers account accounts tenant tenants orders invoices bookings payments "
    "backup backups snapshot snapshots volume volumes bucket buckets partition partitions history mailbox mailboxes "
    "inbox "
    "inboxes photos pictures videos movies songs recordings documents measurements readings samples telemetry "
    "workspace "
    "workspaces cluster clusters instance instances redis zone zones warehouse ledger everything everyone everybody "
    "anything profiles subscriptions transactions balances archive archives repository repositories repo production "
    "contacts leads members subscribers patients students employees tickets uploads carts traces posts messages mails "
    "emails e-mails attachments originals purchases reservations audit_log audit_logs servers vms disks nas bookings "
    "sales "
    "keyspace topics streams wallets membership memberships rest losers remainder commits settings-of-everybody "
    "environments "
    "replicas shards volumes keys"
)
"""What somebody would miss."""

LEFTOVERS = words(
    "everybody's everyone's users' customers' stale inactive obsolete unpaid expired outdated orphaned duplicate "
    "duplicates dormant bounced everything all-of"
)
"""Adjectives that people give to data rather than to code."""

HARMLESS = words(
    "parser parsers compiler handler handlers renderer controller controllers adapter adapters driver drivers "
    "implementation "
    "lexer logger loader validator mixin interface interfaces hook hooks middleware algorithm approach workaround "
    "hack hacks "
    "converter formatter serializer router routers spinner "
    "code imports import css style styles stylesheet class classes function functions method methods parameter "
    "parameters "
    "argument arguments variable variables flag flags dependency dependencies comment comments test tests warning "
    "warnings "
    "whitespace comma commas space spaces theme themes template templates mock mocks fixture fixtures number numbers "
    "call "
    "calls copy copies pass loop loops lambda query queries helper helpers module modules branch-name button buttons "
    "label "
    "labels icon icons link links dialog dialogs page form forms field screen screens menu menus heading headings "
    "widget "
    "widgets tooltip tooltips toast toasts banner banners editor view views layout header footer text texts typo typos "
    "binding bindings placeholder animation transition effect effects shadow shadows canvas slide slides difference "
    "differences string strings title titles line lines word words badge badges todo todos log logs logfile logfiles "
    "cache "
    "caches temp temporary tmp build builds dist artefacts artifacts node_modules draft feature jquery polyfill "
    "polyfills "
    "wrapper wrappers duplication boilerplate docstring docstrings annotation annotations type types hint hints print "
    "prints statement statements semicolons brackets decorator decorators inheritance buffer buffers scope suffix "
    "prefix "
    "selection board score stopwatch laps filter filters sort order-of state-of margin padding border colour color "
    "font "
    "logo image-map attribute attributes tag tags element elements node section sections paragraph hyphen allocation "
    "allocations recursion singleton global globals magic dead legacy-code setter getter enum constant constants demo "
    "package packages library libraries support-code script scripts file files folder directory trailing points "
    "ellipses "
    "walls tile tiles enemies player players zeros zeroes background backgrounds separation slate pixels noise "
    "outliers "
    "re-renders rerenders target targets sleeps grid component components toggles timers interval "
    "hovering "
    "item items drag nulls fallback fallbacks shim shims alias aliases indirection plugin-code super quoted bug bugs "
    "cells rounding"
)
"""Pieces of code and of pages, and what is made anew by itself."""

SHOWN = words(
    "view grid report list page dialog readme widget layout chart dashboard screen form overview docs config template"
)
"""What only shows columns and rows; what it shows is not lost with it."""

STOPS = words(
    "in from on for that which when to at with by older before after who whom whose into onto over about between "
    "while so "
    "because if since until during than as via but where through without"
)
"""Where the object of a verb ends."""

NOUN_BEFORE = words("the a an after on before this each every your my its no per upon during 's")
"""A verb's form right after one of these is a noun: “the reset”, “after delete”."""

ABILITY = words(
    "can could may might able users user players people visitors owners members admins editors customers you"
)
"""Who does it in the finished program, when somebody uses it; nobody does it now."""

PRONOUNS = words("them those these")
"""Stand for something that was named before."""

SECURITY_TOPIC = re.compile(
    r"\b(?:sign(?:s|ed|ing)? in|certbot|let['’]?s ?encrypt|signature headers?|allow-list|fail2ban|passwords?"
    r"|passphrases?|passcodes?|pins?|credentials?|(?:api|ssh|signing|private|encryption|access"
    r"|master)[ -]keys?"
    r"|(?:client |app )?secrets?|(?:access|auth|bearer|session|refresh|oauth|jwt|bot)[ -]tokens?|jwts?|oauth\w*|saml"
    r"|sso"
    r"|auth|authenticat\w+|authori[sz]\w+|log(?:s|ged|ging)? in|logins?|sign-?ins?|two-factor|2fa|mfa"
    r"|(?:self-signed |ssl |tls )?certs?|certificates?|tls|ssl|https|encrypt\w*|unencrypted|decrypt\w*|plain ?text"
    r"|hashing"
    r"|bcrypt|argon2?|md5|firewalls?|iptables|ufw|root|sudo|setuid|permissions?|privileges?|access control|vpn|acls?"
    r"|rbac|roles?"
    r"|admins?|superusers?|sandbox\w*|whitelist\w*|allow-?list\w*|ip ranges?|cookies?|samesite|session ids?|captcha"
    r"|rate[ -]limits?"
    r"|intruders?|privacy|private (?:albums?|data|files|messages|notes)|ports?)\b",
    re.IGNORECASE,
)
"""What a task is about that touches on who may do what."""

SECURITY_DEED = re.compile(
    r"\b(?:tak|get|runs out|ignor|rotat|chang|renew|replac|revok|expos|publish|shar|hand|giv|print|log|commit"
    r"|hard-?cod|stor|mov|cop(?:y"
    r"|ies)|put|paste"
    r"|send|export|e?-?mail|disabl|deactivat|skip|bypass|ignor|remov|weaken|lower|loosen|relax|drop|delet|circumvent"
    r"|cach"
    r"|turn|switch|comment\w* out|accept|allow|trust|let|open|grant|assign|promot|elevat|add|mak|set|writ|check in"
    r"|never expires"
    r"|without|no|any|anyone|everyone|whole|all|leak|steal|read|download|see|access|whitelist|allowlist|reus"
    r"|regenerat|reset"
    r"|invalidat|hold|keep|show|us|run|install|enabl|extend|migrat|upgrad|patch|harden|secur|guess)(?:e|es|s|ing|d)?\b",
    re.IGNORECASE,
)

APPEARANCE = re.compile(
    r"\b(?:debug (?:prints?|outputs?)|placeholder|colou?r|typos?|spelling|layout|centred|centered|align\w*"
    r"|icons?|tooltips?|css|labels?"
    r"|wrong (?:page|date|link"
    r"|language|colou?r|icon|margin)|sorted|sort|animation|logo|headings?|cut off|banner|meter|strength|generator"
    r"|font|bold|margin"
    r"|padding|flicker\w*|overlap\w*|small|larger|pdf|image|picture|text|wording|translat\w+|plural|umlaut|css|pixel"
    r"|tab order"
    r"|hints?|recipe|input|jumps|hover\w*|sidebar|cast list|tree|collaps\w*|scroll\w*|responsive|tablets?|phones?"
    r"|button|link in|page|form|screen|field|dialog|menu|editor|title|toast|footer|header"
    r"|widget|calendar|attendance|course|game|level|santa|board|port the|port of|test|tests|rename|variable"
    r"|refactor\w*|split"
    r"|duplicated|move the key|element|element's)\b",
    re.IGNORECASE,
)
"""The same words where it is only about how something looks, or how code is arranged."""


@dataclass(frozen=True)
class Danger(Hazard):
    """A kind of harm, and how people write of it, whatever else the sentence says."""

    patterns: tuple[str, ...]


_AUDIENCE = (
    r"(?:partners?|customers?|clients?|callers|consumers|integrations|third part(?:y|ies)|plugins?|mobile apps?"
    r"|the apps?|others)"
)
_CONTRACT = (
    r"(?:(?:public|rest|partner|external|web|json|graphql|http) (?:api|endpoint|interface|contract|function)s?|(?:the"
    r"|our) api"
    r"|apis?\b|api v\d|v\d+ endpoints?|endpoints?|json (?:fields?|keys?)|exported (?:function|name|class)\w*"
    r"|wire format"
    r"|file format|database format|message format|save format|protocol|exit codes?|command[- ]line (?:flags?|options?)"
    r"|cli options?|plugin interface|column names of the|sdk|webhooks?|event names?|environment variables)"
)
DANGERS = (
    Danger(
        "wording: data loss",
        "it speaks of deleting data",
        (
            r"rewrit\w+ (?:the )?(?:\w+ )?history|\bbe (?:overwritten|deleted|wiped|erased|dropped)\b|drop the rest|"
            r"(?:turn|switch)\w* off\b[ \w]{0,16}backups?|(?:disabl|stop|skip)\w*\b[ \w]{0,16}backups?\b"
            r"|squash\w* the last|force[- ]?push\w*|push\w*\b[ \w]{0,16}--force|filter-branch"
            r"|rm -rf|reset --hard|destructive|irreversibl\w+|unrecoverabl\w+|for good\b|from scratch instead"
            r"|without (?:a )?backup"
            r"|no backup",
            r"\b(?:set|reduc|lower|shorten|cut)\w*\b[ \w]{0,16}retention\b|fsync ?= ?off|full_page_writes"
            r"|will be gone|past commits"
            r"|\b(?:users?|customers?|people|members) (?:\w+ ){0,4}?los(?:e|es|ing)\b|push over what"
            r"|tear\w* (?:\w+ ){0,2}down\b",
            r"\b(?:partitions?|rows|records|backups?|snapshots?|tables|accounts|messages"
            r"|invoices)\b[^.\n]{0,40}?\b(?:is|are|be|get|gets)"
            r" (?:\w+ and )?(?:dropped|deleted|removed|purged|wiped|erased)\b(?! (?:twice|from the (?:list|view)))",
            r"retention\b[ \w'’-]{0,40}?\b(?:zero|0|off|none)|overwrite to true|drop table|delete from|truncate table",
            r"\b(?:tables?|rows?|records?|columns?|data|databases?|backups?|readings|accounts?"
            r"|one)\b[^.\n]{0,50}?\b(?:can go"
            r"|(?:is|are) (?:not|no longer) needed|goes away|is obsolete now)\b|older stuff|old stuff",
            r"\b(?:tables?|columns?|databases?|collections?|invoices|records|backups)\b[^\n]{0,80}?\b(?:drop|delet"
            r"|remov|eras)\w{0,3}"
            r" (?:the )?(?:(?:old|original|previous|other|second) ones?|originals|rest)\b",
            r"\b(?:remov|delet|eras|drop)(?:e|es|ing|s|ping)? (?:all|every|any) (?:posts?|pages?|files?|messages?"
            r"|traces?|documents?)",
        ),
    ),
    Danger(
        "wording: security",
        "it concerns security",
        (
            r"\brotat\w+ (?!(?:\S+ ){0,4}?(?:logs?|log files?|images?|photos?|pictures?|screens?|phones?|devices?"
            r"|cameras?|banners?|text"
            r"|labels?|axis|axes|logos?|icons?|sprites?|boards?|pieces?|quotes?|backgrounds?|proxies)\b)",
            r"each other['’]s|(?:somebody|someone|anybody) else['’]s|onerror=|<script|runs? scripts?\b|\bghsa-"
            r"|prototype pollution|npm audit"
            r"|~/\.ssh|id_(?:rsa|ed25519)|_ed25519|\bopen\w* \d{2,5} to\b|administratoraccess|full access|all rights"
            r"|check\b[^.\n]{0,20}"
            r"too strict|(?:leave|take|leaving|taking) (?:the |this |that )?(?:check|verification"
            r"|validation)\b[^.\n]{0,20}\bout\b"
            r"|let\w* all\b[^.\n]{0,20}through|audit daemon",
            r"\b(?:disabl|deactivat|bypass|circumvent|weaken)\w*\b[ \w'’-]{0,20}?\b(?:auth\w*|logins?|tls|ssl"
            r"|certificates?"
            r"|firewalls?|encryption|two-factor|2fa|csrf|rate limits?|permissions?)\b",
            r"vulnerabilit\w+|\bcve-\d+|(?:sql|command|code|html|header) injections?|\bxss\b|\bcsrf\b|\bssrf\b"
            r"|cross-site|clickjack\w*"
            r"|privilege escalation|path traversal|directory traversal|remote code|attackers?|exploit\w*|malicious"
            r"|backdoors?"
            r"|security (?:hole|issue|bug|breach|flaw|problem|fix|patch|leak|update)\w*|the hole\b|brute[- ]force"
            r"|zero[- ]day|phishing",
            r"(?:can|could|lets?|allows?) (?:\w+ ){0,2}?(?:see|read|open|edit|download|access|delete) (?:the "
            r"|all )?(?:\w+ of (?:others?"
            r"|other|all|any)|other (?:users?|people|customers?)['’]?s?|private)|other users['’]",
            r"\b(?:verify|secure) ?= ?false|0\.0\.0\.0/0|\bcors\b|debug ?= ?true|samesite|NODE_TLS_REJECT_UNAUTHORIZED"
            r"|StrictHostKeyChecking|chmod (?:-R )?(?:0?777|a\+w|o\+w|u\+s)|\bselinux\b|\bapparmor\b"
            r"|content security policy"
            r"|branch protection|as root\b|root login|sudo\b|(?:to|from|with) the (?:whole )?(?:internet|world)"
            r"|publicly",
            r"\b(?:send|export|shar|upload|sell|publish|giv|pass)\w*\b[ \w]{0,20}?\b(?:customers?|users?|clients?"
            r"|patients?|personal"
            r"|members?)['’]?s?['’]? (?:e-?mails?|addresses|e-?mail addresses|data|phone|names|numbers)|card numbers?",
            r"\b(?:giv|grant|assign|promot|elevat)\w*\b[^.\n;]{0,40}?\b(?:admin|administrator|root|sudo|owner"
            r"|superuser)\b",
            r"\b(?:commit|past|put|publish|shar|hand|expos|post|leak|print|write down|writ|check in"
            r"|hard-?cod)\w*\b[ \w'’-]{0,40}?"
            r"\b(?:credentials?|passwords?|secrets?|api keys?|(?:access|auth|session|bot) tokens?|(?:private"
            r"|signing) keys?)\b"
            r"(?! (?:pages?|fields?|forms?|santa|texts?|tests?|meters?))",
            r"\b(?:mak|set|turn)\w*\b[ \w-]{0,30}?\bpublic\b(?=\s*(?:$|[.,;:]|(?:so|for|to|again|and|until"
            r"|while|without|by|in|on|now|too)\b))|\bexpos\w+\b[ \w]{0,30}\bports?\b"
            r"|\bopen\w*\b[ \w]{0,12}\bports?\b"
            r"|impersonat\w+|without (?:their )?consent|read the home folder|revok\w+|elevat\w+|(?:signature"
            r"|checksum) errors?"
            r"|access of\b|accept\w* any|unencrypted|no login needed|anyone (?:who|with)|everyone (?:who"
            r"|with) (?:knows|has)"
            r"|authorization header|permission check|downgrad\w+ to http\b|without (?:the )?vpn|vpn password"
            r"|parameteri[sz]ed queries"
            r"|still valid|(?:not|n['’]t|never|no longer) (?:validat|verif|check)\w*\b[^.\n]{0,30}\b(?:signature"
            r"|certificate|token|password)"
            r"|\b(?:sav|keep|remember|cach)\w*\b[^.\n]{0,30}\b(?:passwords?|credit cards?|card numbers?|roles?\b)"
            r"|asking for the password"
            r"|for another (?:account|user|customer)|changing the id|ip addresses|real (?:customer|user"
            r"|patient) (?:data|dump|database)"
            r"|names and addresses",
        ),
    ),
    Danger(
        "wording: breaking change",
        "it breaks what others rely on",
        (
            r"\bv\d+ routes?\b|partners will|published (?:crate|package|library|gem|module)"
            r"|not accepted any (?:longer|more)|no longer"
            r" (?:accepted|supported)|no default any more",
            r"breaking changes?|break(?:s|ing)?\b(?! (?:up|down|out|even)\b)[ \w]{0,20}?\b(?:apis?|compatib\w+"
            r"|clients|plugins|contracts?"
            r"|consumers)"
            r"|not (?:be )?(?:backwards?|downwards?)[- ]compatible|incompatible|old clients|drop(?:s|ping)? support"
            r"|end of life"
            r"|sunset\w*|new mandatory|version \d+ of (?:our|the) api|remov\w+ everything deprecated"
            r"|column names\b[^.\n]{0,30}chang\w+"
            r"|callers outside|outside of the (?:repo\w*|project)|(?:have|has|need|needs) to (?:adapt|be rewritten"
            r"|migrate"
            r"|be adapted|be recompiled)",
            r"(?<!\bthe )(?<!\ba )\b(?:renam|remov|drop|retir|delet|discontinu|chang|mak|return|replac|switch"
            r"|becom)(?:e|es|ing|s"
            r"|ping)?\b[^.\n;]{0,50}?"
            rf"\b{_CONTRACT}\b[^.\n;]{{0,40}}",
            rf"\b{_AUDIENCE}\b(?: \w+){{0,3}}? (?:use|uses|set|sets|call|calls|read|reads|rely|relies|depend|depends"
            rf"|need)\b",
            r"\b(?:earlier|old|older|existing|previous) (?:versions?|clients?|files?|saves?"
            r"|plugins?)\b[^.\n]{0,40}?\b(?:can['’]?t|cannot"
            r"|not|no longer|won['’]?t)\b|(?:required|mandatory) (?:in|for) the public|response of\b|change(?:s"
            r"|ing)? the default\b"
            r"[^.\n;]{0,40}\b(?:everybody|everyone|all users|customers)",
        ),
    ),
    Danger(
        "wording: emergency",
        "the machine is in trouble now",
        (
            r"\b(?:disk|disc|drive|volume|partition|filesystem|sd card|ssd|storage|swap|/var|/home"
            r"|/tmp)\b(?: \w+){0,5}? (?:is |are )?"
            r"(?:completely |totally |nearly )?full\b|no space left|\benospc\b|oom-?killed|/dev/\w+ (?:is "
            r"|at )?(?:100|9\d) ?%|out of (?:disk|memory|space|inodes)|\boom\b"
            r"|oom[ -]?killer",
            r"\b(?:memory|ram|inodes?|disk space|space|swap|file handles) (?:is|are|was|were)? ?(?:exhausted|used up"
            r"|gone)\b"
            r"|\b(?:disk|memory|cpu|ram|swap|partition|/var|/home|/)(?: is)?(?: at)? (?:100|9\d) ?%|swapping like"
            r"|thrashing",
            r"\bload (?:is |average )?(?:is )?(?:at |over |above )\d\d+|ssh hardly|\b(?:host|server|machine|box|vm|pi"
            r"|node|nothing)"
            r"\b[ \w]{0,20}?\b(?:unresponsive|hangs|responds?|overloaded|dead|on its knees|crawls)\b",
        ),
    ),
)

_PIECE = r"(?:^|[\s;&|('\"`])"
COMMANDS = (
    Danger(
        "command: outside the worktree",
        "its command reaches outside its worktree",
        (
            rf"{_PIECE}(?:sudo|doas|mkfs[.\w]*|shutdown|reboot|systemctl|launchctl|crontab|fdisk|mount|umount"
            rf"|service)\b",
            r"\brm\s+(?:-\S+\s+)*['\"]?(?:/|~|\$HOME|\$\{HOME|\.\.)|\bdd\s+[^|;]*of=|\bfind\s+(?:-\S+\s+)*(?:/|~|\.\."
            r"|\$HOME)"
            r"[^|;]*-(?:delete|exec)|\bgit\s+(?:-C|--git-dir|clean\s+[^|;]*\s/)|\bch(?:mod"
            r"|own)\s+(?:-\S+\s+)*\S*\s+(?:/|~)"
            r"|>\s*(?:/(?!dev/null|tmp/)|~)|\bmv\s+[^|;]*\s(?:/|~)|\bdocker\s+(?:system|volume|image"
            r"|container)\s+(?:prune|rm)"
            r"|\brsync\b[^|;]*--delete",
        ),
    ),
    Danger(
        "wording: data loss",
        "its command deletes data",
        (
            r"\b(?:influx|mongo\w*|mysql|psql|redis-cli|sqlite3|cqlsh|clickhouse-client)\b[^|;]*\b(?:delete|drop"
            r"|truncate|flush\w*|remove)\b"
            r"|\b(?:drop\s+(?:table|database|schema)|truncate\s+table|delete\s+from|flushall|flushdb|dropdb"
            r"|dropDatabase)\b"
            r"|\bgit\s+reset\s+--hard|\bpg_restore\b[^|;]*--clean|\bgit\s+filter-(?:branch|repo)",
        ),
    ),
    Danger(
        "command: other machines",
        "its command reaches other machines",
        (
            r"\bgit\s+(?:\S+\s+)*?push\b|\b(?:npm|yarn|pnpm|cargo|gem|docker|podman|poetry|uv|hatch|flit)\s+(?:\S+\s+)?"
            r"(?:publish|push)\b|\btwine\s+upload\b|\b(?:kubectl|helm|ansible(?:-playbook)?|aws|gcloud|az|heroku"
            r"|flyctl|doctl)\s",
            r"\bterraform\s+(?:apply|destroy|import)\b|\b(?:ssh|scp|sftp|ftp|nc|ncat|telnet)\s|\brsync\b[^|;]*\s\S+:"
            r"|\b(?:curl|wget)\b[^|;]*\|\s*(?:sudo\s+)?\w*sh\b|\bcurl\b[^|;]*\s(?:-d|-F|-T|-X\s*(?:POST|PUT|DELETE"
            r"|PATCH)|--data\S*"
            r"|--form|--upload-file)\b|\bgh\s+(?:pr|release|repo|issue)\s+(?:merge|create|delete|edit|upload)\b",
        ),
    ),
)
