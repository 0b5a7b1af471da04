"""Random annotated programs: the emitted one does what the un-compiled one does as that profile."""

import re
import warnings
from collections.abc import Callable

import libcst as cst
from hypothesis import given, settings
from hypothesis import strategies as st
from random_programs import ProgramWriter, without_marked

from profilec import CompileError, compile_source
from profilec.config import Config

VALUES = {
    "native": {"NATIVE": True, "WASM": False, "THREADS": True, "SPILL_FS": True},
    "wasm": {"NATIVE": False, "WASM": True, "THREADS": False, "SPILL_FS": False},
}
IMPORT = "from profilec import choose, only\nfrom shop._profile import NATIVE, SPILL_FS, THREADS, WASM\n\n"
REFUSALS = ("PC104", "PC206", "PC301", "PC302")


@st.composite
def programs(draw: st.DrawFn) -> str:
    return ProgramWriter(lambda below: draw(st.integers(0, below - 1))).program()


def _compiled(program: str, profile: str, config: Config) -> str | None:
    """Compile a program, or return None where it is refused for what removal would change."""
    try:
        return compile_source(IMPORT + program, profile, config)
    except CompileError as error:
        if all(finding.code in REFUSALS for finding in error.findings):
            return None
        raise


class TooLong(BaseException):
    """A program does not end."""


class Swallowing:
    """A context manager that lets a `ValueError` go no further."""

    def __enter__(self) -> int:
        return 1

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, ValueError)


def _run(text: str, profile: str, x: int, y: int) -> list[object]:
    said: list[object] = []

    def log(*values: object) -> int:
        said.append(values)
        if len(said) > 200:
            raise TooLong
        return len(said) % 3

    def choose(**values: object) -> object:
        return values[profile]

    def only(condition: bool) -> Callable[[object], object]:
        return lambda definition: definition if condition else None

    scope: dict[str, object] = {
        **VALUES[profile], "log": log, "choose": choose, "only": only, "swallowing": Swallowing,
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        exec(text, scope)
    try:
        said.append(scope["program"](x, y, None))  # type: ignore[operator]  # exec gives objects
    except (Exception, TooLong) as error:
        said.append(repr(error))
    return said


@settings(max_examples=150, deadline=None)
@given(programs(), st.integers(0, 2), st.integers(0, 2))
def test_an_emitted_program_does_what_the_source_does(config: Config, program: str, x: int, y: int) -> None:
    for profile in VALUES:
        emitted = _compiled(program, profile, config)
        if emitted is None:
            continue
        cst.parse_module(emitted)
        assert not re.search(r"\b(NATIVE|WASM|THREADS|SPILL_FS|choose|only)\b", emitted)
        expected = _run(without_marked(program, VALUES[profile]), profile, x, y)
        assert _run(emitted, profile, x, y) == expected
        assert compile_source(emitted, profile, config) == emitted
