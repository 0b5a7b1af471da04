"""The pytest plugin: `pytest --profilec PROFILE` builds the tree of a profile and runs the suite on it.

pytest loads this module wherever profilec is installed. Without the option it does nothing, and imports
nothing that pytest has not.
"""

import sys

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("profilec", "one suite on the tree of any profile").addoption(
        "--profilec",
        metavar="PROFILE",
        help="build the tree of PROFILE if its source changed and run the suite on it, inside WebAssembly if "
        "the profile is for that",
    )
    if sys.platform == "emscripten":
        from profilec.testing import absent

        absent.add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """See to the tree before anything of the project is imported."""
    name: str | None = early_config.known_args_namespace.profilec
    if name is not None:
        from profilec.testing.run import arrange

        arrange(early_config, args, name)
