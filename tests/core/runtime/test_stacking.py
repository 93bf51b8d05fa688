"""A build that needs results which are not merged yet starts from them."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from core.model.build import BuildResult, BuildSpec, Empty, NotPrepared, Proven
from core.runtime.workspaces import GitWorkspaces

Git = Callable[..., str]
MakeSpec = Callable[..., BuildSpec]
Finish = Callable[[BuildSpec], BuildResult]


def on(spec: BuildSpec, *others: BuildSpec) -> BuildSpec:
    return msgspec.structs.replace(spec, onto=tuple(other.branch for other in others))


def test_it_sees_and_later_ships_what_it_builds_on(
    project: Path, owner: Git, make_spec: MakeSpec, finish: Finish
) -> None:
    first = make_spec("echo one > first.txt", build="task_1-1")
    second = make_spec("echo two > second.txt", build="task_2-1")
    finish(first)
    finish(second)
    owner(project, "commit", "--quiet", "--allow-empty", "-m", "meanwhile")
    third = on(
        make_spec("cat first.txt second.txt > third.txt", build="task_3-1", verify="test -s third.txt"), first, second
    )

    result = finish(third)

    assert result.outcome == Proven()
    assert result.diff is not None
    assert result.diff.files == 1
    assert owner(project, "show", f"{third.branch}:third.txt") == "one\ntwo\n"
    workspaces = GitWorkspaces()
    for spec in (first, second, third):
        workspaces.merge(spec, f"Merge {spec.task}")
    assert owner(project, "show", "main:third.txt") == "one\ntwo\n"
    assert owner(project, "status", "--porcelain") == ""


def test_results_that_contradict_each_other_are_refused(
    project: Path, owner: Git, make_spec: MakeSpec, finish: Finish
) -> None:
    first = make_spec("echo one > same.txt", build="task_1-1")
    second = make_spec("echo two > same.txt", build="task_2-1")
    finish(first)
    finish(second)

    result = finish(on(make_spec("echo three > c.txt", build="task_3-1"), first, second))

    assert result.outcome == NotPrepared(
        detail="It builds on jarvis/task_2-1, which does not merge cleanly with main any more."
    )
    assert owner(project, "branch", "--list", "jarvis/task_3-1") == ""


def test_nothing_of_its_own_is_an_empty_result(project: Path, owner: Git, make_spec: MakeSpec, finish: Finish) -> None:
    first = make_spec("echo one > first.txt", build="task_1-1")
    finish(first)
    second = on(make_spec("true", build="task_2-1"), first)
    assert finish(second).outcome == Empty()
    assert owner(project, "branch", "--list", second.branch) == ""
