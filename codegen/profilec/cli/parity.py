"""`profilec parity`: the proof alone that all packages have one public interface."""

from profilec.cli.options import Form, command, configuration, form, report
from profilec.cli.progress import say, steps


@command
@form
def parity(form: Form) -> int:
    """List the public names and signatures that differ between profiles without being declared to.

    Example: profilec parity
    """
    from profilec.project import analyse, open_project

    with steps("reading") as step:
        analysis = analyse(open_project(configuration()), step)
    found = analysis.about(("PC408",))
    if not found:
        say("the public names of all profiles agree")
    return report(found, form)
