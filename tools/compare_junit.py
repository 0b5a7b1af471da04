"""Judges the two results of the kernel's suite: `compare_junit.py NATIVE.xml WASM.xml`.

An exit code proves too little: an interpreter that dies in JavaScript can leave one of zero, and a suite
can pass because it was not collected. So the results themselves have to be there, to name their platform,
and to hold the same tests of `tests/kernel`, every one of them passed.
"""

import argparse
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import NamedTuple

SUITE = "tests.kernel"


class Outcome(NamedTuple):
    """What one junit file says of the kernel's suite; `amiss` are the tests that ran and did not pass."""

    platform: str | None
    tests: frozenset[str]
    amiss: frozenset[str]


def read(path: Path) -> Outcome:
    """Read a junit file. A file that is missing or cut short ends the comparison with a sentence."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise SystemExit(f"{path}: the suite left no readable result ({error})") from None
    platform = root.find(".//properties/property[@name='platform']")
    cases = [case for case in root.iter("testcase") if case.get("classname", "").startswith(f"{SUITE}.")]
    amiss = [case for case in cases if any(child.tag in {"failure", "error", "skipped"} for child in case)]
    return Outcome(None if platform is None else platform.get("value"), _names(cases), _names(amiss))


def _names(cases: list[ElementTree.Element]) -> frozenset[str]:
    return frozenset(f"{case.get('classname')}::{case.get('name')}" for case in cases)


def complaints(native: Outcome, wasm: Outcome) -> list[str]:
    """Everything that keeps the two results from proving the same suite in two worlds."""
    found = []
    if wasm.platform != "emscripten":
        found.append(f"the wasm result names {wasm.platform} as its platform, not emscripten")
    if native.platform in {None, "emscripten"}:
        found.append(f"the native result names {native.platform} as its platform")
    if not native.tests:
        found.append(f"the native result holds no test of {SUITE}")
    found += [f"native: failed or skipped: {test}" for test in sorted(native.amiss)]
    found += [f"wasm: failed or skipped: {test}" for test in sorted(wasm.amiss)]
    found += [f"wasm: not run: {test}" for test in sorted(native.tests - wasm.tests)]
    found += [f"native: not run: {test}" for test in sorted(wasm.tests - native.tests)]
    return found


def main() -> None:
    """Compare the files named on the command line: exit 1 with every complaint, or say what is equal."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("native", metavar="NATIVE.xml", type=Path)
    parser.add_argument("wasm", metavar="WASM.xml", type=Path)
    arguments = parser.parse_args()
    native, wasm = read(arguments.native), read(arguments.wasm)
    if found := complaints(native, wasm):
        raise SystemExit("\n".join(found))
    print(f"{SUITE}: the same {len(native.tests)} tests passed on {native.platform} and {wasm.platform}")


if __name__ == "__main__":
    main()
