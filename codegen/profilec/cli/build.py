"""`profilec build`: from the source to one package per profile."""

from contextlib import suppress
from pathlib import Path

import click

from profilec.build import Outcome, build_profiles
from profilec.cli.options import (
    REFUSED,
    Form,
    command,
    configuration,
    dependencies,
    form,
    known_profiles,
    profile_names,
    refusals,
    report,
)
from profilec.cli.progress import say, steps


@command
@click.argument("profiles", nargs=-1, metavar="[PROFILE]...", shell_complete=profile_names)
@click.option("--check", is_flag=True, help="Write nothing; fail if the output is not what the source gives.")
@click.option("--watch", is_flag=True, help="Build again after every change, until interrupted.")
@click.option("--keep-lines", is_flag=True, help="Keep every kept line at its line number; format nothing.")
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), default=1, metavar="N", help="Work with N processes."
)
@dependencies
@form
def build(
    profiles: tuple[str, ...],
    check: bool,
    watch: bool,
    keep_lines: bool,
    jobs: int,
    deps: Path | None,
    form: Form,
) -> int:
    """Write one package per PROFILE, all of them if none is named.

    Every profile is analysed, also where one is built. If there is an error, no package is
    written.

    Example: profilec build native wasm
    """

    def once() -> int:
        config = configuration()
        names = known_profiles(config, profiles)
        with steps("reading") as step:
            outcome = build_profiles(
                config,
                names,
                write=not check,
                dependencies=deps,
                lines_kept=keep_lines,
                jobs=jobs,
                on_step=step,
            )
        return _tell(outcome, {name: f"{config.out}/{name}" for name in names}, form)

    if not watch:
        return once()
    from profilec.cli.watching import changes

    config = configuration()
    with suppress(KeyboardInterrupt):
        for _ in changes(config.root, config.package_folder):
            try:
                once()
            except REFUSED as error:
                report(refusals(error), form)
    return 0


def _tell(outcome: Outcome, folders: dict[str, str], form: Form) -> int:
    code = report(outcome.findings, form, profiles=folders)
    if outcome.is_good:
        for folder in folders.values():
            say(f"{folder}: {'written' if outcome.written else 'up to date'}")
    return code
