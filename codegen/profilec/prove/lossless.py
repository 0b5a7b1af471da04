"""Proof 5: a file that was not selected from is emitted byte for byte, and none is emitted from nowhere."""

from collections.abc import Iterator, Mapping

from profilec.config import Config
from profilec.diagnostics import Finding
from profilec.tree import SourceFile, Tree


def prove_lossless(sources: Mapping[str, SourceFile], tree: Tree, config: Config) -> Iterator[Finding]:
    """Findings PC410 of one tree.

    Args:
        sources: the files of the source root by path.
        tree: what one profile makes of them.
        config: the project's configuration.
    """
    for path, file in tree.files.items():
        source = sources.get(path)
        if source is None:
            message = "the file is in the tree and not in the source"
        elif file.data != source.data and (not file.changed or not path.endswith((".py", ".pyi"))):
            message = "the file was not selected from, and yet is not what the source has"
        else:
            continue
        yield Finding("PC410", config.shown(path), message=message, profiles=(tree.profile,))
