"""Arguments of the form `FILE:LINE`, and which file of a project they mean."""

import re
from pathlib import Path

import click
from msgspec import Struct

from profilec.config import Config

_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+)(?::\d+)*", re.DOTALL)


class Place(Struct, frozen=True):
    """A line of a file; the line counts from 1."""

    file: Path
    line: int


def read_place(text: str, config: Config) -> Place:
    """Split `FILE:LINE`; a column behind the line, as diagnostics print it, is passed over.

    A file that is not there, seen from the current folder, is looked for from the project's, as diagnostics
    name it.

    Raises:
        click.UsageError: the text has another form.
    """
    match = _PLACE.fullmatch(text)
    if match is None or int(match["line"]) < 1:
        raise click.UsageError(f"`{text}` is not FILE:LINE, such as src/shop/jobs.py:12")
    file = Path(match["file"])
    in_project = config.root / file
    is_there = in_project.exists() and not file.exists()
    return Place(in_project if is_there else file, int(match["line"]))


def source_path(config: Config, file: Path) -> str | None:
    """The path of a file relative to the source root, with forward slashes; None where it lies outside."""
    try:
        return file.resolve().relative_to(config.source_folder.resolve()).as_posix()
    except ValueError:
        return None


def tree_path(config: Config, file: Path) -> tuple[str, str] | None:
    """The profile and the path in its tree of a file of an output folder; None where it lies in none."""
    for profile in config.profiles:
        try:
            inside = file.resolve().relative_to(config.out_folder(profile).resolve())
        except ValueError:
            continue
        return profile, inside.as_posix()
    return None
