"""How people write of a danger without its plain words: by what follows from it. Data, on clauses in lower case."""

_DATA = (
    r"(?:data|databases?|db|tables?|rows?|records?|orders?|customers?|users?|accounts?|invoices?|messages?|backups?"
    r"|snapshots?|history|volumes?|buckets?|uploads?|photos?|attachments?|logs? of [\w ]+|audit (?:log|trail)s?|carts?"
    r"|subscriptions?|bookings?|payments?|transactions?|profiles?|members?|tenants?|documents?|mailbox(?:es)?|metrics"
    r"|events|stock counts?|prices|balances?|settings of [\w ]+|collections?|topics?|queues?|partitions?)"
)
_LIVE = r"(?:prod|production|the live|live|real)"
_PEOPLE = r"(?:users?|customers?|clients?|people|members?|partners?|employees?|patients?|visitors?|subscribers?)"
_ANYONE = r"(?:anyone|anybody|everyone|everybody|any user|all users|every user|guests?|strangers?|the public|the world)"
_TIME = r"(?:\w+ )?(?:hours?|days?|weeks?|months?|years?)"
_ENDS = (
    r"(?=\s*(?:$|[,.]|and\b|so\b|because\b|for\b|to\b|now\b|again\b|until\b|since\b|on\b|in\b|at\b|it\b"
    r"|by\b|right\b|today\b))"
)
_DELIVERED = (
    r"(?:apis?|endpoints?|routes?|webhooks?|sdks?|protocols?|payloads?|responses?|cli|command line"
    r"|config(?:uration)? files?"
    r"|environment variables?|env vars?|exported|public|published|csv export|plugin interface|wire format|file format"
    r"|save format|message format|library|package|schema of the (?:api|events?))"
)

LOSS = (
    r"\b(?:get|move|take|throw|kick)\w* (?:it|them|those|these|the [\w ]{1,30}) out of (?:the |our "
    r")?(?:database|db|table|index|bucket|storage|system|crm)\b|\b(?:and|then|just|to) (?:bin|ditch|chuck|toss"
    r"|nuke|zap) (?:it|them|those|the)\b|^(?:bin|ditch|chuck|toss|nuke|zap) (?:it|them|those|the)\b|\bbin "
    r"them\b",
    rf"\blet (?:the |all |our )?(?:originals?|{_DATA}|old ones?|old \w+|rest|others?) go\b|\b(?:{_DATA}|old "
    rf"ones|originals|rest|others)\b[\w ]{{0,20}}\b(?:not matter|not important|be lost|worthless|is worth "
    rf"nothing|nobody (?:will )?(?:miss|need)s?)\b",
    rf"\b(?:cut|trim|thin|slim|shrink|reduce)\w* (?:it|them|{_DATA}|the \w+ (?:table|collection|database)) "
    rf"(?:down )?to\b|\bkeep (?:just |only )?(?:one|two|three|\d+|a) {_TIME} only\b|\bkeep (?:just|only) "
    rf"(?:the |one |two |three |last |latest |\d+ )+{_TIME}\b",
    rf"\b(?:correct|fix|change|update|edit|adjust|convert|rewrite|patch|migrate)\w*\b.{{0,40}}\b(?:in place"
    rf"|directly|by hand)\b.{{0,10}}\b(?:in|on) (?:the |our )?{_LIVE}\b|\bswap\w*\b.{{0,30}}\bfor the old\b"
    rf"|\bwrite to the (?:shared|live|real|production|prod) (?:\w+ )?(?:database|db|bucket|system)\b",
    r"\breset (?:the )?(?:real|live|production|prod)\b|\bkeep (?:a |the |only )?(?:thumbnail|summary|total"
    r"|aggregate|hash)s?\b.{0,20}\b(?:let|drop|lose|discard|remove)\w*",
    rf"\bonly keep\b.{{0,40}}\b{_DATA}\b|\bkeep (?:only|just)\b.{{0,40}}\b{_DATA}\b",
    rf"\b(?:limit|cap|restrict|cut|shorten|reduce|lower)\w* .{{0,30}}\b(?:history|retention|audit log|audit "
    rf"trail|logs?|archives?|backups?) (?:period )?"
    rf"(?:to|by|from) .{{0,12}}{_TIME}|\bttl of .{{0,20}}\bon (?:the )?(?:\w+ )?(?:collection|table|bucket|topic)\b",
    rf"\b(?:not|no longer) need(?:ed|s)? .{{0,30}}\b{_DATA}\b|\b{_DATA}\b.{{0,30}}\b(?:(?:is|are) (?:not|no "
    rf"longer) (?:needed|used)|can go\b|may go\b|should go\b|must go\b|has to go\b)",
    r"\bstart(?:s|ing)? (?:over|fresh|again|anew|clean) with (?:a |an )?(?:clean|empty|fresh|new|blank) "
    r"(?:database|db|table|disk|server|volume|slate)\b",
    r"\b(?:restore|import|load|copy|write|put|replay)\w*\b.{0,50}\b(?:over|onto|on top of|into) (?:the |our "
    r")?(?:existing|live|current|production|prod|real|old)\b",
    r"\broll(?:s|ing)? ?back (?:the )?(?:production |live )?(?:database|db|data|schema)\b|\b(?:restore|reset) "
    r".{0,30}\bto (?:the )?(?:state|backup|snapshot) (?:of|from)\b",
    r"\b(?:stop|skip|pause|disable|suspend|cancel|drop|omit|reduce)\w* (?:making |taking |creating |the |our "
    r"|all |nightly |daily |tonight |weekly |\w+ )*"
    r"(?:backups?|snapshots?|replication|replicas?|journal(?:ing)?|write-ahead log|wal|fsync|soft[- ]delet\w+"
    r"|versioning|archiving)\b",
    r"\b(?:on delete cascade|cascad\w+ delet\w+|hard[- ]delet\w+|mass[- ]?(?:delet|updat|edit)\w+|bulk[- "
    r"]?(?:delet|updat|edit|remov)\w+)\b",
    r"\b(?:shorten|shrink|narrow|truncat|cut)\w* .{0,30}\b(?:column|field|varchar)\b.{0,40}\b(?:characters?"
    r"|chars|bytes|varchar|int\w*)\b",
    rf"\b(?:set|reset|update|change|overwrite|replace|fill)\w* (?:all|every|everybody"
    rf"|everyone)\b.{{0,40}}\b{_DATA}\b(?! (?:of (?:the )?tests?|in (?:the )?(?:tests?|docs)|page|view|list"
    rf"|test|label|button|icon|field)s?\b)|\b(?:set|reset)\w* (?:all |the |every )*(?:stock|balance|price|point"
    rf"|credit|count\w*|quantit\w+) ?(?:\w+ )?to (?:zero|null|0)$",
    r"\bupdat\w+ (?:all|every) (?:the )?(?:row|record|order|customer|user|account|price)s?\b",
    rf"\b(?:cancel|close|deactivat|suspend|ban|block|unsubscrib|refund|lock|terminat|expir|retir|disabl)\w* "
    rf"(?:all|every|each|any|everybody|carts|orders|accounts|users|customers|subscriptions|old "
    rf"accounts)\b.{{0,40}}\b"
    rf"(?:{_DATA}|older than|since|without|that)\b",
    rf"\b(?:run|execute|apply|try|test|start|launch)\w*\b.{{0,50}}\b(?:against|on|in) (?:the |our "
    rf")?{_LIVE}\b(?! (?:only )?(?:logs?|metrics|copy|like))",
    rf"\b(?:deduplicat|de-duplicat|merg|consolidat|collaps)\w* (?:the |all |our |duplicate |double |two "
    rf")*{_DATA}\b(?! (?:page|view|list|test|code|class|function|helper|template|module|component|query"
    rf"|queries)s?\b)",
    r"\b(?:free|reclaim|recycle|reuse|reformat|repurpose)\w* (?:up )?(?:the |our )?(?:old |space on |other "
    r")?(?:one|disk|drive|volume|partition|bucket|server)\b",
    r"\b(?:anonymi[sz]|pseudonymi[sz]|scrambl|redact|mask)\w* (?:the |all |our )*(?:\w+ )?(?:customers?|users?"
    r"|patients?|production|database|db|accounts?)\b",
    r"\b(?:irreversib|irrevocab|unrecoverab)\w+|\bno way back\b|\bfor good$|\bcannot be (?:undone|restored"
    r"|recovered)\b|\bwithout (?:a )?(?:backup|copy)\b",
    rf"\b(?:lose|loses|losing|lost|loss of|vanish\w*|disappear\w*)\b.{{0,30}}\b(?:{_DATA})\b|\b(?:orders"
    rf"|customers|records|invoices|payments|bookings|accounts|messages|data|uploads|photos|files) (?:\w+ "
    rf"){{0,3}}"
    rf"(?:vanish|disappear|get lost|are lost|gets lost|is lost|are gone|go missing|get overwritten|are overwritten)\w*",
    r"\b(?:corrupt\w*) (?:data|database|records?|rows?|backups?|the database|the data)\b|\b(?:data|database"
    r"|table|backup) corruption\b",
    r"\blet\b.{0,50}\b(?:overwritten?|overwrite|replace) (?:existing|old|the old|all|previous)?\b",
)
SECURITY = (
    r"\bmake (?:him|her|them|\w+) (?:an? |the )?(?:\w+ )?(?:owners?|admin\w*|superusers?|maintainers?"
    r"|root)\b(?! (?:page|panel|menu|view|area|ui|list)s?\b)",
    r"\b(?:without|no|drop|remove|omit|unset|clear) (?:the )?(?:secure|httponly|samesite|strict|hsts) (?:flag"
    r"|attribute|header|cookie|mode)\b|\bremote debug\w*|\bport \d+ (?:is )?open\b",
    r"\b(?:log|record|see|capture|store|keep|track|save)\w*\b.{0,40}\b(?:what (?:people|users|customers) type"
    r"|keystrokes?|request bod(?:y|ies)|form (?:input|contents)|login form|passwords? (?:they|that|as))\b",
    rf"\b(?:dump|copy|export|clone|snapshot|extract|backup)\w* (?:of |from )(?:the |our )?{_LIVE}\b|\b(?:copy"
    rf"|use|take|put|load|seed|import|clone|sync)\w* (?:the |our |some |a )*{_LIVE} (?:\w+ )?(?:customers?"
    rf"|users?|data|database|db|dump|names|emails?|orders|people|accounts?)\b|\b(?:customers?|users?|data|dump"
    rf"|database) (?:from|of) (?:the )?{_LIVE}\b"
    r".{0,30}\b(?:tests?|fixtures?|demo|dev|staging|local\w*|laptop|seed)\b",
    r"\b(?:support|staff|admins?|managers?|we|everyone|colleagues|moderators|sales|marketing) (?:can|could|may"
    r"|is able to|are able to|want to|wants to) (?:read|search|see|open|look at|view|browse) "
    r".{0,30}\b(?:private|messages?|chats?|e-?mails?|files|photos|passwords?|documents|them)\b|\b(?:index"
    r"|search|scan|read|export|show) (?:the |all |our )*private (?:messages|chats|files|photos|notes|mails"
    r"|documents)\b",
    rf"\b{_ANYONE} (?:can|may|should(?: be able to)?|could|is allowed to|gets to|has to be able to) (?:do |see "
    rf"|change |edit |read |delete |access )?(?:everything|anything|all|the roles|any|whatever|other|each)\b"
    rf"|\bwho(?:ever|mever) (?:has|knows|gets) the (?:link|url|address|id)\b|\bfor ?ever\b.{{0,20}}\b(?:link"
    rf"|invit\w*|session|token|login)\b"
    r"|\b(?:links?|invit\w+|sessions?|tokens?|logins?)\b.{0,20}\bfor ?ever\b",
    r"\baccept\w* (?:\w+ )?(?:executables?|scripts?|binaries|svgs?|html|macros?|any\w*)\b|\b(?:disable|remove"
    r"|lift|stop|weaken|skip)\w* (?:the |all |any )*(?:isolation|quarantine|quota|rate limits?|throttling"
    r"|moderation|code review|branch protection|approval|review|secret scan\w*|dependency scan\w*|virus scan\w*"
    r"|spam filter|audit log\w*|monitoring|alerts?|alerting|intrusion detection)\b",
    r"\b(?:let|letting|allow\w*|permit\w*) (?:the |a |any |all |every )*(?:\w+ )?(?:users?|guests?|customers?"
    r"|people|visitors?|them|him|clients?|apps?)\b.{0,20}\bin\b.{0,15}\bwithout\b",
    r"\b(?:bind|listen|serve)\w*\b.{0,40}\b(?:0\.0\.0\.0|all interfaces|every interface|public interface)"
    r"|\b0\.0\.0\.0(?:/0)?\b",
    r"\b(?:empty|blank|default|no|same|shared|weak|guessable|short|common|simple) (?:admin |root |database "
    r")?(?:passwords?|passphrases?|pins?|credentials)\b(?! (?:field|error|message|test|hint|label|warning|box"
    r"|input|check)s?\b)",
    r"\b(?:without|and no|needs no|with no) (?:asking |checking |entering |requiring |needing |validating "
    r"|verifying )(?:for )?(?:a |an |the |their |any )?(?:password|permission|login|token|signature|identity"
    r"|role|owner|credentials?|certificate)",
    r"\b(?:sessions?|tokens?|logins?|links?|cookies?|keys?|passwords?) (?:\w+ )?(?:alive |valid |open "
    r")?(?:forever|indefinitely|for (?:a|one|ten|five|\d+) years?|never expires?)\b|\bnever expir\w+\b",
    r"\b(?:tokens?|keys?|passwords?|secrets?|credentials?|session ids?)\b.{0,30}\b(?:in|into|to|through|via|as "
    r"part of) (?:the |a |an |our )?(?:query string|url|urls|frontend|bundle|client|javascript|browser|repo"
    r"|repository|readme|wiki|docs|"
    r"guide|chat|slack|e-?mail|email|ticket|log|logs|git|code|source|image|dockerfile|config|local ?storage|app"
    r"|public \w+|plain\w*|page)\b",
    r"\bwithout (?:any )?(?:escaping|sanitiz\w+|sanitis\w+|encoding|validation|encryption|tls|https|checks?"
    r"|verification|filtering|a check|hashing|salting|signing|rate limit\w*)\b|\bunescaped\b|\bunsanitized\b"
    r"|\binnerhtml\b|\bdangerouslysetinnerhtml\b",
    r"\b(?:allow|accept|permit|enable|let)\w* (?:the )?(?:uploads? of )?(?:any|all|every|arbitrary) (?:kinds? "
    r"of |types? of )?(?:file|upload|attachment|html|script|javascript|code|command|host|domain|origin|ip"
    r"|address|header|redirect|url|iframe|extension|user|request|method|certificate|signature|client)",
    r"--privileged\b|\bprivileged (?:mode|container|pod)s?\b|\bdocker\.?sock\w*|\bdocker socket\b|\bnopasswd\b"
    r"|\bsudoers?\b|\bcap_sys_admin\b|\bhost network\b|\bseccomp\b.{0,20}\bunconfined\b",
    r"\bhttp instead of https\b|\bplain http\b|\b(?:telnet|ftp|rsh|sslv[23]|tls ?1\.[01]|rc4|3?des|md5"
    r"|sha-?1)\b.{0,30}\b(?:passwords?|login|tokens?|signature|hash\w*|instead|connect\w*|again|enable\w*"
    r"|support\w*|allow\w*)\b|\b(?:use|with|allow|enable|to|support)\w* "
    r"(?:telnet|plain ftp|sslv[23]|tls ?1\.[01]|rc4|3?des|md5|sha-?1)\b|\bself[- ]signed\b",
    r"\b(?:show|display|return|print|expose|send)\w* (?:the |full |complete |all |raw |our )*(?:stack ?traces?"
    r"|tracebacks?|debug (?:page|info\w*)|internal errors?|environment|env|server "
    r"config\w*)\b.{0,40}\b(?:users?|customers?|visitors?|production|public|client|browser|everyone)\b"
    r"|\bdebug (?:mode |page )?(?:on |in |for |to )?(?:in )?(?:prod|production)\b",
    r"\b(?:user|search|form|request|customer|client|visitor)[\w ]{0,20} (?:input|term|text|value|string"
    r"|parameter|data|name|formula)s?\b.{0,30}\b(?:straight|directly|raw|unchecked)? ?(?:to|into|in) (?:the |a "
    r"|an )?(?:shell|sql|query|eval|exec|html|template|command|database|filesystem|path)\b"
    r"|\b(?:sql|shell|query|queries|command)s?\b.{0,30}\bfrom (?:the )?(?:user|request|form|client|visitor)\w*"
    r"|\beval(?:uate)?\b.{0,30}\b(?:users?|visitors?|customers?|typed?|input|request)\b|\bstraight to the "
    r"shell\b|\bstring (?:concatenation|formatting)\b.{0,30}\b(?:sql|quer)"
    r"|\bpickle\b|\bunsafe (?:yaml|deserial\w+|eval)\b|\byaml\.load\b",
    rf"\b(?:let|allow|permit|enable)\w* {_ANYONE}\b.{{0,40}}\b(?:see|read|edit|write|delete|download|register"
    rf"|upload|access|change|create|admin\w*|open|log ?in|sign|use|run|view|post|join|invite)\b|\b{_ANYONE} "
    rf"(?:who|with|can|could|may|should|on|in)\b.{{0,40}}\b(?:link|see|read|edit|change|delete|access|download"
    rf"|admin\w*|write|open|log ?in|upload)\b"
    rf"|\bmake {_ANYONE} (?:an? )?(?:admin\w*|owner|editor|moderator|superuser)",
    r"\b(?:see|read|open|view|download|edit|change|access|delete|guess|enumerate|list|get|fetch|order for|log "
    r"?in as|act as)\w*\b.{0,30}\b(?:of others?\b|of other (?:users?|customers?|people|tenants?)|each other"
    r"|someone else|somebody else|another (?:user|customer|account|tenant|person)|other (?:users|customers"
    r"|people|tenants|accounts)\b|foreign (?:accounts?|orders?|files?))",
    rf"\b(?:send|share|export|sell|forward|upload|give|hand|publish|post|copy|pass|sync|transfer|disclose|email"
    rf"|log|print|expose)\w*\b.{{0,40}}\b(?:{_PEOPLE} (?:e-?mails?|email addresses|addresses|names?|data"
    rf"|details|phone numbers?|lists?|records?|ips?)|(?:customer|user|client|patient|personal|private|sensitive"
    rf"|medical|health) "
    rf"(?:\w+ )?(?:data|details|information|addresses|emails?|records?|names|list|photos|messages|dump)|names "
    rf"and (?:e-?mails?|addresses)|ip addresses|phone numbers?|card (?:numbers?|data)|credit cards?|passports?"
    rf"|birth ?dates?|salar(?:y|ies)|social security)\b",
    r"\b(?:hacked|hackers?|attackers?|intruders?|stolen|phish\w*|compromis\w+|breach\w*|ddos|botnet|suspicious "
    r"(?:login|traffic|activity|request)s?|strange login|logs? in from|spam (?:through|from|via) our|malicious"
    r"|infected|virus|trojan|keylogger|cryptominer|miner)\b",
    r"\b(?:pen(?:etration)?[- ]?test|security (?:audit|review|scan|report|finding|researcher|team|advisory"
    r"|alert|update)s?|bug bounty)\b.{0,40}\b(?:found|finding|issue|report\w*|hole|problem|fix|says|show\w*"
    r"|fail\w*|result)s?\b|\b(?:openssl|openssh|kernel|log4j|glibc|security) (?:patch|update|fix|upgrade)s?\b"
    r"|\b(?:patch|update|upgrade) (?:the )?(?:openssl|openssh|log4j)\b",
    r"\b(?:store|save|keep|write|record|remember|log|print|cache|collect)\w* (?:the |all |our |user |customer "
    r")*(?:\w+ )?(?:passwords?|card numbers?|credit cards?|cvv|cvc|pins?|secrets?|private keys?|social "
    r"security numbers?|passport\w*|access tokens?)\b(?! (?:hash|field|page|form|error|test|strength|reset"
    r"|policy|hint|length|attempt|expiry|count|icon|label|input|box)\w*\b)",
    r"\b(?:remove|drop|delete|skip|disable|bypass|ignore|omit|relax|loosen|weaken|stop|avoid|lift)\w* (?:the "
    r"|our |all |any |that |this )*(?:\w+ ){0,2}(?:login|captcha|password|permission|authori[sz]ation"
    r"|authentication|ownership|owner|role|admin|signature|security|certificate|token|access|age|origin|host"
    r"|identity|2fa|rate[- ]limit\w*|lockout|throttl\w+|csp|sanitiz\w+|escap\w+|hashing|salt)"
    r"(?: (?:checks?|prompt|requirement|validation|verification|protection|limits?|rules?|control|guard|step"
    r"|screen|for \w+|from|in front of|on the|to the|when|before))?(?= (?:from|for|on|in|to|before|when|so"
    r"|because|until|during)|$)",
    r"\b(?:put|add|copy|upload|install|place|paste|store|commit|check|save|keep|include|bake"
    r"|embed)\w*\b.{0,25}\b(?:private|ssh|signing|api|secret|deploy|master|root|access|encryption)[ -]?keys?\b"
    r"|\b(?:my|our|the) (?:\w+ )?(?:private|ssh) keys?\b.{0,20}\b(?:on|to|in|into)\b",
    r"\b(?:grant|give|assign|add|promot|rais|elevat|extend|get)\w*\b.{0,50}\b(?:admin\w*|root|owner|superuser"
    r"|sudo|write access|full access|access to (?:the )?(?:production|prod|database|server|all)|production "
    r"access|all rights|more rights|privileges|to the admins?)\b",
    r"\brun(?:s|ning)?\b.{0,30}\bas (?:root|admin\w*|privileged|system)\b|\bsetuid\b|\bopen(?:s|ing)? (?:up "
    r")?(?:the )?(?:\w+ )?(?:port|firewall|database|server|admin \w+|bucket)s?\b.{0,30}\b(?:to|for) (?:the |all"
    r"|any|every)\w*",
    r"\b(?:trust|accept|believe|rely on|honou?r)\w* (?:the |any |all |every )*(?:x-forwarded-\w+|forwarded"
    r"|host header|user-supplied|client-supplied|client-side|unsigned|unverified|signature|header)\b",
    r"\b(?:log|sign)(?:s|ged|ged in|ging|ned|ning)? (?:everyone|everybody|all users?|users?|people) (?:out"
    r"|off)\b|\bforce (?:a )?(?:password reset|logout|re-?login)\b",
    r"\b(?:secure|httponly|samesite) ?(?:=|:|flag)? ?(?:false|off|none|0)\b|\b(?:verify|ssl_verify"
    r"|check_hostname|strict) ?[=:] ?(?:false|0|no|none|off)\b|\bstricthostkeychecking\b|\binsecure\b(?! "
    r"content)",
)
BREAKING = (
    r"\b(?:external |old |existing |all |deep |incoming )?(?:links?|urls?|bookmarks?) (?:will |would |then "
    r")?(?:404|break|die|stop|change|be dead|be broken|not work)\w*|\b(?:another|other|new|different) url "
    r"scheme\b|\burls? (?:will )?change\b",
    r"\b(?:clients?|partners?|customers?|apps?|others|accounting|department|third parties|integrations?"
    r"|consumers?|scripts|plugins?)\b[\w ]{0,20}\b(?:parse|import|expect|consume|rely on|relies on|depend on"
    r"|depends on|still use|imports|parses|expects|read) (?:it|them|the|these|this|that|those|our)\b",
    r"\b(?:rename|chang|reorder|remov|drop|restructur)\w* (?:the |all |some |our )*(?:columns?|fields?|headers?"
    r"|keys?|names?) (?:of|in) (?:the |our )?(?:csv|xml|json|export|feed|report file|payload|response)\b"
    r"|\bbecomes \w+ everywhere\b|\b(?:users?|customers?|everybody|everyone|people)\b[\w ]{0,30}\b(?:have to"
    r"|need to|must) (?:start again|start over|re-?install|log in again|re-?register|convert|re-?enter|upgrade "
    r"first)\b",
    rf"\b(?:chang|switch|convert|turn|migrat|mov)\w*\b.{{0,50}}\b(?:in|of|from|for|on) (?:the |our |all "
    rf")*(?:\w+ ){{0,2}}{_DELIVERED}\b.{{0,40}}\b(?:from|to|into)\b|\b(?:mandatory|required|obligatory"
    rf"|compulsory)\b.{{0,40}}\b(?:in|for|on|of|by) (?:the |our |all |every )*(?:\w+ )?{_DELIVERED}\b"
    rf"|\b(?:require|demand|enforce|insist on)\w*\b.{{0,40}}\b(?:for|on|in|from|by) (?:the |our |all |every "
    rf"|any |existing )*(?:\w+ )?(?:api|endpoint|client|caller|integration|webhook|plugin|app|request)s?\b",
    rf"\b(?:return|answer|respond|repl)\w*\b.{{0,40}}\binstead of\b.{{0,40}}\b{_DELIVERED}\b|\b(?:status|error"
    rf"|exit) codes? (?:\w+ )?(?:from|of|change\w*)\b|\b{_DELIVERED}\b.{{0,30}}\b(?:returns?|answers?|responds?"
    rf"|should return|will return|now return\w*) .{{0,40}}\binstead of\b",
    r"\b(?:drop|stop supporting|end|abandon|discontinue|retire|deprecate|leave behind|no longer support"
    r"|cease)\w* (?:the )?(?:support (?:for|of) )?(?:python|node|java|php|ruby|go|ios|android|safari|internet "
    r"explorer|ie ?\d+|windows|macos|debian|ubuntu|postgres\w*|mysql|django|react|rails|\.net|chrome|firefox) "
    r"?(?:\d[\d.]*|\d+|and older|support)\b"
    r"|\b(?:minimum|minimal|lowest|required|oldest|supported) (?:supported |required )?(?:\w+ "
    r")?version\b.{0,20}\b(?:to|is|becomes|of)\b|\brais\w* the (?:minimum|minimal|required)\b.{0,30}\bversion\b"
    r"|\brequires? (?:at least )?(?:python|node|java|php|ruby|ios|android) \d",
    r"\b(?:old|existing|current|previous|earlier|older|all|stored|saved|bookmarked|third-party|other)\b[\w "
    r"-]{0,30}\b(?:links?|urls?|bookmarks?|saves?|save games?|files?|clients?|integrations?|versions?|apps?"
    r"|scripts?|plugins?|configs?|installations?|sessions?|projects?|documents?)\b.{0,30}\b(?:stop\w*|cannot"
    r"|can not|no longer|not|will break|break|"
    r"fail|must|have to|has to|need to|needs to|be (?:lost|invalid|rejected|refused|migrated|rewritten|updated"
    r"|converted)|become invalid|do not)\b(?! (?:be )?(?:shown|visible|highlighted|sorted|aligned|affected"
    r"|break))",
    r"\b(?:rename|renam)\w* (?:the |our |a |all |its )*(?:\w+ ){0,3}(?:command[- ]line (?:option|flag"
    r"|argument)s?|cli (?:option|flag|command)s?|(?:public |published |pip |npm )?package|library|environment "
    r"variables?|exported \w+|event types?|webhook \w+|config(?:uration)? keys?|routes?|urls?|endpoints?"
    r"|public \w+|database columns? that)\b(?! (?:test|doc|in the test|tests|docs|helper|icon|label|diagram"
    r"|comment)\w*)(?!.{0,20}\btest)",
    r"\bchang\w* the signature of (?:the )?(?:\w+ )?(?:exported|public|published|api|library|sdk)\b|\b(?:keys?"
    r"|fields?|columns?|names?|options?|settings?|parameters?|variables?|formats?|headers?)\b.{0,30}\bthat "
    r"(?:\w+ ){0,2}(?:users?|customers?|partners?|clients?|others|apps?|plugins?|people|integrations?"
    r"|consumers?|they|third parties)\b.{0,20}\b(?:write|read|use|set|import|rely|depend|parse|call|expect"
    r"|need)\w*",
    r"\b(?:destroy|disable|remove|retire|stop|close|end|kill|delete|drop|sunset|switch)\w* (?:the |our "
    r")?(?:old |legacy |public |rest |soap |graphql )*(?:api|endpoint|sdk|interface|web service|webhook)s?(?: "
    r"v?\d+)?(?: (?:v\d+|version \d+))?$|\bapi v\d+\b.{0,40}\b(?:remov|delet|retir|disabl|gone|end)\w*"
    r"|\breplace\w* (?:the |our )?(?:\w+ )?(?:rest|soap|graphql|public|xml|json) (?:api|interface|endpoint)s?\b",
    r"\b(?:all|every|each|existing|third[- ]party|our) (?:\w+ )?(?:plugins?|clients?|integrations?|apps?"
    r"|callers?|consumers?|partners?|scripts?|extensions?|customers?|users?)\b.{0,30}\b(?:have|has|had|need"
    r"|needs|must|will have|will need|are forced|required)(?: to)? (?:be )?(?:updat|chang|adapt|migrat|rewrit"
    r"|rebuil|re-?install|reconfigur|upgrad|recompil|adjust|reauthori|re-?link|port)\w*",
    r"\b(?:remove|delete|drop|retire)\w* (?:all |the |every |our )*(?:\w+ )?(?:functions?|methods?|classes"
    r"|options?|flags?|parameters?|fields?|modules?|features?|things?|everything|anything|apis?|settings?"
    r"|aliases)\b.{0,20}\b(?:deprecated|obsoleted)\b|\b(?:remove|delete|drop)\w* (?:all |the |every |our "
    r")*deprecated\b(?! (?:warning|call|test|import|css|html|label|icon|comment|note|doc)s?\b)",
    r"\b(?:new|next|bump\w*|release\w*|a) (?:the )?major (?:version|release)\b|\bsemver[- ]major\b|\bnot? "
    r"(?:be )?compatible\b|\bcompatib\w+ (?:is|will be|gets?) (?:lost|broken|gone)\b|\bwithout (?:a "
    r")?(?:deprecation|migration path|grace period|transition)\b",
    r"\bchang\w* (?:the )?(?:default|units?|currency|time ?zone|encoding|sort order|page size|pagination|date "
    r"format|ids?|primary keys?)\b.{0,30}\b(?:in|of|for|on) (?:the |our |all )*(?:\w+ )?(?:api|endpoint|export"
    r"|webhook|sdk|public|every(?:one|body)|users|customers|clients|config\w*|cli|protocol|feed)s?\b(?! "
    r"(?:table|page|view|list|test|form|screen|docs?|report|grid)s?\b)",
)
EMERGENCY = (
    r"\b(?:servers?|hosts?|machines?|box|vm|node|cluster|production|prod|site|website|shop|database|db|api"
    r"|service|nas|raid|router|everything|nothing|nobody)\b[\w -]{0,25}\b(?:is|are|does|do|has|have|can|went"
    r"|goes|keeps?|gets?|stopped|just|not|hardly|barely)\b[\w -]{0,20}\b(?:not respond\w*|unresponsive"
    r"|respond\w*|unreachable|offline|down|dead|on fire|crash(?:es|ed|ing)? "
    r"(?:every|again|all|constantly|since|now)|overheat\w*|overloaded|hang\w*|frozen|melting|reach(?:able|ed)? "
    r"(?:it|the)|degraded|read-only)\b" + _ENDS,
    r"\b(?:restarts?|reboots?|crash(?:es)?|dies|fails|falls over|goes down) (?:itself )?every (?:few |couple "
    r"of |\w+ )?(?:seconds?|minutes?|hours?)\b|\b(?:crash|restart|reboot)[- ]?loops?\b",
    r"\b(?:cpu|load|memory|ram|swap|disk|inodes?|space|temperature|heap|storage|quota|bandwidth)\b[\w "
    r"]{0,25}\b(?:at|over|above|is|hit|reached|near)? ?(?:9\d|100) ?(?:%|percent)|\b(?:memory|ram|swap|disk"
    r"|space|storage|quota|inodes?|bandwidth|file (?:handles|descriptors)|connections)\b[\w ]{0,12}\b(?:is|are"
    r"|has|have|almost|nearly|all|been|runs?|running)\b[\w ]{0,14}"
    r"\b(?:used up|exhausted|full|gone|out|run out|depleted|low|critical)\b" + _ENDS,
    r"\b(?:only|just|less than|under) \d+ ?(?:mb|gb|kb|%|percent|megabytes?|gigabytes?"
    r"|inodes?)\b.{0,15}\b(?:left|free|remain\w*)|\b(?:running|run|runs|ran) (?:low|out) (?:on|of) (?:disk"
    r"|memory|space|storage|ram|swap|inodes|file)",
    r"\b(?:disk|drive|ssd|raid|array|volume|nas|hard disk)\b[\w -]{0,20}\b(?:is|are|has|keeps|reports?"
    r"|shows?)\b ?(?:failing|dying|broken|degraded|bad|died|failed|read errors?|smart errors?|clicking|full)"
    r"|\b(?:smart|i/o|read|ecc) errors? (?:on|from|of) (?:the )?(?:disk|drive|ssd|array|/dev)",
    r"\b(?:went|goes|gone|is|are|became|turned|mounted|remounted) read[- ]only\b|\btoo many open files on\b"
    r"|\boverheat\w*|\brunaway process\b|\bfork bomb\b|\bmemory leak\b.{0,30}\b(?:kills?|brings?|takes?|server"
    r"|production)\b.{0,10}\b(?:down|now|dead)",
    r"\b(?:customers?|users?|visitors?|clients?|people|everybody|everyone|all requests?|every request|every "
    r"page|all pages|nobody|no one)\b[\w ]{0,30}\b(?:(?:get|gets|getting|see|sees|seeing|receive|return|returns"
    r"|gives?|fail|fails) (?:only |just |a |an |with )?(?:http )?(?:5\d\d|errors? 5\d\d)|can (?:log ?in|pay"
    r"|order|check ?out|connect|reach)|cannot (?:log ?in|pay|order|check ?out|connect|reach))\b"
    r".{0,20}\b(?:every|all|any|since|right now|at the moment|anymore|any more|$)",
    r"\b(?:emergency|incident|outage|sev ?1|p1|meltdown|all hands)\b.{0,30}\b(?:now|right|currently|since"
    r"|ongoing|live|in production)\b|\bproduction (?:is )?(?:broken|down|burning|on fire)\b",
)
