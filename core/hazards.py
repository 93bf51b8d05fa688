"""The kinds of danger that words can tell of, and the phrases that tell of them without any grammar. Data."""

import re
from dataclasses import dataclass

from core import consequences


@dataclass(frozen=True)
class Hazard:
    """What can go wrong."""

    rule: str
    reason: str


DATA_LOSS = Hazard("wording: data loss", "it speaks of deleting data")
SECURITY = Hazard("wording: security", "it concerns security")
BREAKING = Hazard("wording: breaking change", "it breaks what others rely on")
EMERGENCY = Hazard("wording: emergency", "it speaks of an emergency")

DENIAL = re.compile(r"\b(?:no|not|without|avoid\w*|prevent\w*|never|any|protect\w*|instead of|when|if|while"
                     r"|against|detect\w*)"
                     r"(?: \w+){0,2} ?$")  # fmt: skip
FIXED = (
    (DATA_LOSS, re.compile(r"\brm -[rf]+\b|\bforce[- ]push\w*|push\w* (?:-f\b|--force)|\breset -*hard\b|\bdrop "
                           r"(?:table|database|schema)\b|\bdelete from \w"
                           r"|\bdata ?-?loss\b|\btruncate table\b|\bflush(?:all|db)\b"
                           r"|\b(?:rewrite|rewriting|squash) (?:the )?(?:\w+ )?(?:git |public |branch )?history\b")),
    (BREAKING, re.compile(r"\b(?:breaking (?:api |schema |public )?changes?|backwards? incompatib\w+"
                          r"|(?:not|no longer|isn't|without|lose|drop) (?:be )?(?:backwards?|downwards?) compatib\w+"
                          r"|incompatible (?:with (?:all |the |our )?(?:existing|old|older|current|previous)"
                          r"|change|api)"
                          r"|(?:require|force|make) (?:all |every |existing |our |the )*(?:api )?"
                          r"(?:clients?|users?|consumers?|integrations?|customers?) (?:to )?(?:upgrade|update"
                          r"|migrate|change)"
                          r"|(?:clients?|consumers?|integrations?|callers?) (?:will|must|have to|need to|has to) "
                          r"(?:\w+ )?(?:upgrade|update|migrate|change|adapt|break|fail|stop))\b")),
    (SECURITY, re.compile(r"\bmake (?:the |our )*(?:\w+ ){1,4}public(?:ly)?(?: \w*(?:readable|accessible"
                          r"|available|writable))?$"
                          r"|\b(?:world|publicly) (?:readable|writable|accessible)\b|\bchmod (?:-r )?0?777\b"
                          r"|\b(?:anonymous|unauthenticated|unrestricted|root) (?:access|logins?|requests?|users?)\b"
                          r"|\bwithout (?:any )?(?:authentication|auth|authorization|a password|password|login"
                          r"|logging in)\b"
                          r"|\b(?:allow|accept|trust) (?:all|any|every) (?:origins?|hosts?|certificates?|ips?)\b"
                          r"|\b(?:to|from) (?:the )?(?:whole |entire |public )?(?:internet|world|0.0.0.0)\b"
                          r"|\bplain ?-?text (?:passwords?|credentials|secrets?)|(?:passwords?|credentials"
                          r"|secrets?|tokens?) "
                          r"(?:\w+ )?in (?:plain ?-?text|clear ?text|the clear)\b|\bunencrypted\b")),
    (EMERGENCY, re.compile(r"\b(?:disk|memory|ram|swap|storage|partition|volume|server)(?: space)? "
                           r"(?:is |are )?(?:almost |nearly |completely |at |over |\d+ ?% )*(?:full|exhausted"
                           r"|(?:9\d|100) ?%)(?!\w)"
                           r"|\b(?:running|ran|run|we are|is|almost) out of (?:disk|memory|storage|space|ram"
                           r"|swap|inodes)\b"
                           r"|\b(?:production|prod|site|server|service|shop|api|database|website) (?:is|went|are) "
                           r"(?:currently |completely )?down\b|\boutage\b|\bno space left\b")),
)  # fmt: skip
"""Phrases that need no grammar."""
CONSEQUENCES = [
    (hazard, [re.compile(pattern) for pattern in patterns])
    for hazard, patterns in (
        (DATA_LOSS, consequences.LOSS),
        (SECURITY, consequences.SECURITY),
        (BREAKING, consequences.BREAKING),
        (EMERGENCY, consequences.EMERGENCY),
    )
]
"""What follows from a danger."""
FLAW = re.compile(
    r"\b(?:vulnerabilit\w+|cve(?: ?\d+)*|exploit(?:s|able|ed)?|backdoor\w*|ransomware|malware|zero day|0day|rce"
    r"|ssrf|xxe|sqli|idor"
    r"|xss|csrf|clickjacking|(?:sql|command|code|shell|template|ldap|header|log) injections?|(?:path"
    r"|directory) traversal"
    r"|privilege escalation|remote code execution|cross site (?:scripting|request forgery)|open redirect"
    r"|prototype pollution"
    r"|session (?:hijack\w+|fixation)|(?:auth\w*|login|2fa|password) bypass|timing attacks?|brute force"
    r"|unauthori[sz]ed access"
    r"|(?:security|data) (?:hole|issue|bug|breach|flaw|incident|leak|patch|fix|problem|weakness|risk|alert|advisory)\w*"
    r"|(?:leaked|compromised|stolen|exposed|hacked) (?:\w+ )?(?:keys?|passwords?|secrets?|credentials?|tokens?"
    r"|accounts?|data)"
    r"|(?:keys?|passwords?|secrets?|credentials?|tokens?|accounts?|server) (?:\w+ ){0,3}(?:leaked|compromised"
    r"|stolen|hacked)|got hacked|phishing)\b"
)
"""Names of flaws and attacks."""
