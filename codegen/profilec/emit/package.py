"""From a proved tree to the bytes of every file of its folder. Writes nothing."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

from profilec.answers import Answers
from profilec.config import Config
from profilec.diagnostics import Finding
from profilec.emit.formatting import Formatted, formatted
from profilec.emit.guard import add_guard
from profilec.emit.keep_lines import NoRoomError, keep_lines
from profilec.emit.metadata import render_metadata
from profilec.emit.project_files import distribution_name
from profilec.emit.source_map import MAP_FILE, render_map
from profilec.emit.strip import strip
from profilec.tree import EmittedFile, Tree

_HINT = "build without --keep-lines; `profilec map` and tracebacks find places all the same"


class EmitError(Exception):
    """A tree cannot be emitted; `findings` (PC505) says why."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = findings


class Emitted(Struct, frozen=True):
    """One profile's folder before it is written.

    Attributes:
        tree: the package as it is written: guarded and formatted.
        files: every file of the folder by path, the package's included.
    """

    tree: Tree
    files: Mapping[str, bytes]


def render_package(tree: Tree, config: Config, answers: Answers, *, lines_kept: bool = False) -> Emitted:
    """Finish a tree: guard, Black or the layout of a stripped wheel, metadata, source map.

    Args:
        tree: what one profile makes of the package, proved.
        config: the project's configuration.
        answers: what is known of single files.
        lines_kept: whether every kept line stays at its number; nothing is then formatted.

    Raises:
        EmitError: Black refused a changed file (PC505), or a kept line would have to move (PC506).
    """
    files = dict(tree.files)
    profile, name = config.profiles[tree.profile], distribution_name(config)
    for path in _entrances(files, config):
        files[path] = add_guard(files[path], profile, config, name, answers, on_one_line=lines_kept)
    if lines_kept:
        files = _with_lines_kept(files, tree.profile, config)
    elif profile.stripped:
        files = {path: _stripped(file, config) for path, file in files.items()}
    elif config.format == "black":
        files = _formatted(files, tree.profile, config, answers)
    everything = render_metadata(config, profile, answers)
    everything |= {path: file.data for path, file in files.items()}
    everything[MAP_FILE] = render_map(tree.profile, config.source, files)
    return Emitted(replace(tree, files=files), dict(sorted(everything.items())))


def _entrances(paths: Iterable[str], config: Config) -> Iterator[str]:
    """The `__init__.py` of the package; in a namespace, those of the packages that lie in no other."""
    compiled = (path for path in paths if not config.is_copied(path))
    packages = {PurePosixPath(path).parent for path in compiled if path.endswith("/__init__.py")}
    return (f"{package}/__init__.py" for package in packages if packages.isdisjoint(package.parents))


def _with_lines_kept(
    files: Mapping[str, EmittedFile], profile: str, config: Config
) -> dict[str, EmittedFile]:
    kept, findings = {}, []
    for path, file in files.items():
        try:
            kept[path] = keep_lines(file) if path.endswith((".py", ".pyi")) else file
        except NoRoomError as error:
            message = "this line would have to move: there is no room for what was written or went before it"
            findings.append(
                Finding(
                    "PC506", config.shown(path), error.line, message=message, hint=_HINT, profiles=(profile,)
                )
            )
    if findings:
        raise EmitError(tuple(findings))
    return kept


def _stripped(file: EmittedFile, config: Config) -> EmittedFile:
    return strip(file) if file.path.endswith(".py") and not config.is_copied(file.path) else file


def _formatted(
    files: Mapping[str, EmittedFile], profile: str, config: Config, answers: Answers
) -> dict[str, EmittedFile]:
    changed = [file for file in files.values() if file.changed and file.path.endswith((".py", ".pyi"))]
    found = answers.ask(formatted, dict(config.black), changed, Formatted)
    findings = [
        Finding(
            "PC505",
            config.shown(one.file.path),
            message=f"Black cannot format the emitted file: {one.refusal}",
            hint="leave `format` out, and report it with the file",
            profiles=(profile,),
        )
        for one in found
        if one.refusal
    ]
    if findings:
        raise EmitError(tuple(findings))
    return {**files, **{one.file.path: one.file for one in found}}
