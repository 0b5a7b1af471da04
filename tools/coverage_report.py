"""Reports one coverage for the annotated source, from both worlds' runs of the suite: `make coverage`.

    coverage_report.py PROFILE=DATA_FILE…

The suites run on emitted trees; `profilec` wrote beside each tree which of its lines came from which line of
the source. So a line of the source counts as reached if it was reached in any world, and as reachable if a
line came from it in any. What is left is listed: lines that no profile's tests reach.
"""

import sys
from collections import defaultdict
from pathlib import Path

from coverage import Coverage

from profilec.emit.source_map import SourceMap, read_map

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "kernel_exec"

type Lines = dict[str, set[int]]
"""Line numbers of the annotated source, by file."""


def collect(profile: str, data_file: Path, reachable: Lines, reached: Lines) -> None:
    """Add what one world's run reached, and could have reached, in lines of the source."""
    tree = ROOT / "build" / profile
    source_map = read_map(tree)
    if source_map is None or not data_file.exists():
        raise SystemExit(f"coverage: {tree} or {data_file} is not there: run `make coverage`")
    measured = Coverage(data_file=data_file)
    measured.load()
    for path in sorted((tree / PACKAGE).rglob("*.py")):
        _, statements, _, missing, _ = measured.analysis2(str(path))
        name = path.relative_to(tree).as_posix()
        reachable[name] |= source_lines(source_map, name, statements)
        reached[name] |= source_lines(source_map, name, sorted(set(statements) - set(missing)))


def source_lines(source_map: SourceMap, name: str, lines: list[int]) -> set[int]:
    """Return where lines of a tree come from; a generated line comes from nowhere."""
    return {line for line in (source_map.to_source(name, emitted) for emitted in lines) if line is not None}


def ranges(lines: set[int]) -> str:
    """Write line numbers the short way: `{3, 4, 5, 9}` becomes `3-5, 9`."""
    runs: list[list[int]] = []
    for line in sorted(lines):
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def main() -> None:
    """Read the runs that the command line names and print what they leave, file by file, and one number."""
    reachable: Lines = defaultdict(set)
    reached: Lines = defaultdict(set)
    for argument in sys.argv[1:]:
        profile, _, data_file = argument.partition("=")
        collect(profile, Path(data_file), reachable, reached)
    for name, lines in sorted(reachable.items()):
        if left := lines - reached[name]:
            print(f"{name}: {ranges(left)}")
    total, hit = (sum(map(len, lines.values())) for lines in (reachable, reached))
    print(f"{hit} of {total} lines of the annotated source are reached: {hit / total:.1%}")


if __name__ == "__main__":
    main()
