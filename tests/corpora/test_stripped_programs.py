"""A stripped file is the same program, at the size of the standard library and in the oddest formatting."""

import ast
import warnings

import pytest
from corpora import CORPORA

from profilec.emit.strip import strip
from profilec.prove.names.run_time import parts_at_run_time
from profilec.tree import EmittedFile


def run(program: ast.Module) -> str:
    """What may run of a program: some of its blocks are there for type checkers."""
    body = [node for node in program.body if not isinstance(node, ast.If) or parts_at_run_time(node, program)]
    return ast.dump(ast.Module(body, []))


@pytest.mark.parametrize("name", ["standard-library", "black-cases"])
def test_a_stripped_file_is_the_same_program(name: str) -> None:
    corpus = CORPORA[name]
    compared = 0
    for path in sorted(corpus.folder(name).rglob("*.py")):
        data = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            try:
                program = ast.parse(data)
            except (SyntaxError, ValueError):
                continue
            stripped = strip(EmittedFile(path.name, data, changed=False))
            assert run(ast.parse(stripped.data)) == run(program), path
        compared += 1
    assert compared > 100
