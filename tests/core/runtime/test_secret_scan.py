"""Secrets in added lines. The tokens are invented, and put together here, so that no scanner reports them."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.runtime import secret_scan

MIXED = "kX9mQ2vL7pRt4WzB8cNd6FhJ3sGy5TaUe1Vb0"
TOKENS = {
    "a GitHub token": ["ghp_" + MIXED[:36], "github_pat_" + "11ABCDEFG0" + MIXED + "_" + MIXED],
    "a GitLab token": ["glpat-" + MIXED[:20]],
    "an AWS access key": ["AKIA" + "Z3M5Q7R2T4V6X2Y7"],
    "a Google API key": ["AIza" + MIXED[:35]],
    "a Slack token": ["xoxb-" + "123456789012-" + MIXED[:24]],
    "a Slack webhook": ["https://hooks.slack.com/services/" + "T0AB2CD3E/B0AB2CD3E/" + MIXED[:24]],
    "a Telegram bot token": ["7123456789:" + "AA" + MIXED[:33]],
    "a Stripe key": ["sk_live_" + MIXED[:24]],
    "an OpenAI key": ["sk-proj-" + MIXED + MIXED],
    "an Anthropic key": ["sk-ant-api03-" + MIXED + MIXED],
    "a Hugging Face token": ["hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaQcWeRtY"],
    "a SendGrid key": ["SG." + MIXED[:22] + "." + MIXED + MIXED[:6]],
    "an npm token": ["npm_" + MIXED[:36]],
    "a private key": ["-----BEGIN RSA PRIVATE " + "KEY-----", "-----BEGIN " + "OPENSSH PRIVATE KEY-----"],
    "a password in an address": ["postgres://admin:" + MIXED[:10] + "@db.example.org/shop"],
    "credentials in a header": ["Authorization: Bearer " + MIXED],
}


@pytest.mark.parametrize(("kind", "token"), [(kind, token) for kind, tokens in TOKENS.items() for token in tokens])
def test_tokens_are_known_by_their_shape_wherever_they_stand(kind: str, token: str) -> None:
    long = "lorem ipsum " * 2000

    assert secret_scan.scan("shop/a.py", [(1, "x = 1"), (7, f'value = "{token}"')]) == [(7, kind)]
    assert secret_scan.scan("tests/test_a.py", [(7, token)]) == [(7, kind)]
    assert secret_scan.scan("data.json", [(1, f"{long} {token} {long}")]) == [(1, kind)]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("shop/db.py", "DB_PASSWORD = 'kX9!mQ2vL7p'"),
        ("shop/db.py", "password: str = 'kX9!mQ2vL7p'"),
        ("shop/db.py", 'os.environ["API_KEY"] = "kX9mQ2vL7pRt4WzB8cNd"'),
        ("shop/db.ts", "const clientSecret = `kX9mQ2vL7pRt4WzB8cNd`;"),
        ("values.yaml", "  password: Zr8-kLq2vNx7Tb"),
        (".env.production", "SECRET_KEY=kX9mQ2vL7pRt4WzB8cNd"),
        ("config.xml", "<password>kX9mQ2vL7p</password>"),
        ("run.sh", "curl -u admin:kX9mQ2vL7p https://example.org"),
    ],
)
def test_passwords_and_keys_in_plain_text(path: str, line: str) -> None:
    ((number, kind),) = secret_scan.scan(path, [(3, line)])

    assert number == 3
    assert "kX9" not in kind
    assert "Zr8" not in kind


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("shop/a.py", "password = forms.CharField(label='Password', widget=forms.PasswordInput)"),
        ("shop/a.py", "password_hash = make_password(raw)"),
        ("shop/a.py", "token = os.environ['API_TOKEN']"),
        ("shop/a.py", "secret = settings.SECRET_KEY"),
        ("shop/a.py", "API_KEY = 'your-api-key-here'"),
        ("shop/a.py", "password = 'changeme'"),
        ("shop/a.py", "key = 'AKIAIOSFODNN7EXAMPLE'"),
        ("shop/a.py", "REQUEST_ID = 'c0ffee12-3456-4abc-9def-0123456789ab'"),
        ("shop/a.py", "DSN = 'postgres://postgres:postgres@localhost/test'"),
        ("shop/a.py", "url = f'https://{user}:{password}@example.org'"),
        ("shop/a.py", "CSRF_TOKEN_NAME = 'x-csrf-token-2'"),
        ("tests/test_a.py", "client.login(password='Passw0rd!')"),
        ("tests/test_a.py", "password = 'kX9!mQ2v'"),
        ("docs/a.md", "Set `password: YourPassword1!` in the file."),
        (".env.example", "SECRET_KEY=replace-me-with-50-random-characters"),
        ("keys.pub", "-----BEGIN PUBLIC KEY-----"),
        ("package-lock.json", '"integrity": "sha512-kX9mQ2vL7pRt4WzB8cNd6FhJ3sGy5TaUe1Vb0kX9mQ2vL7pRt4WzB8cNd=="'),
        ("go.sum", "github.com/pkg/errors v0.9.1 h1:kX9mQ2vL7pRt4WzB8cNd6FhJ3sGy5TaUe1Vb0="),
        ("shop/a.py", "commit = 'da39a3ee5e6b4b0d3255bfef95601890afd80709'"),
        ("deploy.yml", "password: ${{ secrets.DB_PASSWORD }}"),
        ("values.yaml", "password: {{ .Values.password }}"),
        ("shop/i18n.py", "'password_error': 'Das Passwort ist zu kurz (min. 8 Zeichen)'"),
    ],
)
def test_placeholders_checksums_and_the_passwords_of_tests_are_no_secrets(path: str, line: str) -> None:
    assert secret_scan.scan(path, [(1, line)]) == []


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["a.py", "a.yaml", "tests/a.py", "", "é"]))
def test_no_line_raises(text: str, path: str) -> None:
    secret_scan.scan(path, [(1, text), (2, f'password = "{text}"')])


@pytest.mark.parametrize(
    "piece", ["eyJ", "://", "token_", "aB3-", "password = ", "//", "a:", "curl -u ", "EAAA", "server=;"]
)
def test_a_line_of_a_megabyte_takes_a_moment(piece: str) -> None:
    began = time.perf_counter()

    secret_scan.scan("a.py", [(1, (piece * 1_000_000)[:1_000_000])])

    assert time.perf_counter() - began < 20
