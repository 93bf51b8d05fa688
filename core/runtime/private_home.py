"""A home folder of one run: programs keep their settings and caches there, and find the owner's toolchains as usual."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.model.build import Confinement
from core.runtime.confinement import Walls
from core.runtime.files import private_folder, remove_tree
from core.runtime.git import git

_TOOLCHAINS = {
    "FNM_DIR": ".local/share/fnm",
    "NVM_DIR": ".nvm",
    "PYENV_ROOT": ".pyenv",
    "PYTHONUSERBASE": ".local",
    "RBENV_ROOT": ".rbenv",
    "RUSTUP_HOME": ".rustup",
    "SDKMAN_DIR": ".sdkman",
    "VOLTA_HOME": ".volta",
}
"""Where version managers look for what is installed, when not below the home folder; reading is enough."""
_CACHES = {
    "CARGO_HOME": ".cargo",
    "GOMODCACHE": "go/pkg/mod",
    "GRADLE_USER_HOME": ".gradle",
    "npm_config_cache": ".npm",
    "PIP_CACHE_DIR": ".cache/pip",
    "UV_CACHE_DIR": ".cache/uv",
}
"""Caches that are of use only if they can be written to."""


def new_walls(
    confinement: Confinement, repository: Path, folders: tuple[Path, Path], own: Sequence[Path], *readable: Path
) -> Walls:
    """Make HOME and TMPDIR (`folders`) anew, and the walls of the next program of a run, which may write to `own` too.

    No program finds what another one has left there, least of all its keys. Raises GitError and OSError.
    """
    home, temporary = folders
    _make_home(home)
    remove_tree(temporary)
    private_folder(temporary)
    common = git(repository, "rev-parse", "--path-format=absolute", "--git-common-dir").rstrip("\n")
    return Walls.of(confinement, (*own, home, temporary), readable=(*readable, Path(common)))


def _make_home(place: Path) -> None:
    """Empty but for a git identity."""
    remove_tree(place)
    private_folder(place)
    identity = {what: git(place, "config", f"user.{what}", discover=True).strip() for what in ("name", "email")}
    lines = [
        "[user]",
        *(f'\t{what} = "{value}"' for what, value in identity.items()),
        "[init]",
        "\tdefaultBranch = main",
    ]
    (place / ".gitconfig").write_text("\n".join(lines) + "\n")


def home_environment(owner: Mapping[str, str], place: Path, writable: Sequence[str]) -> dict[str, str]:
    """The variables that go with it: HOME, and where the owner's toolchains and shared caches are.

    `owner` is the environment of the owner, `writable` the further folders that a build may write to.
    """
    found = {"HOME": str(place)}
    home = Path(owner.get("HOME") or Path.home())
    for name, folder in _TOOLCHAINS.items():
        if (home / folder).is_dir():
            found[name] = str(home / folder)
    for name, folder in _CACHES.items():
        if any((home / folder).is_relative_to(place) for place in map(Path, writable)):
            found[name] = str(home / folder)
    return {name: owner.get(name) or value if name != "HOME" else value for name, value in found.items()}
