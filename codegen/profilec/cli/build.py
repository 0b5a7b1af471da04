"""`profilec build`: from the source to one package per profile."""

from pathlib import Path

import click

from profilec.build import build_profiles
from profilec.cli.options import (
    as_json,
    command,
    configuration,
    dependencies,
    known_profiles,
    show,
    show_json,
)
from profilec.cli.progress import say, steps


@command
@click.argument("profiles", nargs=-1, metavar="[PROFILE]...")
@click.option("--check", is_flag=True, help="Write nothing; fail if the output is not what the source gives.")
@dependencies
@as_json
def build(profiles: tuple[str, ...], check: bool, deps: Path | None, as_json: bool) -> int:
    """Write one package per PROFILE, all of them if none is named.

    Every profile is analysed, also where one is built. If there is an error, nothing is written.

    Example: profilec build native wasm
    """
    config = configuration()
    names = known_profiles(config, profiles)
    with steps("reading") as step:
        outcome = build_profiles(config, names, write=not check, dependencies=deps, on_step=step)
    if as_json:
        show_json(outcome.findings, profiles={name: f"{config.out}/{name}" for name in names})
    else:
        show(outcome.findings)
    for name in names if outcome.is_good else ():
        say(f"{config.out}/{name}: {'written' if outcome.written else 'up to date'}")
    return 0 if outcome.is_good else 1
