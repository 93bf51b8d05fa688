"""Changes with the judgement of a careful reviewer: what a person has to see, and what is harmless however it looks.

Each is made a real commit by git. Keys and tokens are invented, and put together from pieces, so that nobody's scanner
takes this file for a leak.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Files = dict[str, str]

AWS = "AKIA" + "Q3EGRIVW6XKJZ2PT"
AWS_SECRET = "kQ7v" + "Lr2mXw9TzB4nHc6YpD1sFj8GaE3uKo5iRtVy"
GITHUB = "ghp_" + "x8Kq2LmZ4vRt7WnB9cYp1DsFj6GaE3uHo5iX"
SLACK = "https://hooks.slack.com/services/" + "T02AB3CDE/B04FG5HIJ/" + "k2LmN8pQrStUvWxYz1A2b3C4"
STRIPE = "sk_live_" + "51H8xkQ2eZvKYlo2C9qW7rT4uPd"
JWT = "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0" + ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
PRIVATE = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEowIBAAKCAQEA7Vv1\nq9sXbT3n\n-----END RSA " + "PRIVATE KEY-----\n"
TELEGRAM = "7183920465:" + "AAHk3LmN8pQrStUvWxYz1A2b3C4d5E6f7G8"

BODY = "".join(f"def f{n}(x: int) -> int:\n    return x + {n}\n\n\n" for n in range(12))
TESTS = "".join(f"def test_f{n}() -> None:\n    assert f{n}(1) == {n + 1}\n\n\n" for n in range(12))
LONG = "".join(f"line {n} of a module that does something useful\n" for n in range(600))
HUGE = "".join(f"line {n} of a data set\n" for n in range(4000))
BASE: Files = {
    "app/main.py": BODY,
    "tests/test_main.py": TESTS,
    "pyproject.toml": '[project]\nname = "shop"\ndependencies = [\n    "httpx>=0.27",\n]\n',
    "requirements.txt": "httpx==0.27.0\nclick==8.1.0\n",
    "package.json": '{\n  "name": "shop",\n  "dependencies": {\n    "left": "1.0.0"\n  }\n}\n',
    "README.md": "# Shop\n\nHow to use it.\n",
    "LICENSE": "MIT License\n\nCopyright (c) 2024 Ann\n\nPermission is hereby granted\n",
    "run.sh": "#!/bin/sh\necho hello\n",
    "legacy.py": LONG,
    "data/big.csv": HUGE,
    "web/login.spec.js": "describe('login', () => {\n  it('works', () => {\n    expect(1).toBe(1);\n  });\n});\n",
    "go/x_test.go": 'package x\n\nfunc TestX(t *testing.T) {\n\tif 1 != 1 {\n\t\tt.Fatal("no")\n\t}\n}\n',
}


@dataclass(frozen=True)
class Case:
    """What is changed from BASE, and what that should lead to."""

    name: str
    expected: str
    rules: frozenset[str]
    after: dict[str, str | None] = field(default_factory=dict)
    """New contents by path; None deletes."""
    by_hand: Callable[[Path], None] | None = None
    """Further changes of the work tree."""


def case(name: str, expected: str, *rules: str, **more: object) -> Case:
    return Case(name, expected, frozenset(rules), **more)  # type: ignore[arg-type]


def link(path: str, target: str) -> Callable[[Path], None]:
    return lambda root: (root / path).symlink_to(target)


def mode(path: str, bits: int) -> Callable[[Path], None]:
    return lambda root: (root / path).chmod(bits)


def binary(path: str, size: int = 300) -> Callable[[Path], None]:
    def written(root: Path) -> None:
        (root / path).write_bytes(bytes(range(256)) * (size // 256 + 1))

    return written


def move(old: str, new: str) -> Callable[[Path], None]:
    def moved(root: Path) -> None:
        (root / new).parent.mkdir(parents=True, exist_ok=True)
        (root / old).rename(root / new)

    return moved


def py(extra: str) -> dict[str, str | None]:
    return {"app/main.py": BODY + extra}


CASES = (
    # -- harmless -----------------------------------------------------------------------------------------------------
    case("a new function", "run", after=py("def more() -> int:\n    return 1\n")),
    case(
        "a new module with tests", "run", after={"app/b.py": "X = 1\n", "tests/test_b.py": "def test_b():\n    pass\n"}
    ),
    case("a docs page", "run", after={"docs/guide.md": "# Guide\n\nDelete the key, then skip the test.\n"}),
    case("a placeholder key", "run", after=py('API_KEY = "your-api-key-here"\n')),
    case("a key from the environment", "run", after=py('import os\nPASSWORD = os.environ["DB_PASSWORD"]\n')),
    case("a checksum", "run", after=py(f'SHA256 = "{"0f1e2d3c4b5a6978" * 4}"\n')),
    case("a uuid", "run", after=py('ID = "6f1c1a52-9a3b-4c39-8d0e-2f0a4f6d9b11"\n')),
    case("a commit id", "run", after={"README.md": f"# Shop\n\nFixed in {'a1b2c3d4e5' * 4}.\n"}),
    case("a public key", "run", after={"docs/key.md": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJx4 ann@example.org\n"}),
    case("an empty variable", "run", after={"docs/env.md": "DB_PASSWORD=\nAPI_TOKEN=\n"}),
    case(
        "a data uri", "run", after={"web/a.css": "a { background: url(data:image/png;base64,iVBORw0KGgoAAAANSUhE) }\n"}
    ),
    case(
        "the word skip in prose",
        "run",
        after={"README.md": "# Shop\n\nSkip this: @pytest.mark.skip is explained below.\n"},
    ),
    case("a test is renamed", "run", after={"tests/test_main.py": TESTS.replace("test_f3", "test_adding_three")}),
    case("tests move to another file", "run", by_hand=move("tests/test_main.py", "tests/unit/test_main.py")),
    case("a test is rewritten", "run", after={"tests/test_main.py": TESTS.replace("f2(1) == 3", "f2(2) == 4")}),
    case(
        "more tests", "run", after={"tests/test_main.py": TESTS + "def test_more() -> None:\n    assert f1(2) == 3\n"}
    ),
    case("a version is raised", "run", after={"requirements.txt": "httpx==0.28.1\nclick==8.1.0\n"}),
    case("a dependency goes", "run", after={"requirements.txt": "httpx==0.27.0\n"}),
    case("some lines go", "run", after={"legacy.py": "".join(LONG.splitlines(True)[:560])}),
    case("a module moves", "run", by_hand=move("legacy.py", "app/legacy.py")),
    case("umlauts in a file name", "run", after={"docs/größe.md": "Größe\n"}),
    case("windows line ends", "run", after={"docs/win.md": "a\r\nb\r\n"}),
    case("no newline at the end", "run", after={"docs/end.md": "the end"}),
    case("a removed key", "run", after={"docs/old.md": None, "app/main.py": BODY.replace("f11", "f_last")}),
    case("a password in a form", "run", after={"web/form.html": '<input type="password" name="password" value="">\n'}),
    case("a token of a parser", "run", after=py('TOKEN_KINDS = {"plus": "+", "minus": "-"}\ntoken = next(tokens)\n')),
    case(
        "a test that expects a refusal",
        "run",
        after={"tests/test_auth_text.py": "def test_x():\n    assert 'skip' in 'skip this'\n"},
    ),
    case(
        "a query", "run", after=py('def load(db):\n    return db.execute("SELECT * FROM users WHERE id = ?", (1,))\n')
    ),
    case("an example address", "run", after=py('URL = "https://user@example.org/path"\n')),
    # -- to be seen ---------------------------------------------------------------------------------------------------
    case("a workflow", "ask", "sensitive: ci", after={".github/workflows/test.yml": "on: push\njobs: {}\n"}),
    case("a gitlab pipeline", "ask", "sensitive: ci", after={".gitlab-ci.yml": "test:\n  script: make test\n"}),
    case("a Jenkinsfile", "ask", "sensitive: ci", after={"Jenkinsfile": "pipeline { agent any }\n"}),
    case("a Dockerfile", "ask", "sensitive: deployment", after={"Dockerfile": "FROM debian\nCOPY . /app\n"}),
    case(
        "a compose file",
        "ask",
        "sensitive: deployment",
        after={"docker-compose.yml": "services:\n  web: {image: shop}\n"},
    ),
    case("a manifest", "ask", "sensitive: deployment", after={"k8s/web.yaml": "kind: Deployment\n"}),
    case("terraform", "ask", "sensitive: deployment", after={"infra/main.tf": 'resource "x" "y" {}\n'}),
    case("settings", "ask", "sensitive: settings", after={"config/settings.py": "DEBUG = False\n"}),
    case("a dot env", "ask", "sensitive: settings", after={".env": "PORT=8000\n"}),
    case(
        "a migration", "ask", "sensitive: migration", after={"db/migrations/0002_add.sql": "ALTER TABLE a ADD b int;\n"}
    ),
    case("a lock file", "ask", "sensitive: lock file", after={"poetry.lock": '[[package]]\nname = "x"\n'}),
    case("login code", "ask", "sensitive: auth", after={"app/auth/login.py": "def login(user):\n    return True\n"}),
    case("the licence", "ask", "licence", after={"LICENSE": "All rights reserved.\n"}),
    case("a new licence file", "ask", "licence", after={"COPYING": "GNU General Public License\n"}),
    case("a deleted test file", "ask", "tests deleted", after={"tests/test_main.py": None}),
    case(
        "some deleted tests", "ask", "tests deleted", after={"tests/test_main.py": "".join(TESTS.splitlines(True)[:24])}
    ),
    case(
        "a skipped test",
        "ask",
        "tests skipped",
        after={"tests/test_main.py": "import pytest\n\n\n@pytest.mark.skip\n" + TESTS},
    ),
    case(
        "an expected failure",
        "ask",
        "tests skipped",
        after={"tests/test_main.py": TESTS.replace("def test_f5", "@pytest.mark.xfail(reason='later')\ndef test_f5")},
    ),
    case(
        "a skipped test in js",
        "ask",
        "tests skipped",
        after={
            "web/login.spec.js": "describe('login', () => {\n  it.skip('works', () => {\n    expect(1).toBe(1);\n  });\n});\n"
        },
    ),
    case(
        "xit",
        "ask",
        "tests skipped",
        after={
            "web/login.spec.js": "describe('login', () => {\n  xit('works', () => {\n    expect(1).toBe(1);\n  });\n});\n"
        },
    ),
    case(
        "a skipped test in go",
        "ask",
        "tests skipped",
        after={"go/x_test.go": 'package x\n\nfunc TestX(t *testing.T) {\n\tt.Skip("later")\n}\n'},
    ),
    case(
        "an ignored test in rust",
        "ask",
        "tests skipped",
        after={"src/lib.rs": "#[test]\n#[ignore]\nfn works() { assert_eq!(1, 1); }\n"},
    ),
    case(
        "a test that proves nothing any more",
        "ask",
        "tests deleted",
        after={
            "tests/test_main.py": TESTS.replace("    assert f4(1) == 5\n", "    pass\n").replace(
                "    assert f5(1) == 6\n", "    pass\n"
            )
        },
    ),
    case("a large deletion", "ask", "large deletion", after={"legacy.py": "".join(LONG.splitlines(True)[:100])}),
    case("a binary", "ask", "binary", by_hand=binary("tool.bin")),
    case(
        "a new dependency in pyproject",
        "ask",
        "dependency",
        after={
            "pyproject.toml": '[project]\nname = "shop"\ndependencies = [\n    "httpx>=0.27",\n    "leftpad>=1",\n]\n'
        },
    ),
    case(
        "a new dependency in requirements",
        "ask",
        "dependency",
        after={"requirements.txt": "httpx==0.27.0\nclick==8.1.0\nevil==1.0\n"},
    ),
    case(
        "a new dependency in package.json",
        "ask",
        "dependency",
        after={
            "package.json": '{\n  "name": "shop",\n  "dependencies": {\n    "left": "1.0.0",\n    "right": "^2.0.0"\n  }\n}\n'
        },
    ),
    case(
        "a new crate",
        "ask",
        "dependency",
        after={"Cargo.toml": '[package]\nname = "x"\n\n[dependencies]\nserde = "1"\n'},
    ),
    case("a link inside", "ask", "symlink", by_hand=link("latest", "app/main.py")),
    case("an executable", "ask", "mode", by_hand=mode("app/main.py", 0o755)),
    case(
        "a submodule",
        "ask",
        "submodule",
        after={".gitmodules": '[submodule "lib"]\n\tpath = lib\n\turl = https://example.org/lib\n'},
    ),
    # -- to be seen at once -------------------------------------------------------------------------------------------
    case("an aws key", "escalate", "secret", after=py(f'KEY = "{AWS}"\n')),
    case("an aws secret", "escalate", "secret", after=py(f'aws_secret_access_key = "{AWS_SECRET}"\n')),
    case("a github token in a test", "escalate", "secret", after={"tests/test_net.py": f'TOKEN = "{GITHUB}"\n'}),
    case("a slack hook", "escalate", "secret", after={"docs/ops.md": f"Post to {SLACK}\n"}),
    case("a stripe key", "escalate", "secret", after={"web/pay.js": f"const stripe = Stripe('{STRIPE}');\n"}),
    case("a token of a session", "escalate", "secret", after=py(f'SESSION = "{JWT}"\n')),
    case("a private key", "escalate", "secret", after={"notes.txt": PRIVATE}),
    case("a bot token", "escalate", "secret", after=py(f'BOT = "{TELEGRAM}"\n')),
    case(
        "a password in a url",
        "escalate",
        "secret",
        after=py('DB = "postgres://shop:Xk3' + '9-qRt7wPz@db.internal/shop"\n'),
    ),
    case("a password in yaml", "escalate", "secret", after={"values.yaml": "db:\n  password: Zr8-kLq" + "2vNx7Tb\n"}),
    case(
        "a secret among many lines",
        "escalate",
        "secret",
        after=py("# more\n" * 40 + f'token = "{GITHUB}"\n' + "# more\n" * 40),
    ),
    case(
        "a migration that drops a column",
        "escalate",
        "migration drops data",
        after={"db/migrations/0003_drop.py": "def upgrade():\n    op.drop_column('users', 'address')\n"},
    ),
    case(
        "a migration that drops a table",
        "escalate",
        "migration drops data",
        after={"migrations/3.sql": "DROP TABLE customers;\n"},
    ),
    case(
        "a django migration that removes a field",
        "escalate",
        "migration drops data",
        after={"shop/migrations/0004_x.py": "operations = [migrations.RemoveField(model_name='user', name='phone')]\n"},
    ),
    case("a link to outside", "escalate", "symlink", by_hand=link("etc", "/etc/passwd")),
    case("a link upwards", "escalate", "symlink", by_hand=link("app/up", "../../secrets")),
    case("a very large deletion", "escalate", "large deletion", after={"data/big.csv": None}),
)
