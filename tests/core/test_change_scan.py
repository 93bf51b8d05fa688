"""What is found in a change."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import change_scan, decision_framework
from core.model.decision import Finding, Risk, Verdict

SQL = "ALTER TABLE users DROP COLUMN address;"


def no_secrets(path: str, lines: object) -> list[tuple[int, str]]:
    return []


def new(path: str, text: str, mode: str = "100644") -> str:
    lines = text.split("\n")
    body = "".join(f"+{line}\n" for line in lines)
    head = f"diff --git a/{path} b/{path}\nnew file mode {mode}\n--- /dev/null\n+++ b/{path}\n"
    return f"{head}@@ -0,0 +1,{len(lines)} @@\n{body}"


def deleted(path: str, text: str) -> str:
    lines = text.split("\n")
    body = "".join(f"-{line}\n" for line in lines)
    return (
        f"diff --git a/{path} b/{path}\ndeleted file mode 100644\n--- a/{path}\n+++ /dev/null\n"
        f"@@ -1,{len(lines)} +0,0 @@\n{body}"
    )


def changed(path: str, before: str, after: str) -> str:
    old, fresh = before.split("\n"), after.split("\n")
    body = "".join(f"-{line}\n" for line in old) + "".join(f"+{line}\n" for line in fresh)
    return f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1,{len(old)} +1,{len(fresh)} @@\n{body}"


def found(diff: str, *sensitive: str) -> dict[str, Verdict]:
    """Rules without their beginning, with the verdict of each."""
    findings = change_scan.scan(diff, no_secrets, sensitive)
    return {finding.rule.removeprefix("result: "): finding.verdict for finding in findings}


ASK, ESCALATE = Verdict.ASK, Verdict.ESCALATE


def test_an_ordinary_change_is_clean() -> None:
    assert found(changed("shop/cart.py", "a = 1", "a = 2") + new("docs/guide.md", "Hello")) == {}


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        (".github/workflows/test.yml", "sensitive: ci"),
        ("services/shop/Jenkinsfile", "sensitive: ci"),
        ("services/shop/Dockerfile.dev", "sensitive: deployment"),
        ("a/b/terraform/network.json", "sensitive: deployment"),
        ("shop/settings.py", "sensitive: settings"),
        ("api/.env.production", "sensitive: settings"),
        ("CLAUDE.md", "sensitive: settings"),
        ("shop/migrations/0002_price.py", "sensitive: migration"),
        ("web/yarn.lock", "sensitive: lock file"),
        ("shop/auth/login.py", "sensitive: auth"),
        ("deploy.pem", "sensitive: auth"),
        ("LICENSE.txt", "licence"),
    ],
)
def test_sensitive_paths_ask(path: str, rule: str) -> None:
    assert found(new(path, "x")) == {rule: ASK}


@pytest.mark.parametrize(
    "path",
    ["docs/auth.md", "tests/test_auth.py", "shop/authors.py", "shop/keyboard.py", "web/src/table.ts", "README.md"],
)
def test_texts_and_tests_about_something_sensitive_do_not(path: str) -> None:
    assert found(new(path, "x")) == {}


def test_the_owner_may_name_further_paths() -> None:
    assert found(new("prices/2026.csv", "x"), "prices/**") == {"sensitive: your list": ASK}
    assert found(new("other/2026.csv", "x"), "prices/**") == {}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("shop/migrations/0002.py", "    migrations.RemoveField(model_name='user', name='mail')"),
        ("migrations/2.sql", "ALTER TABLE users\n  DROP COLUMN mail;"),
        ("db/migrate/2_x.rb", "class X < M\n  def change\n    remove_column :users, :mail\n  end\nend"),
        ("alembic/versions/2.py", "def upgrade():\n    op.drop_table('users')\n\ndef downgrade():\n    pass"),
        ("tools/clean.sql", "DELETE FROM orders;"),
    ],
)
def test_a_migration_that_deletes_data_escalates(path: str, text: str) -> None:
    assert found(new(path, text))["migration drops data"] is ESCALATE


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "alembic/versions/2.py",
            "def upgrade():\n    op.create_table('x')\n\ndef downgrade():\n    op.drop_table('x')",
        ),
        ("db/migrate/2_x.rb", "  def up\n    add_column :x, :y\n  end\n  def down\n    remove_column :x, :y\n  end"),
        ("migrations/2.down.sql", "DROP TABLE x;"),
        ("migrations/2.sql", "ALTER TABLE users DROP CONSTRAINT fk_mail;"),
        ("migrations/3.sql", "-- formerly: DROP TABLE users"),
        ("migrations/4.sql", "-- +goose Up\nCREATE TABLE x();\n-- +goose Down\nDROP TABLE x;"),
    ],
)
def test_taking_back_what_a_migration_has_made_does_not(path: str, text: str) -> None:
    assert found(new(path, text)) == {"sensitive: migration": ASK}


def test_tests_that_go_are_told_unless_they_come_again() -> None:
    tests = "def test_a():\n    assert f(1)\n\ndef test_b():\n    assert f(2)"

    assert found(deleted("tests/test_f.py", tests)) == {"tests deleted": ASK}
    assert found(changed("tests/test_f.py", tests, "def test_a():\n    assert f(1)")) == {"tests deleted": ASK}
    assert found(deleted("tests/test_f.py", tests) + new("tests/test_g.py", tests)) == {}
    assert found(changed("tests/test_f.py", "def test_a():", "def test_better_name():")) == {}


def test_tests_without_their_checks_are_told() -> None:
    before, after = "    assert f(1)\n    assert f(2)\n    assert f(3)", "    f(1)\n    f(2)\n    f(3)"

    assert found(changed("tests/test_f.py", before, after)) == {"tests deleted": ASK}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("tests/test_f.py", "@pytest.mark.skip(reason='flaky')"),
        ("tests/test_f.py", "    pytest.skip('later')"),
        ("web/f.test.ts", "it.skip('adds', () => {"),
        ("web/f.spec.js", "describe.only('f', () => {"),
        ("f_test.go", '\tt.Skip("later")'),
        ("src/test/java/FTest.java", "    @Disabled"),
        ("src/lib.rs", "#[test]\n#[ignore]\nfn f() {}"),
        ("pytest.toml", 'addopts = "--deselect tests/test_f.py"'),
    ],
)
def test_skipped_tests_are_told(path: str, line: str) -> None:
    assert found(new(path, line)).get("tests skipped") is ASK


def test_a_skip_that_was_there_before_is_not() -> None:
    mark = "@pytest.mark.skip"

    assert found(changed("tests/test_f.py", f"{mark}\n# x", f"{mark}\n# y")) == {}


def test_large_deletions_ask_and_very_large_ones_escalate() -> None:
    def lines(count: int, text: str = "line") -> str:
        return "\n".join(f"{text} {number}" for number in range(count))

    assert found(deleted("a.py", lines(299))) == {}
    assert found(deleted("a.py", lines(300))) == {"large deletion": ASK}
    assert found(deleted("a.py", lines(2000))) == {"large deletion": ESCALATE}
    assert found(deleted("a.py", lines(2000)) + new("b.py", lines(2000))) == {}, "moved"
    assert found(changed("a.py", lines(400), lines(400, "other"))) == {}, "rewritten"
    assert found("".join(deleted(f"{n}.py", "x") for n in range(25))) == {"large deletion": ASK}


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("requirements.txt", "flask==3.0", "flask==3.1\nrequests>=2"),
        ("pyproject.toml", "dependencies = [\n]", 'dependencies = [\n    "requests>=2",\n]'),
        ("pyproject.toml", "[tool.poetry.dependencies]", '[tool.poetry.dependencies]\nrequests = "^2.0"'),
        ("package.json", '"dependencies": {', '"dependencies": {\n    "left-pad": "^1.3.0"'),
        ("Cargo.toml", "[dependencies]", '[dependencies]\nserde = { version = "1" }'),
        ("go.mod", "require (", "require (\n\tgithub.com/pkg/errors v0.9.1"),
        ("Gemfile", "source 'x'", "source 'x'\ngem 'rails'"),
        ("pom.xml", "<dependencies>", "<dependencies>\n<artifactId>guava</artifactId>"),
        ("app/build.gradle.kts", "dependencies {", 'dependencies {\n    implementation("com.x:y:1.0")'),
        ("composer.json", '"require": {', '"require": {\n    "monolog/monolog": "^3.0"'),
    ],
)
def test_new_dependencies_ask(path: str, before: str, after: str) -> None:
    assert found(changed(path, before, after)).get("dependency") is ASK


def test_another_version_of_a_known_one_does_not() -> None:
    assert found(changed("package.json", '    "left-pad": "^1.3.0"', '    "left-pad": "^1.4.0"')) == {}
    assert found(changed("requirements.txt", "Flask_Login==1", "flask-login==2")) == {}
    assert found(changed("package.json", '  "version": "1.0.0"', '  "version": "1.1.0"')) == {}
    assert found(changed("pyproject.toml", 'version = "1.0"', 'version = "1.1"')) == {}


@pytest.mark.parametrize(
    ("path", "target", "verdict"),
    [
        ("a/b", "../README.md", ASK),
        ("a/b", "../../README.md", ESCALATE),
        ("b", "a/../../x", ESCALATE),
        ("b", "/etc/passwd", ESCALATE),
        ("b", "~/x", ESCALATE),
        ("b", ".git/hooks", ESCALATE),
        ("b", "C:\\x", ESCALATE),
    ],
)
def test_symbolic_links(path: str, target: str, verdict: Verdict) -> None:
    assert found(new(path, target, mode="120000")) == {"symlink": verdict}


def test_submodules_modes_and_binaries_ask() -> None:
    pointer = "diff --git a/lib b/lib\nindex 1..2 160000\n--- a/lib\n+++ b/lib\n@@ -1 +1 @@\n-Subproject commit a\n+b\n"

    assert found(pointer) == {"submodule": ASK}
    assert found("diff --git a/x.sh b/x.sh\nold mode 100644\nnew mode 100755\n") == {"mode": ASK}
    assert found("diff --git a/x.so b/x.so\nindex 1..2 100644\nBinary files a/x.so and b/x.so differ\n") == {
        "binary": ASK
    }


def test_a_changed_licence_asks_wherever_it_stands() -> None:
    assert found(changed("package.json", '  "license": "MIT",', '  "license": "UNLICENSED",')) == {"licence": ASK}
    assert found(changed("shop.py", "# SPDX-License-Identifier: MIT", "# nothing")) == {"licence": ASK}


def test_characters_that_hide_something_ask() -> None:
    assert found(new("shop.py", "if admin:\u202e # x")) == {"hidden characters": ASK}


def test_secrets_escalate_and_come_first() -> None:
    findings = change_scan.scan(new("settings.py", "KEY = 1"), lambda path, lines: [(1, "a key")])

    assert [(each.rule, each.line) for each in findings] == [
        ("result: secret", 1),
        ("result: sensitive: settings", None),
    ]
    assert findings[0].reason == "it adds a key"


def test_the_decision_names_the_most_serious_first_with_files() -> None:
    diff = "".join(new(f".github/workflows/{n}.yml", "x") for n in "abc") + new("migrations/1.sql", SQL)
    decision = decision_framework.decide_result(change_scan.scan(diff, no_secrets))

    assert (decision.verdict, decision.rule, decision.risk) == (ESCALATE, "result: migration drops data", Risk.HIGH)
    assert decision.reason == (
        "its migration deletes data (migrations/1.sql); it changes what runs in CI (.github/workflows/a.yml, "
        ".github/workflows/b.yml and 1 more); it changes the database's structure (migrations/1.sql)"
    )


def test_a_clean_result_runs_and_a_long_reason_is_cut() -> None:
    many = [
        Finding(verdict=ASK, rule=f"result: {n}", reason=f"reason {n} " * 9, path=f"{'p' * 90}{n}") for n in range(20)
    ]

    assert decision_framework.decide_result([]).rule == "result: clean"
    assert decision_framework.decide_result([]).verdict is Verdict.RUN
    reason = decision_framework.decide_result(many).reason
    assert len(reason) <= 310
    assert reason.endswith(" more")


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(
        ["a.py", "migrations/1.sql", "package.json", "pyproject.toml", "tests/test_a.py", "x" * 5000, "é\n"]
    ),
    st.lists(
        st.one_of(st.text(max_size=60), st.sampled_from(["DROP TABLE", '"a": "1"', "def test_a():"])), max_size=10
    ),
)
def test_no_change_raises(path: str, lines: list[str]) -> None:
    text = "\n".join(lines)

    for diff in (new(path, text), deleted(path, text), changed(path, text, text[::-1]), text):
        change_scan.scan(diff, no_secrets, ("a/**", "[", "*"))


@pytest.mark.parametrize("piece", ["drop table ", "a", '"x=[ ', "def test_", "@pytest.mark.", "{:a,"])
def test_a_line_of_a_megabyte_takes_a_moment(piece: str) -> None:
    line = (piece * 1_000_000)[:1_000_000]
    began = time.perf_counter()

    for path in ("a.py", "migrations/1.sql", "pyproject.toml", "tests/test_a.py"):
        change_scan.scan(new(path, line), no_secrets)

    assert time.perf_counter() - began < 20
