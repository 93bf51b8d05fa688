"""What escalates a task by the shell command that it brings along: other machines, the rest of this one, lost data."""

import re

from core.hazards import BREAKING, DATA_LOSS, SECURITY, Hazard

OUTSIDE = Hazard("command: outside the worktree", "its command reaches outside its worktree")
ELSEWHERE = Hazard("command: other machines", "its command reaches other machines")

_START = r"(?:^|[;&|(`\n]|\$\(|\b(?:then|do|else|xargs(?: -\S+)*|exec|nohup|time|env(?: \w+=\S*)*)\s)\s*(?:\w+=\S*\s+)*"
"""Where a command begins."""
_AWAY = r"(?:/(?!tmp/|dev/null)|~|\$\{?HOME|\$\{?OLDPWD|\.\.(?:/|\s|$)|[A-Za-z]:\\)"
"""A path that leads out of the worktree."""
_STEP = r"[^;&|\n]{0,2000}?"
"""What may stand within one command; limited, so that no text makes the search slow."""


def _command(names: str) -> str:
    return rf"{_START}(?:{names})(?![\w-])"


COMMANDS = (
    (
        OUTSIDE,
        re.compile(
            rf"\b(?:sudo|doas|pkexec|mkfs\S*|fdisk|parted|wipefs|shutdown|reboot|poweroff|halt|systemctl"
            rf"|launchctl|insmod"
            rf"|modprobe|useradd|userdel|usermod|adduser|passwd|chpasswd|visudo|iptables|nft|ufw|crontab|killall|pkill"
            rf"|loginctl|swapoff|umount|setenforce|sysctl)(?![\w-])"
            rf"|{_command('service|mount|su|at')}\s"
            rf"|\bkill\s+-(?:9|KILL|s)|\bdd\s{_STEP}\bof=(?!\./|\w)|\bgit\s+(?:-C|--git-dir"
            rf"|config\s+--(?:global|system))"
            rf"|\b(?:rm|rmdir|mv|chmod|chown|chgrp|shred|truncate|ln|rsync|tee|install"
            rf"|unlink)\s(?:{_STEP}\s)?[\"']?{_AWAY}"
            rf"|\bcp\s{_STEP}\s[\"']?{_AWAY}\S*\s*(?:$|[;&|\n])"
            rf"|\bfind\s+[\"']?{_AWAY}{_STEP}(?:-delete|-exec\s+rm)|>>?\s*[\"']?{_AWAY}"
            rf"|\b(?:rmtree|unlink|rmdir)\(\s*[\"']{_AWAY}"
            rf"|\b(?:cat|less|head|tail|grep|cp|tar|zip|base64|source|xxd|strings)\s{_STEP}(?:\.ssh|\.aws"
            rf"|\.gnupg|\.netrc"
            rf"|\.kube|/etc/shadow|/etc/passwd|/proc/|\.docker/config|\.npmrc|\.pypirc|id_(?:rsa|ed25519))"
            rf"|{_command('apt|apt-get|yum|dnf|pacman|brew|snap|apk|zypper|choco')}\s{_STEP}\b(?:install|remove"
            rf"|purge|upgrade|update|add|-S\w*|-R\w*)"
            rf"|\bnpm\s+(?:i|install|uninstall)\s{_STEP}(?:-g|--global)\b|:\(\)\s*\{{"
        ),
    ),
    (
        ELSEWHERE,
        re.compile(
            rf"\bgit\s+(?:-c \S+ )*(?:push|send-email|remote\s+(?:add|set-url))\b"
            rf"|\b(?:npm|pnpm|yarn|cargo|gem|docker|podman|nuget|dotnet|poetry|uv|hatch|flit|mvn|buildah|skopeo|helm)\s"
            rf"(?:{_STEP}\s)?(?:publish|push|deploy|unpublish|yank|upload)(?![\w-])"
            rf"|\btwine\s+upload\b|"
            rf"{_command('kubectl|oc|helm|aws|gcloud|az|doctl|flyctl|fly|heroku|vercel|netlify|wrangler|firebase|eb|cap|fab|kamal|ansible|ansible-playbook|ansible-galaxy|pulumi|ssh|scp|sftp|rsync|mosh|telnet|nc|ncat|ftp|lftp|rclone|sendmail|mail|mutt|swaks|s3cmd|gsutil|mc|doppler|vault')}"
            rf""
            rf""
            rf""
            rf"(?:\s|$)"
            rf"|\bterraform\s+(?:{_STEP}\s)?(?:apply|destroy|import|taint|state)\b|\bgh\s+(?:release|pr|issue"
            rf"|repo|secret|workflow|api|gist)\b"
            rf"|\bglab\s|\bsam\s+deploy|\bserverless\s+(?:deploy|remove)|\bcdk\s+(?:deploy|destroy)|\b(?:make"
            rf"|npm run|yarn|just|rake|invoke|task)\s+(?:{_STEP}\s)?(?:\w+[-:])?(?:deploy|publish|release"
            rf"|rollout|ship)(?![\w/.])"
            rf"|\b(?:curl|wget|fetch)\b{_STEP}\|\s*(?:\w+\s+)*(?:\w*sh|python\d?|perl|ruby|node)\b|(?:sh|bash"
            rf"|eval|source|\.)\s*(?:-c\s*)?[\"'<]?\s*[$<]\((?:curl|wget)"
            rf"|\b(?:curl|http|https|wget|xh)\s{_STEP}(?:-X\s*|--request[ =]|--method[ =])?(?<!\w)(?:POST|PUT"
            rf"|PATCH|DELETE)(?!\w)"
            rf"|\bcurl\s{_STEP}\s(?:-d|--data\S*|-F|--form|-T|--upload-file|--json)(?:\s|=|@)"
            rf"|\bwget\s{_STEP}--post-(?:data|file)"
            rf"|\b(?:psql|mysql|mongo|mongosh|redis-cli|mysqldump|pg_restore)\s{_STEP}(?:\s-h\s?|--host[ =]"
            rf"|//)(?!localhost|127\.|\s*localhost)\S"
            rf"|/dev/tcp/|\brequests\.(?:post|put|delete|patch)\("
        ),
    ),
    (
        DATA_LOSS,
        re.compile(
            rf"(?i)\b(?:drop|truncate)\s+(?:table|database|schema|collection|index|column|view|user|role)\b"
            rf"|\bdelete\s+from\s|\btruncate\s+\w+\s*;"
            rf"|\bupdate\s+\w+\s+set\s(?![^;\"']{{0,500}}\bwhere\b)|\bgit\s{_STEP}(?:reset\s+(?:\S+\s+)?--hard"
            rf"|clean\s+-\w*[fdx]|branch\s+-D|filter-branch|filter-repo"
            rf"|reflog\s+(?:expire|delete)|push\s{_STEP}(?:--force|-f\b|--delete|--mirror)|stash\s+(?:drop"
            rf"|clear)|update-ref\s+-d|checkout\s+--\s+\.|gc\s+--prune=now)"
            rf"|\brm\s+(?:-\S+\s+)*[\"']?(?:\.git\b|\*|\./?(?:\s|$)|\.\*|data\b|backups?\b|\S*\.(?:sqlite3?|db"
            rf"|dump|sql)\b)|\bfind\s+\.\s{_STEP}(?:-delete|-exec\s+rm)"
            rf"|\bdropdb\b|\bdropuser\b|\bdropDatabase\b|\bflush(?:all|db)\b|\b(?:docker|podman)\s+(?:system"
            rf"|volume|image|container)\s+(?:prune|rm)"
            rf"|\bdocker[- ]compose\s{_STEP}down\s{_STEP}(?:-v\b|--volumes)|\b(?:shred|wipe|srm)\s"
            rf"|\b(?:manage\.py|artisan|rails|rake|prisma|sequelize|alembic|knex|diesel)\s{_STEP}(?:flush\b"
            rf"|reset_db|migrate:(?:fresh|reset)|db:(?:drop|reset|wipe)|db:schema:load|migrate\s+reset"
            rf"|downgrade|sqlflush|database\s+(?:reset|drop))"
            rf"|\bzfs\s+destroy|\blvremove\b|\bvgremove\b|\bmdadm\b|\bcryptsetup\b|\bsgdisk\b"
            rf"|\bpurge[-_:](?:all|db|data)"
        ),
    ),
    (
        SECURITY,
        re.compile(
            rf"\bchmod\s+(?:-\S+\s+)*(?:0?777|a\+rwx|o\+w|u\+s|[2467]\d{{3}})\b|(?<!\w)(?:-k|--insecure"
            rf"|--no-verify-ssl|--no-check-certificate)\s{_STEP}https?:"
            rf"|\b(?:printenv|env|set)\s*(?:$|[|>])|\bssh-keygen\b|\bssh-add\b|\bgpg\s{_STEP}--(?:gen"
            rf"|export-secret|delete|import)"
            rf"|\bopenssl\s+(?:req|genrsa|genpkey|rsa)\b|\bhistory\s+-c\b|\bbase64\s+(?:-d|-D"
            rf"|--decode)\b{_STEP}\|\s*\w*sh\b"
            rf"|\bcat\s{_STEP}\.env\b|\bsetenforce\s+0|\bNODE_TLS_REJECT_UNAUTHORIZED=0|\bhtpasswd\b"
            rf"|\bauthorized_keys\b"
            rf"|\bgit\s+add\s{_STEP}\.env\b"
        ),
    ),
    (BREAKING, re.compile(r"\bnpm\s+(?:unpublish|deprecate|version\s+major)\b|\b(?:bumpversion|bump2version"
                          r"|hatch version|poetry version|cargo release)\s+major\b")),
)  # fmt: skip
"""In the order in which they are told."""


def scan(command: str) -> list[Hazard]:
    """The hazards of a shell command, each once; empty for what stays in the worktree."""
    return [hazard for hazard, pattern in COMMANDS if pattern.search(command)]
