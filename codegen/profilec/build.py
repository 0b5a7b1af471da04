"""One build: from a project on disk to its output folders, or to findings and untouched folders.

The only room that both reads and writes. A build whose inputs are those of the last one stops before
anything is parsed.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path

from msgspec import Struct

from profilec.config import Config
from profilec.diagnostics import Finding, merged
from profilec.emit.folder import Output, OutputError, drift, inspect, replace_folders
from profilec.emit.origin import Origin
from profilec.project import Analysis, analyse, fingerprint, known_answers, open_project
from profilec.seen import is_as_seen


class Outcome(Struct, frozen=True):
    """What came of a build.

    Attributes:
        findings: what there is to report.
        written: whether the folders were written; they are not if they were right already.
    """

    findings: tuple[Finding, ...] = ()
    written: bool = False

    @property
    def is_good(self) -> bool:
        """Whether the folders are now what the source gives."""
        return not any(finding.is_error for finding in self.findings)


def build_profiles(
    config: Config,
    names: tuple[str, ...],
    *,
    write: bool = True,
    dependencies: Path | None = None,
    lines_kept: bool = False,
    jobs: int = 1,
    on_step: Callable[[str], None] = lambda step: None,
) -> Outcome:
    """Bring the output folders of profiles up to date, or only compare them with what a build would give.

    Args:
        config: the project.
        names: the profiles to build. All are analysed.
        write: false to compare: each difference is then a finding (PC503).
        dependencies: the folder that third-party code is read in; None for the environment of the compiler.
        lines_kept: whether every kept line stays at the number that it has in the source.
        jobs: how many processes work. The output is the same with any number.
        on_step: called with the name of each step before it begins.
    """
    project = open_project(config)
    inputs = fingerprint(project, dependencies) + (" lines kept" if lines_kept else "")
    outputs = {name: inspect(config.out_folder(name)) for name in names}
    origins = [_up_to_date(output, inputs) for output in outputs.values()]
    if all(origins):
        return Outcome(merged(finding for origin in origins if origin for finding in origin.warnings))
    if write and (refusals := _refusals(config, outputs)):
        return Outcome(refusals)
    if write:
        with suppress(OSError):  # which is told where the trees are written
            Path(config.root, config.out).mkdir(parents=True, exist_ok=True)  # a refused build keeps answers
    with closing(known_answers(config, jobs)) as answers:
        analysis = analyse(project, on_step, dependencies=dependencies, answers=answers)
        if analysis.errors:
            return Outcome(analysis.faults)
        on_step("writing" if write else "comparing")
        origin = Origin(inputs, analysis.seen, analysis.faults)
        return _emit(analysis, outputs, origin, write=write, lines_kept=lines_kept)


def _up_to_date(output: Output, inputs: str) -> Origin | None:
    """What an output folder was made from, if that is what it would be made from now."""
    origin = output.origin if output.is_untouched else None
    return origin if origin and origin.inputs == inputs and is_as_seen(origin.seen) else None


def _refusals(config: Config, outputs: Mapping[str, Output]) -> tuple[Finding, ...]:
    """Why the output folders must not be replaced: a change made by hand, or something that is not ours."""
    findings = []
    for name, output in outputs.items():
        folder = f"{config.out}/{name}"
        if not output.is_ours:
            hint = "move it away, or choose another `out`"
            message = "the output folder holds something that the compiler did not write"
            findings.append(Finding("PC502", folder, message=message, hint=hint, profiles=(name,)))
        for path in output.edited:
            hint = f"move the change to the source, then remove {folder}"
            message = "the generated file was changed by hand"
            findings.append(
                Finding("PC501", f"{folder}/{path}", message=message, hint=hint, profiles=(name,))
            )
    return merged(findings)


def _emit(
    analysis: Analysis, outputs: Mapping[str, Output], origin: Origin, *, write: bool, lines_kept: bool
) -> Outcome:
    from profilec.emit.package import EmitError, render_package  # brings Jinja2 and Black

    config = analysis.project.config
    try:
        trees = {name: analysis.trees[name] for name in outputs}
        rendered = {
            name: render_package(tree, config, analysis.package.answers, lines_kept=lines_kept).files
            for name, tree in trees.items()
        }
    except EmitError as error:
        return Outcome(merged((*analysis.faults, *error.findings)))
    if not write:
        return Outcome(merged((*analysis.faults, *_drifted(config, outputs, rendered))))
    try:
        folders = {config.out_folder(name): files for name, files in rendered.items()}
        earlier = {config.out_folder(name): output for name, output in outputs.items()}
        replace_folders(folders, origin, earlier, analysis.project.programs)
    except OutputError as error:
        message = f"the output cannot be written: {error}"
        finding = Finding("PC504", config.out, message=message, hint=error.advice)
        return Outcome(merged((*analysis.faults, finding)))
    return Outcome(analysis.faults, written=True)


def _drifted(
    config: Config, outputs: Mapping[str, Output], rendered: Mapping[str, Mapping[str, bytes]]
) -> Iterator[Finding]:
    """How the output folders differ from what a build would give, and what would stop one."""
    yield from _refusals(config, outputs)
    for name, output in outputs.items():
        differing = drift(output, rendered[name]) if output.is_ours else ()
        for path in differing:
            if path not in output.edited:
                place, message = f"{config.out}/{name}/{path}", _difference(path, rendered[name], output)
                yield Finding("PC503", place, message=message, hint="run `profilec build`")


def _difference(path: str, files: Mapping[str, bytes], output: Output) -> str:
    if path not in files:
        return "the source no longer gives this file"
    if path not in output.files or path in output.missing:
        return "the source gives this file, which is not there"
    return "the source gives other text than this file has"
