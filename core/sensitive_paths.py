"""Paths that a person should look at before a change of them is merged. A table that the owner can read and extend."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

SENSITIVE_PATHS: Mapping[str, tuple[str, ...]] = {
    "licence": ("LICEN[CS]E*", "COPYING*", "NOTICE", "NOTICE.*", "PATENTS", "LICENSES/**", "UNLICENSE"),
    "sensitive: lock file": (
        *(
            "package-lock.json",
            "npm-shrinkwrap.json",
            "yarn.lock",
            "pnpm-lock.yaml",
            "bun.lock",
            "bun.lockb",
            "deno.lock",
        ),
        *("poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock", "pixi.lock", "conda-lock.yml", "pylock*.toml"),
        *("Cargo.lock", "go.sum", "Gemfile.lock", "composer.lock", "mix.lock", "Podfile.lock", "Package.resolved"),
        *("packages.lock.json", "gradle.lockfile", "*.lockfile", "flake.lock", "pubspec.lock", "Cartfile.resolved"),
        *(".terraform.lock.hcl", "Chart.lock"),
    ),
    "sensitive: ci": (
        *(".github/workflows/**", ".github/actions/**", ".github/dependabot.y*ml", ".github/CODEOWNERS", "CODEOWNERS"),
        *(".gitlab-ci*.yml", ".gitlab/**", "Jenkinsfile*", ".circleci/**", ".travis.yml", ".drone.yml", ".woodpecker*"),
        *("azure-pipelines*.yml", ".azure-pipelines/**", "bitbucket-pipelines.yml", ".buildkite/**", "appveyor.yml"),
        *(
            "buildspec*.yml",
            ".cirrus.yml",
            ".semaphore/**",
            ".teamcity/**",
            ".forgejo/**",
            ".gitea/**",
            ".ci/**",
            "ci/**",
        ),
        *(".pre-commit-config.yaml", ".husky/**", ".githooks/**", "lefthook.y*ml", "renovate.json*", "sonar-project.*"),
        *("codecov.yml", ".codecov.yml", "action.yml", "action.yaml", "tox.ini", "noxfile.py", ".goreleaser*"),
    ),
    "sensitive: deployment": (
        *("Dockerfile*", "*.dockerfile", "Containerfile*", "docker-compose*", "compose.y*ml", "compose.*.y*ml"),
        *("docker/**", "k8s/**", "kubernetes/**", "helm/**", "charts/**", "kustomization.y*ml", "skaffold.y*ml"),
        *("*.tf", "*.tfvars", "*.hcl", "terraform/**", "infra/**", "infrastructure/**", "pulumi*.y*ml", "cdk.json"),
        *(
            "deploy/**",
            "deployment/**",
            "deployments/**",
            "deploy*.sh",
            "deploy*.y*ml",
            "scripts/deploy*",
            "bin/deploy*",
        ),
        *(
            "ansible/**",
            "playbooks/**",
            "playbook*.yml",
            "inventory/**",
            "Procfile*",
            "fly*.toml",
            "vercel.json",
            "now.json",
        ),
        *(
            "netlify.toml",
            "serverless*.y*ml",
            "app.yaml",
            "wrangler.toml",
            "wrangler.json*",
            "firebase.json",
            "render.yaml",
        ),
        *("railway.json", "railway.toml", "cloudbuild*.y*ml", "ecosystem.config.*", "Vagrantfile", "supervisord*.conf"),
        *(
            "*.service",
            "*.timer",
            "systemd/**",
            "nginx*.conf",
            "nginx/**",
            "Caddyfile*",
            "haproxy*.cfg",
            "*.nomad",
            "crontab",
        ),
        *(
            "argocd/**",
            ".platform/**",
            ".ebextensions/**",
            "template.yaml",
            "samconfig.toml",
            "Capfile",
            "config/deploy*",
        ),
        *("ops/**", "release.sh", "publish.sh", "apache*.conf", "httpd.conf", "traefik*"),
    ),
    "sensitive: migration": (
        *("migrations/**", "migration/**", "db/migrate/**", "migrate/**", "alembic/**", "alembic.ini", "flyway/**"),
        *("liquibase/**", "changelog.xml", "schema.prisma", "db/schema.rb", "db/structure.sql", "schema.sql", "*.sql"),
        *("V[0-9]*__*.sql", "db/seeds*", "sqitch.plan", "versions/[0-9a-f]*_*.py"),
    ),
    "sensitive: auth": (
        *("auth/**", "auth.*", "auth_*", "*_auth.*", "*[-.]auth.*", "*Auth.*", "Auth[A-Z]*", "oauth*", "*authentic*"),
        *(
            "*authoriz*",
            "*authoris*",
            "authentication/**",
            "authorization/**",
            "login.*",
            "login_*",
            "*Login*",
            "*password*",
        ),
        *("*permission*", "permissions/**", "*credential*", "security/**", "security.*", "*security*", "*Security*"),
        *(
            "*crypto*",
            "crypto/**",
            "*jwt*",
            "*session*",
            "sessions/**",
            "*csrf*",
            "*acl.*",
            "*rbac*",
            "rbac/**",
            "sudoers*",
        ),
        *(
            "*secrets*",
            "secrets/**",
            "*token*",
            "iam/**",
            "policies/**",
            "*firewall*",
            "*.rules",
            "*cors.*",
            "*2fa*",
            "*mfa*",
        ),
        *(
            "*.pem",
            "*.key",
            "*.crt",
            "*.cer",
            "*.p12",
            "*.pfx",
            "*.jks",
            "*.keystore",
            "id_rsa*",
            "id_ed25519*",
            "*.gpg",
        ),
        *("*.kdbx", "htpasswd", ".htpasswd", ".htaccess", "*guard.*", "SECURITY*", "known_hosts", "authorized_keys"),
    ),
    "sensitive: settings": (
        *(".env", ".env.*", "*.env", ".envrc", "settings.py", "settings/**", "*settings*.py", "*settings*.json"),
        *("*settings*.y*ml", "*settings*.toml", "*settings*.ini", "config/**", "conf/**", "*config.py", "*config.rb"),
        *(
            "config.*",
            "*.ini",
            "*.cfg",
            "*.conf",
            "*.properties",
            "application*.y*ml",
            "appsettings*.json",
            "web.config",
        ),
        *("*.toml.example", ".npmrc", ".yarnrc*", ".pypirc", "pip.conf", ".netrc", ".gitattributes", ".gitmodules"),
        *(
            ".gitconfig",
            ".vscode/**",
            ".devcontainer/**",
            ".idea/**",
            ".claude/**",
            ".cursor/**",
            ".codex/**",
            ".gemini/**",
        ),
        *("AGENTS.md", "CLAUDE.md", "GEMINI.md", ".aider*", ".cursorrules", "copilot-instructions.md", "opencode.json"),
        *(
            "*config*.y*ml",
            "*config*.json",
            "*config*.toml",
            "nuget.config",
            "logging.y*ml",
            "feature*flags*",
            "values*.y*ml",
        ),
    ),
}
"""Globs by the name of the rule, the first that fits counts. `*` stays within a folder, `**` does not.

One without a slash is about a file of that name in any folder; one with a slash about that folder at any depth.
"""

_NOT_BY_NAME = ("sensitive: auth", "sensitive: settings")
"""Kinds that are about what the program does: texts, tests, pictures and styles of that name are harmless."""
_HARMLESS = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__|fixtures|docs?|examples?|locales?|translations|i18n|snapshots?"
    r"|__snapshots__|testdata"
    r"|stories|static|assets|styles)/|(?:^|/)(?:test_[^/]*|conftest\.py|[^/]*_test\.\w+|[^/]*[._-](?:test|spec"
    r"|stories)\.\w+"
    r"|[^/]*Tests?\.\w+)$|\.(?:md|rst|txt|adoc|css|scss|less|svg|png|jpe?g|gif|html?|po|mo|ipynb|snap|pyi|csv)$"
)
_TEST = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__|testing|e2e|cypress|integration-tests?)/|(?:^|/)(?:test_[^/]*"
    r"|[^/]*_tests?\.\w+|tests?\.\w+"
    r"|conftest\.py|[^/]*[._-](?:test|spec|cy|e2e)\.\w+|[^/]*_spec\.rb|[^/]*(?:Tests?|Spec|IT)\.(?:java|kt|cs"
    r"|swift|scala|php|groovy))$"
)
_ALWAYS = re.compile(
    r"(?i)(?:^|/)(?:security[^/]*|agents\.md|claude\.md|gemini\.md|copilot-instructions\.md|\.env[^/]*)$"
    r"|\.(?:pem|key|p12|pfx)$"
)


def kind(path: str, further: Sequence[str] = ()) -> str | None:
    """The name of the rule that a path falls under; None for an ordinary one. `further` are globs of the owner's."""
    if len(path) > 4096:
        return "sensitive: settings"
    if further and _any(tuple(further)).fullmatch(path):
        return "sensitive: your list"
    is_harmless = _HARMLESS.search(path) is not None and _ALWAYS.search(path) is None
    for name, globs in SENSITIVE_PATHS.items():
        if not (is_harmless and name in _NOT_BY_NAME) and _any(globs).fullmatch(path):
            return name
    return None


def is_test(path: str) -> bool:
    """Whether a file holds tests, by its name or folder."""
    return _TEST.search(path[-4096:]) is not None


@lru_cache(maxsize=64)
def _any(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:.*/)?{_regex(glob.lstrip('/'))}" for glob in globs), re.DOTALL)


def _regex(glob: str) -> str:
    """One glob; classes in brackets are kept as they are if they close."""
    pieces = re.split(r"(\*\*/?|\*|\?|\[[^\]/\\]+\])", glob)
    plain = {"**": ".*", "**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    return "".join(
        plain.get(piece) or (piece if piece.startswith("[") and len(piece) > 2 else re.escape(piece))
        for piece in pieces
    )
