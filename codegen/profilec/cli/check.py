"""`profilec check`: every fault of every profile, and nothing written."""

from profilec.cli.options import as_json, command, configuration, show, show_json
from profilec.cli.progress import say, steps


@command
@as_json
def check(as_json: bool) -> int:
    """Report every fault of every profile; write nothing.

    Example: profilec check --json
    """
    from profilec.project import analyse, open_project

    config = configuration()
    with steps("reading") as step:
        analysis = analyse(open_project(config), step)
    if as_json:
        show_json(analysis.findings)
    else:
        show(analysis.findings)
    if not analysis.errors:
        say(f"{len(analysis.project.sources)} files are right for {', '.join(config.profiles)}")
    return 1 if analysis.errors else 0
