"""Black over the files that the compiler changed; their line maps are carried over to what Black wrote."""

from collections.abc import Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from profilec.tree import EmittedFile

if TYPE_CHECKING:
    import black

_MOVED_BY_BLACK = frozenset("()[]{},;\"'\\ \t\f\r")
"""Characters that Black adds, removes or exchanges; it keeps the order and the number of all others."""


class FormatError(Exception):
    """Black refused a file; the text is its reason."""


class Formatted(Struct, frozen=True):
    """A file as Black writes it, or why it refused."""

    file: EmittedFile
    refusal: str = ""


def formatted(options: Mapping[str, Any], file: EmittedFile) -> Formatted:
    """Format one file; a question to `answers`."""
    try:
        return Formatted(format_file(file, options))
    except FormatError as error:
        return Formatted(file, str(error))


def format_file(file: EmittedFile, options: Mapping[str, Any]) -> EmittedFile:
    """The file as Black writes it.

    Args:
        file: a changed Python file.
        options: the `[tool.black]` table of the project, and its `requires-python`.

    Raises:
        FormatError: Black cannot parse the file, or would change what it means.
    """
    import black  # slow to import, and only needed where a file was changed
    from black.parsing import InvalidInput
    from black.report import NothingChanged

    if not file.data.strip():
        return file
    mode = _mode(options, is_stub=file.path.endswith(".pyi"))
    text, encoding, newline = black.decode_bytes(file.data, mode)
    try:
        formatted = _laid_out(text, mode)
    except NothingChanged:
        return file
    except (InvalidInput, AssertionError, RecursionError) as error:
        raise FormatError(str(error).split("\n", 1)[0]) from None
    data = formatted.replace("\n", newline).encode(encoding)
    return replace(file, data=data, lines=carry_over(text, file.lines, formatted))


def _laid_out(text: str, mode: "black.Mode") -> str:
    import black
    from black.parsing import SourceASTParseError

    try:
        return black.format_file_contents(text, fast=False, mode=mode)
    except SourceASTParseError:
        # Black reads the syntax of a newer Python than the one that runs, which cannot compare the two texts.
        return black.format_file_contents(text, fast=True, mode=mode)


def _mode(options: Mapping[str, Any], *, is_stub: bool) -> "black.Mode":
    """How Black writes a file; versions and features that this Black does not know tell it nothing."""
    import black
    from black.const import DEFAULT_LINE_LENGTH
    from black.files import infer_target_version
    from black.mode import Preview, TargetVersion

    named = {version.upper() for version in options.get("target-version", ())}
    targets = {version for version in TargetVersion if version.name in named}
    if "target-version" not in options:
        targets.update(infer_target_version({"project": options}) or ())
    enabled = options.get("enable-unstable-feature", ())
    return black.Mode(
        target_versions=targets,
        is_pyi=is_stub,
        line_length=options.get("line-length", DEFAULT_LINE_LENGTH),
        skip_source_first_line=options.get("skip-source-first-line", False),
        string_normalization=not options.get("skip-string-normalization", False),
        magic_trailing_comma=not options.get("skip-magic-trailing-comma", False),
        preview=options.get("preview", False),
        unstable=options.get("unstable", False),
        enabled_features={feature for feature in Preview if feature.name in enabled},
    )


def carry_over(before: str, origins: tuple[int, ...], after: str) -> tuple[int, ...]:
    """The source line of every line of `after`, given those of every line of `before`.

    The characters that Black never touches are counted off against each other: a line comes from where its
    first such character came from. A line without any, such as a closing parenthesis, comes from where the
    line above it does.
    """
    old_ends = list(accumulate(map(_kept_characters, before.split("\n"))))
    result, position, old = [], 0, 0
    for line in after.removesuffix("\n").split("\n"):
        kept = _kept_characters(line)
        if kept:
            while old < len(old_ends) - 1 and old_ends[old] <= position:
                old += 1
        position += kept
        result.append(origins[old] if old < len(origins) else 0)
    return tuple(result)


def _kept_characters(line: str) -> int:
    return sum(character not in _MOVED_BY_BLACK for character in line)
