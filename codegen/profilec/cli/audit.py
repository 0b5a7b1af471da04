"""`profilec audit`: the forbidden proof alone, with its chains."""

from pathlib import Path

from profilec.cli.options import Form, command, configuration, dependencies, form, report
from profilec.cli.progress import say, steps
from profilec.diagnostics.codes.proofs import FORBIDDEN


@command
@dependencies
@form
def audit(deps: Path | None, form: Form) -> int:
    """List what a profile forbids and its package or dependencies reach all the same, with chains.

    Example: profilec audit --deps build/wasm-dependencies
    """
    from profilec.project import analyse, open_project

    config = configuration()
    with steps("reading") as step:
        analysis = analyse(open_project(config), step, dependencies=deps)
    found = analysis.about(FORBIDDEN)
    if not any(profile.forbid for profile in config.profiles.values()):
        say("no profile forbids anything: list what must not be reached under `forbid`")
    elif not found:
        say("nothing that is forbidden is reached")
    return report(found, form)
