"""Looks through the change of a build for what a person should see before it is merged."""

from core import change_scan
from core.errors import Refused
from core.model.build import BuildResult, BuildSpec
from core.model.config import Config
from core.model.decision import Finding, Verdict
from core.ports import Workspaces
from core.runtime import secret_scan

LARGEST = 20_000_000
"""Characters of a diff that are looked through."""


def inspect(workspaces: Workspaces, spec: BuildSpec, result: BuildResult, config: Config) -> list[Finding]:
    """What was found, most serious first. A change that can't be read, or is too large to be, is a finding itself."""
    try:
        diff = workspaces.diff(spec, result)
    except Refused as error:
        return [Finding(verdict=Verdict.ASK, rule="result: unreadable", reason=f"its change can't be shown: {error}")]
    found = change_scan.scan(diff[:LARGEST], secret_scan.scan, config.sensitive_paths)
    if len(diff) > LARGEST:
        reason = "its change is too large to be looked through"
        found.append(Finding(verdict=Verdict.ASK, rule="result: too large", reason=reason))
    return found
