"""`profilec parity`: the proof alone that all packages have one public interface."""

from profilec.cli.options import as_json, command, configuration, report
from profilec.cli.progress import steps


@command
@as_json
def parity(as_json: bool) -> int:
    """List the public names and signatures that differ between profiles without being declared to.

    Example: profilec parity
    """
    from profilec.project import analyse, open_project

    with steps("reading") as step:
        analysis = analyse(open_project(configuration()), step)
    return report(analysis.about(("PC408",)), as_json=as_json)
