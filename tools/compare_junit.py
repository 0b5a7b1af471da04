"""Judges two junit results of the kernel's suite: `compare_junit.py NATIVE.xml WASM.xml`, after `make
test-kernel`.

An exit code proves too little: an interpreter that dies in JavaScript can leave one of zero, and a suite
can pass because it was not collected. So the results themselves have to be there, to name their platform,
and to hold the same tests of `tests/kernel`, none of them skipped.
"""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import NamedTuple

SUITE = "tests.kernel"


class Outcome(NamedTuple):
    """What one junit file says of the kernel's suite."""

    platform: str | None
    passed: frozenset[str]
    others: frozenset[str]


def read(path: Path) -> Outcome:
    """Read a junit file. A file that is missing or cut short ends the comparison with a sentence."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise SystemExit(f"{path}: the suite left no readable result ({error})") from None
    platform = root.find(".//properties/property[@name='platform']")
    passed, others = set(), set()
    for case in root.iter("testcase"):
        if case.get("classname", "").startswith(f"{SUITE}."):
            outcome = passed if all(child.tag in {"properties", "system-out", "system-err"} for child in
            case) else others outcome.add(f"{case.get('classname')}::{case.get('name')}")
    return Outcome(platform.get("value") if platform is not None else None, frozenset(passed),
    frozenset(others))


def complaints(native: Outcome, wasm: Outcome) -> list[str]:
    """Everything that keeps the two results from proving the same suite in two worlds."""
    found = []
    if wasm.platform != "emscripten":
        found.append(f"the wasm result names {wasm.platform} as its platform, not emscripten")
    if native.platform in {None, "emscripten"}:
        found.append(f"the native result names {native.platform} as its platform")
    for world, outcome in (("native", native), ("wasm", wasm)):
        found += [f"{world}: skipped or failed: {test}" for test in sorted(outcome.others)]
    everywhere = native.passed | native.others
    found += [f"missing in wasm: {test}" for test in sorted(everywhere - wasm.passed - wasm.others)]
    found += [f"missing in native: {test}" for test in sorted((wasm.passed | wasm.others) - everywhere)]
    if not everywhere:
        found.append(f"neither result holds a test of {SUITE}")
    return found


def main() -> None:
    """Compare the two files named on the command line; exit 1 with every complaint, or say what was found
    equal.""" native, wasm = (read(Path(argument)) for argument in sys.argv[1:]) if found :=
    complaints(native, wasm):
        raise SystemExit("\n".join(found))
    print(f"{SUITE}: the same {len(native.passed)} tests passed on {native.platform} and {wasm.platform}")


if __name__ == "__main__":
    main()
