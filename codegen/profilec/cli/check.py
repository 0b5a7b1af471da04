"""`profilec check`: every fault of every profile, and nothing written."""

from pathlib import Path

from profilec.cli.options import Form, command, configuration, dependencies, form, report
from profilec.cli.progress import say, steps


@command
@dependencies
@form
def check(deps: Path | None, form: Form) -> int:
    """Report every fault of every profile; write nothing.

    Example: profilec check --json
    """
    from profilec.project import analyse, open_project

    config = configuration()
    with steps("reading") as step:
        analysis = analyse(open_project(config), step, dependencies=deps)
    if not analysis.errors:
        say(f"{len(analysis.project.sources)} files are right for {', '.join(config.profiles)}")
    return report(analysis.faults, form)
