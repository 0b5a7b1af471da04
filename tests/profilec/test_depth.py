"""Text that nests deeply: compiled as far as it can be, and refused with a finding beyond that."""

from collections.abc import Callable

import pytest

from profilec import CompileError, compile_source
from profilec.config import Config
from profilec.syntax.depth import nests_too_deeply

SHAPES: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: "x = " + "(" * n + "1" + ")" * n,
    "lists": lambda n: "x = " + "[" * n + "]" * n,
    "sums": lambda n: "x = " + " + ".join(["1"] * n),
    "negations": lambda n: "x = " + "not " * n + "1",
    "attributes": lambda n: "x = a" + ".b" * n,
    "conditions": lambda n: "x = " + "a if b else " * n + "c",
    "lambdas": lambda n: "x = " + "lambda: " * n + "c",
    "branches": lambda n: "if a:\n    b\n" + "elif a:\n    b\n" * n,
    "strings": lambda n: "x = " + '"a" ' * n,
}
ANNOTATED = "from shop._profile import THREADS\n\nif THREADS:\n    y = 1\n"


@pytest.mark.parametrize("shape", SHAPES)
def test_deep_code_is_compiled(config: Config, shape: str) -> None:
    text = SHAPES[shape](90) + "\n"
    assert compile_source(ANNOTATED + text, "native", config) == "y = 1\n" + text


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "strings"])
def test_code_that_is_too_deep_to_be_read_is_refused_with_a_finding(config: Config, shape: str) -> None:
    with pytest.raises(CompileError) as raised:
        compile_source(ANNOTATED + SHAPES[shape](20_000) + "\n", "native", config)
    assert {finding.code for finding in raised.value.findings} == {"PC603"}


def test_deep_code_without_annotations_is_not_looked_at(config: Config) -> None:
    text = SHAPES["parentheses"](20_000) + "\n"
    assert compile_source(text, "native", config) == text


def test_long_tables_and_texts_are_not_deep() -> None:
    table = "x = [\n" + "    (1, 'a(b'),\n" * 5000 + "]\n"
    text = f'x = """{"word " * 5000}"""\n# {"( " * 5000}\n'
    assert not nests_too_deeply(table)
    assert not nests_too_deeply(text)


def test_a_long_text_that_stands_in_many_pieces_is_not_read(config: Config) -> None:
    text = f"topics = {{'modules': {SHAPES['strings'](20_000).replace('a', 'THREADS ')[4:]}}}\n"
    assert compile_source(ANNOTATED + text, "native", config) == "y = 1\n" + text
    with pytest.raises(CompileError, match="too deeply"):
        compile_source(f"{ANNOTATED}{text[:-2]} + THREADS}}\n", "native", config)
