"""The decision of a run: which tree, and in which interpreter."""

import pytest

from profilec.testing.trees import built_tree, find_profile, open_config
from profilec.testing.worlds import ForeignProfileError, runs_here


def arrange(early_config: pytest.Config, args: list[str], name: str) -> None:
    """Put the tree of a profile on the import path, or send the whole run to the interpreter of its world.

    Args:
        early_config: pytest's, before any conftest is loaded.
        args: the arguments of this run, which go with it if it is sent elsewhere.
        name: the profile.

    Raises:
        pytest.UsageError: there is no such profile, its tree cannot be built, or no interpreter here is of
            its world.
    """
    config = open_config(early_config.rootpath)
    profile = find_profile(config, name)
    try:
        here = runs_here(profile)
    except ForeignProfileError as error:
        raise pytest.UsageError(f"profilec: {error}") from None
    tree = built_tree(config, profile)
    plugins = early_config.pluginmanager
    if here:
        from profilec.testing.here import Here

        plugins.import_plugin("profilec.testing.coroutines")
        plugins.register(Here(early_config, config, profile, tree), "profilec-here")
        return
    from profilec.testing.elsewhere import Elsewhere

    plugins.register(Elsewhere(config, profile), "profilec-elsewhere")
    # The project's conftests, and what options they add, are the other interpreter's to load.
    early_config.known_args_namespace.noconftest = True
    args.clear()
