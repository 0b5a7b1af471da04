"""A stripped file is the same program, at the size of the standard library and in the oddest formatting."""

import ast
import warnings

import pytest
from corpora import CORPORA

from profilec.emit.strip import strip
from profilec.tree import EmittedFile


@pytest.mark.parametrize("name", ["standard-library", "black-cases"])
def test_a_stripped_file_is_the_same_program(name: str) -> None:
    corpus = CORPORA[name]
    compared = 0
    for path in sorted(corpus.folder(name).rglob("*.py")):
        data = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            try:
                program = ast.dump(ast.parse(data))
            except (SyntaxError, ValueError):
                continue
            stripped = strip(EmittedFile(path.name, data, changed=False))
            assert ast.dump(ast.parse(stripped.data)) == program, path
        compared += 1
    assert compared > 100
