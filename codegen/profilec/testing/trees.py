"""From a profile's name to its tree on disk, or to one clear error of usage."""

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from profilec.config import Config, ConfigError, Profile, find_project, load_config
from profilec.diagnostics import Finding, render


def open_config(folder: Path) -> Config:
    """The configuration of the project that a folder lies in.

    Raises:
        pytest.UsageError: there is none, or it is wrong.
    """
    try:
        return load_config(find_project(folder))
    except ConfigError as error:
        raise _usage("the project cannot be read", error.findings) from None


def find_profile(config: Config, name: str) -> Profile:
    """The profile of a name.

    Raises:
        pytest.UsageError: there is none of that name.
    """
    if name in config.profiles:
        return config.profiles[name]
    raise pytest.UsageError(f"profilec: {config.unknown_profile(name)}")


def built_tree(config: Config, profile: Profile) -> Path:
    """The folder of a profile's tree, built anew if its source changed.

    Raises:
        pytest.UsageError: the build refuses; the text holds its findings.
    """
    tree = config.out_folder(profile.name)
    if sys.platform == "emscripten":
        return tree  # Whoever started this run has built it: the compiler does not run inside.
    from profilec.build import build_profiles

    outcome = build_profiles(config, (profile.name,))
    if not outcome.is_good:
        raise _usage(f"the tree of `{profile.name}` cannot be built", outcome.findings)
    return tree


def _usage(sentence: str, findings: Iterable[Finding]) -> pytest.UsageError:
    return pytest.UsageError("\n\n".join([f"profilec: {sentence}", *map(render, findings)]))
