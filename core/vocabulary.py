"""Words by what they mean for a decision: deeds, the things they are done to, and what only speaks of them. Data."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- Losing data --------------------------------------------------------------------------------------------------

DESTROY = _words(
    "delete drop wipe purge erase truncate destroy nuke obliterate shred overwrite expunge annihilate eradicate "
    "trash zap reformat zero"
)
"""They leave nothing behind, whatever kind of data they are done to."""

REMOVE = _words(
    "remove clear discard flush reset empty prune recreate rebuild reinitialize reinitialise reinit terminate "
    "format eliminate kill clean expire decommission deprovision scrub lose anonymize anonymise detach dump cull"
)
"""They are said of many things; only with data that can be nothing else they mean a loss."""

DATA = _words(
    "database db table schema collection keyspace tablespace row record data dataset backup snapshot history "
    "bucket volume partition disk drive filesystem account customer user tenant order invoice payment transaction "
    "subscriber ledger archive replica repository repo production prod upload attachment photo mailbox inbox "
    "subscription profile booking member client patient student employee guest contact lead person people "
    "contract reservation purchase wallet balance column storage warehouse lake audit mail mails email message "
    "document everything commit branch tag organization organisation workspace project log entry file server "
    "cluster instance namespace postgres postgresql mysql mongodb redis elasticsearch s3 sqlite vm machine trail "
    "ticket conversation comment review report pii inventory stock product catalog catalogue statement timesheet "
    "payroll folder directory"
)
"""What can be lost. Those that are also something of the code are in `AMBIGUOUS`."""

AMBIGUOUS = _words(
    "table column row order file log entry message comment document email mail mails branch tag report review "
    "project product instance client lead contact server folder directory profile history data storage disk "
    "collection schema partition archive member person people ticket statement upload attachment photo drive "
    "balance conversation machine user transaction commit wallet guest stock record"
)
"""They need more than the verb: a plural with “all”, an owner, or production, for the weaker verbs."""

HARMLESS_ALONE = _words(
    "file log entry message comment document tag instance client lead contact server folder directory report "
    "review email mail mails project product statement machine ticket person people member column branch commit"
)
"""Even with the stronger verbs they are only at risk when they are somebody's, many, or in production."""

OWNED = _words(
    "user customer client production prod live tenant account member patient employee subscriber student personal "
    "guest buyer seller shop company merchant partner visitor payroll billing audit everyone people git s3 real "
    "uploaded remote"
)
"""Whose it is: makes something that can be lost out of files, messages and rows."""

ALL = _words("all every entire whole everything everyone anything")

GENERIC = _words(
    "all everything it them content contents entry item stuff half rest part copy lot whole these those one "
    "anything set bunch any each most duplicate leftover remains"
)
"""Heads that say nothing: what they are of, in or from counts."""

HARMLESS = _words(
    "test tests testing mock fake dummy sample fixture temp temporary tmp scratch memory demo example stub "
    "placeholder cached cache unused unreachable dead commented stale blank html markdown css readme build lexer "
    "parser parsed csv local sandbox generated intermediate compiled scaffold debug obsolete whitespace trailing "
    "redundant unneeded superfluous unnecessary ci pycache node_modules dist extra empty selected"
)
"""Qualities of things that may be deleted without loss."""

# --- Security -----------------------------------------------------------------------------------------------------

CREDENTIALS = _words("password passphrase passwd secret credential certificate cert keystore apikey pat pin keypair")
KEYS = _words("key token")
KEY_KINDS = _words(
    "api private ssh signing encryption access secret master host gpg pgp deploy service root admin auth bearer "
    "refresh bot oauth jwt webhook license production prod aws stripe github gitlab slack telegram google azure "
    "openai kms tls ssl app application account session csrf our customer user client publishable hmac cloudflare "
    "npm pypi database"
)
"""What makes a key or a token one that opens something."""

PERSONAL = _words("pii ssn")
HANDLE_CREDENTIAL = _words(
    "rotate change reset revoke regenerate replace renew reissue expose publish share leak hardcode embed commit "
    "print email send upload paste store post dump disclose reveal invalidate swap roll export decrypt copy "
    "delete remove update set expire recycle cycle refresh log write save put transmit distribute inline steal"
)
SHOWING = _words(
    "expose publish share leak hardcode embed commit disclose reveal paste steal dump rotate revoke invalidate"
)
"""Verbs that make any token a secret one."""

CONTROLS = _words(
    "authentication auth authorization authorisation 2fa mfa encryption firewall tls ssl https csrf cors csp acl "
    "rbac sandbox sandboxing waf captcha selinux apparmor iam hsts antivirus sso otp totp fail2ban permission "
    "privilege seccomp ufw iptables"
)
GUARDS = _words(
    "check validation verification protection policy rule header limit limiting control requirement checking "
    "hashing hash logging scanning sanitization sanitisation enforcement guard middleware filtering escaping "
    "algorithm restriction isolation rotation prompt"
)
"""Heads that keep a control's or credential's name a matter of security: “signature check”."""
GUARDED = (
    CONTROLS
    | CREDENTIALS
    | _words(
        "signature security access login admin permission input host origin audit rate token role password secret "
        "identity xss sql session"
    )
)
WEAKEN = _words(
    "disable remove bypass skip weaken loosen relax deactivate downgrade lower drop delete circumvent override "
    "ignore stop change reduce suspend replace reset expose omit avoid shorten switch soften defeat evade"
)
GRANT = _words("grant give elevate escalate assign promote")
POWER = _words("admin administrator root sudo superuser privilege permission owner access role write")
FLAWS = _words(
    "vulnerability cve xss csrf rce ssrf xxe sqli idor backdoor zero-day 0day ransomware malware exploit lfi"
)
CONTROL_OF_CSRF = _words("csrf xss")
"""Names of attacks that are as often used for what keeps them off."""

# --- Breaking what others rely on -----------------------------------------------------------------------------------

BREAK = _words("break")
RELIERS = _words(
    "api compatibility contract client consumer integration user caller downstream compat customer partner "
    "subscriber interface sdk plugin backward backwards abi dependent workflow script"
)
WITHDRAW = _words(
    "remove drop delete retire sunset discontinue end rename change alter rework replace restructure redesign "
    "abandon withdraw disable modify cease deprecate unpublish decommission"
)
INTERFACE = _words("api endpoint contract sdk protocol abi")
PUBLIC = _words(
    "public exported published external stable v1 v2 v3 documented api rest graphql grpc legacy deprecated old "
    "wire response payload webhook cli customer-facing client-facing customer partner"
)
INTERFACE_PARTS = _words(
    "method function class field parameter argument flag option signature format response schema event webhook "
    "name type key interface property command payload shape url path alias structure code"
)
SUPPORT = _words("support compatibility")

# --- What only speaks of it -----------------------------------------------------------------------------------------

SPEAK = _words(
    "document describe explain mention comment translate outline test cover spellcheck proofread summarize "
    "summarise illustrate research investigate compare evaluate analyze analyse study list count measure "
    "benchmark estimate learn assess survey clarify reword rephrase note demonstrate assert mock simulate review "
    "discuss read profile highlight proof typo cite quote explore examine understand doc docs readme spell "
    "grammar"
)
SPEECH = _words(
    "doc docs documentation guide tutorial test readme section faq runbook article explanation comment example "
    "changelog note adr paragraph how-to howto report comparison proposal typo spelling wording grammar coverage "
    "docstring chapter manual diagram glossary suite spec fixture mock testcase unittest benchmark assertion "
    "scenario table-of-contents handbook wiki blog post release-note sentence translation mention link heading "
    "instruction playbook checklist summary overview analysis evaluation survey study research e2e walkthrough "
    "cookbook description snapshot-test specification threat-model questionnaire slide cheatsheet reference "
    "anchor"
)
"""As the object of the clause's own verb they tell that the rest is spoken of, not done."""

INTERFACE_WORDS = _words(
    "button dialog modal page form field label icon menu link view widget component text string toast tooltip "
    "placeholder confirmation warning error exception crash bug screen tab panel header footer heading title "
    "layout style colour color template message notification dropdown picker selector avatar badge banner hint "
    "caption prompt pop-up popup checkbox toggle spinner alert animation shortcut card sidebar list undo typo "
    "grid wizard legend chart snackbar flow step-by-step breadcrumb alignment padding margin font emoji"
)
"""Parts of a user interface and mistakes: what is added to or mended around a deed is not the deed."""

CODE_WORDS = _words(
    "import class function method module variable constant parameter argument helper test tests fixture mock spec "
    "doc docs documentation comment docstring readme template endpoint route handler controller service api "
    "command flag feature hook event logic code model type interface enum parser serializer validator renderer "
    "formatter generator builder adapter wrapper lookup query join sort filter pagination search cache counter "
    "name id count size width height border action operation migration job script policy statement index call "
    "loop branch-name attribute property decorator mapping mapper library package dependency dependencies plugin "
    "tool utility request response body callback listener format setting settings option config configuration "
    "example section snippet line warning whitespace space semicolon console print blank todo annotation selector "
    "reference references alias stub interval timeout lines path field header error exception message label page "
    "button form icon menu view list factory repository-pattern util status check checks dashboard export "
    "importer exporter reader writer metric metrics schema-docs timestamp formatting styling order-by duplication "
    "constraint trigger strength meter rule rules input validation attempt history cell layout sidebar tab limit "
    "worker task duplicates screen flow length manager hint rendering scrolling expiry lifetime refresh hashing "
    "prompt strategy pattern hash visibility url typo column-width store provider context state guard renewal "
    "reminder box"
)
"""Heads that make a compound harmless: “user account page”, “drop table statement”."""

DO = _words(
    "fix handle catch improve speed optimize optimise refactor rename simplify cache show display hide style "
    "align move validate sort filter paginate retry parse debug reproduce tidy format lint extract split inline "
    "type annotate port convert allow let support implement enable add create build make write introduce provide "
    "offer design redesign warn ask confirm prompt require log rework extend restructure polish adjust correct "
    "mend repair resolve ensure prevent avoid protect guard detect notify alert highlight limit throttle batch "
    "accelerate reduce increase unify consolidate deduplicate rewrite modernize modernise wire render respect "
    "localize localise track record audit monitor mark disallow forbid block refuse reject restore recover undo "
    "double-check verify check update clarify upgrade memoize memoise parallelize parallelise stream index "
    "encapsulate separate stabilise stabilize deflake investigate hook animate center centre prettify expose "
    "return raise print keep preserve"
)
"""Work on code: deeds below it, in the form “crash when deleting”, “to delete”, “deletion”, are what the code does."""

MEND = _words(
    "fix handle catch improve speed optimize optimise refactor simplify show display debug reproduce tidy correct "
    "repair resolve accelerate reduce"
)
"""Work on what is there already: what follows “when” happens in the program, and is not the task."""
TELL = _words("show warn retry notify alert detect refuse reject handle test log display ask confirm")
"""Work of a program about what may happen to it."""
MAKE = _words(
    "add write create implement build make schedule introduce generate prepare set run execute provide apply ship "
    "deploy use trigger start launch install enable"
)
CARRIERS = _words(
    "migration script job cron cronjob task statement trigger routine worker retention sql one-off oneoff "
    "lifecycle cleanup clean-up"
)
"""Things that do the deed when they are made: “write a script that wipes the disk”."""

EXECUTE = _words("run execute apply perform call use issue invoke do launch start trigger")

NEGATIONS = _words("not never no cannot without neither nor nobody nothing none dont doesnt wont cant shouldnt mustnt")
HINDER = _words(
    "prevent avoid forbid disallow block refuse reject stop protect guard against disallowing undo restore "
    "recover instead rather keep warn accidental accidentally undelete soft detect revert forbidding "
    "unintentionally mistakenly confirm"
)

SUBORDINATE = _words("when while if whenever during upon once where unless because since although how whether until")
CONDITIONS = _words("when if while whenever once unless before after until")
PREPOSITIONS = _words(
    "of from in on at for to into onto with within without by via through across under over after before between "
    "against as than about per inside out off up behind since until during like so then but"
)
STOPS = SUBORDINATE | _words(
    "nobody noone that which who whose older newer created marked stored left used named called belonging using "
    "is are was were be been being has have had will would can could should must may might do does did not "
    "instead rather because it's i we they you he she only whenever please currently again too also longer needs "
    "need fails fail crashes crash becomes"
)
QUESTIONS = _words("how why which what whether who where")
"""A clause that begins with one of these asks, or is about how something is done."""
DETERMINERS = _words("the a an this that these those our your their its his her my each some any both such another")
AUXILIARIES = _words("be is are was were been being get gets got")
MODALS = _words("should must need needs will shall want wants have has going let lets please to can may could would")

NOMINAL = {
    "deletion": "delete",
    "removal": "remove",
    "erasure": "erase",
    "truncation": "truncate",
    "destruction": "destroy",
    "wipe": "wipe",
    "purge": "purge",
    "rotation": "rotate",
    "revocation": "revoke",
    "exposure": "expose",
    "renewal": "renew",
    "disclosure": "disclose",
    "loss": "lose",
    "leak": "leak",
    "overwrite": "overwrite",
    "discontinuation": "discontinue",
    "bypass": "bypass",
}
"""Nouns that name a deed."""

IRREGULAR = {
    "broke": ("break", "ed"),
    "broken": ("break", "adjective"),
    "overwrote": ("overwrite", "ed"),
    "overwritten": ("overwrite", "ed"),
    "lost": ("lose", "ed"),
    "sent": ("send", "ed"),
    "reset": ("reset", "base"),
    "put": ("put", "base"),
    "made": ("make", "ed"),
    "gave": ("give", "ed"),
    "given": ("give", "ed"),
    "wrote": ("write", "ed"),
    "written": ("write", "ed"),
    "stole": ("steal", "ed"),
    "stolen": ("steal", "ed"),
}

DEEDS = DESTROY | REMOVE | HANDLE_CREDENTIAL | WEAKEN | GRANT | BREAK | WITHDRAW
ABOUT_FLAWS = (
    INTERFACE_WORDS
    | SPEECH
    | _words("scanner token protection middleware report dashboard policy scanning scan template database tool")
)
"""Behind the name of a flaw: “vulnerability scanner”."""
OF = _words("of in from on to about for with across")
STILL_SECRET = _words("html csv local memory ci")
"""Of `HARMLESS`: these make no key harmless."""
PERSONAL_KINDS = _words("personal sensitive customer private")
INTERNAL = _words("private internal test unused mock")
QUALIFYING = (CREDENTIALS | INTERFACE | {"account", "schema", "column"}) - MODALS
"""Before a verb they make a noun of it: “password reset”."""
BINDING = _words("how to can could would that which when if may")
"""What makes a second verb depend on the first: “how to create and drop”."""
POLITE = _words("we i you , the jarvis now todo then next also again just first finally and")
LABELS = _words("in the for of docs update fix chore and expected actual observed repro output result quote")
NOUNS_IN_ING = _words("testing caching logging signing hashing checking limiting billing shared exposed sandboxing")

VERBS = DEEDS | SPEAK | DO | MAKE | EXECUTE | HINDER | _words("deploy merge release plan install review investigate")
