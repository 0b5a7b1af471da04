"""Coverage of the annotated source, from test runs of several trees together.

    python -m profilec.coverage build/coverage/native build/coverage/wasm

Takes data files that coverage.py wrote while tests ran on trees, moves them through the maps of the trees to
the source, and lets coverage.py report. A line counts if one of the trees has it, and is covered if the tests
of any of them reach it. What was generated, and what no tree keeps, does not count. Needs the package
`coverage`.
"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from coverage import Coverage, CoverageData, CoveragePlugin, FileReporter
from coverage.exceptions import CoverageException

from profilec.mapped import MappedTree, tree_of

type Lines = Mapping[str, frozenset[int]]
"""Line numbers by the absolute path of their file."""


class NoTreeError(Exception):
    """A data file is not there, or was not measured in one tree; the text names it and says what to do."""


def report(data_files: Iterable[Path]) -> float:
    """Print what test runs reached of the source, with the lines that none of them did; return the per cent.

    Args:
        data_files: one or more for each tree, as `coverage run --source=TREE` writes them.

    Raises:
        NoTreeError: a data file is not there, or was not measured in a tree.
        coverage.exceptions.CoverageException: a data file cannot be read.
    """
    present: dict[str, frozenset[int]] = {}
    reached: dict[str, frozenset[int]] = {}
    for data_file in data_files:
        if not data_file.is_file():
            raise NoTreeError(f"there is no file {data_file}: name what `coverage run` has written")
        run = Coverage(data_file=str(data_file), config_file=False)
        run.load()
        for file, (statements, executed) in _at_source(
            run, _measured_tree(run.get_data(), data_file)
        ).items():
            present[file] = present.get(file, frozenset()) | statements
            reached[file] = reached.get(file, frozenset()) | executed
    return _reporting(present, reached).report(show_missing=True, skip_covered=True, skip_empty=True)


def _measured_tree(data: CoverageData, data_file: Path) -> MappedTree:
    trees = {tree.folder: tree for file in data.measured_files() if (tree := tree_of(Path(file)))}
    if len(trees) != 1:
        found = "several trees" if trees else "no tree with a source map"
        raise NoTreeError(
            f"{data_file} was measured in {found}: run the tests of one tree with --source=TREE"
        )
    return next(iter(trees.values()))


def _at_source(run: Coverage, tree: MappedTree) -> dict[str, tuple[frozenset[int], frozenset[int]]]:
    """The statements of a tree and those that a run executed, by source file, as lines of the source."""
    found = {}
    for path in (*tree.map.runs, *tree.map.unchanged):
        if path.endswith(".py"):
            _, statements, _, missing, _ = run.analysis2(str(tree.folder / path))
            executed = set(statements).difference(missing)
            found[str(tree.source / path)] = _moved(tree, path, statements), _moved(tree, path, executed)
    return found


def _moved(tree: MappedTree, path: str, lines: Iterable[int]) -> frozenset[int]:
    return frozenset(origin for line in lines if (origin := tree.map.to_source(path, line)))


def _reporting(present: Lines, reached: Lines) -> Coverage:
    """coverage.py, told what the lines of the source are and which were reached."""
    plugin = _Source(present)
    result = Coverage(
        data_file=None, config_file=False, plugins=[lambda plugins: plugins.add_file_tracer(plugin)]
    )
    data = result.get_data()
    data.add_lines(reached)
    data.add_file_tracers(dict.fromkeys(present, plugin._coverage_plugin_name))
    return result


class _Source(CoveragePlugin):
    """Answers coverage.py's questions about source files: which of their lines are statements of a tree."""

    def __init__(self, present: Lines) -> None:
        self._present = present

    def file_reporter(self, filename: str) -> FileReporter:
        return _SourceFile(filename, self._present[filename])


class _SourceFile(FileReporter):
    def __init__(self, filename: str, present: frozenset[int]) -> None:
        super().__init__(filename)
        self._present = present

    def lines(self) -> set[int]:
        return set(self._present)


def main(arguments: list[str]) -> int:
    """Report on data files; exit code 2 where they are not what is needed."""
    if not arguments:
        print("usage: python -m profilec.coverage DATA_FILE...", file=sys.stderr)
        return 2
    try:
        report(map(Path, arguments))
    except (NoTreeError, CoverageException) as error:
        print(f"profilec.coverage: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
