"""Docstrings, where a wheel is stripped of them: those of modules, classes, functions, variables (PEP 257).

They go as under `python -OO`, and with them the strings below assignments, which only editors read. What
the program itself reads is marked `# profilec: keep`: behind one docstring, or on the first line of a file
for all in it. A line that reads `__doc__` says by the same mark that it may.
"""

from collections.abc import Iterable, Iterator

import libcst as cst

from profilec.decide.module import Module
from profilec.diagnostics import Finding
from profilec.syntax.canonical import literal_string
from profilec.syntax.edit import Cause

_STRIPPED = Cause("the wheel of the profile is stripped")


def left_out(module: Module) -> dict[cst.CSTNode, Cause]:
    """Return the docstrings of a module that no mark keeps, with why they go."""
    kept = {mark.target for mark in module.marks if mark.action == "keep"}
    if None in kept:
        return {}
    bodies = (_body(node) for node in (module.syntax.module, *_definitions(module)))
    found = (node for body in bodies for line in body for node in _strings(line))
    return {node: _STRIPPED for node in found if node not in kept}


def reads(module: Module) -> Iterator[Finding]:
    """Find where a module reads docstrings without a mark that says that they are kept."""
    syntax = module.syntax
    if "__doc__" not in syntax.content:
        return
    kept_lines = {mark.line for mark in module.marks if mark.action == "keep"}
    written = {target.target for target in syntax.every(cst.AssignTarget)}
    owners = {node.attr: node for node in syntax.every(cst.Attribute)}
    for name in syntax.every(cst.Name):
        place = syntax.inner(name)
        is_read = name.value == "__doc__" and owners.get(name, name) not in written
        if is_read and syntax.place(place.start)[0] not in kept_lines:
            message = "`__doc__` is read, and the wheel of the profile is stripped of docstrings"
            hint = "write `# profilec: keep` behind the docstring that is meant, and behind this line"
            yield syntax.finding("PC307", place, message, hint)


def _definitions(module: Module) -> Iterator[cst.FunctionDef | cst.ClassDef]:
    yield from module.syntax.every(cst.FunctionDef)
    yield from module.syntax.every(cst.ClassDef)


def _body(node: cst.Module | cst.FunctionDef | cst.ClassDef) -> Iterable[cst.CSTNode]:
    match node.body:
        case cst.IndentedBlock(body=lines):
            return lines
        case cst.BaseSuite() as line:
            return [line]
        case lines:
            return lines


def _strings(line: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield the statements of a line that are a string and nothing else."""
    for small in line.body if isinstance(line, cst.SimpleStatementLine | cst.SimpleStatementSuite) else ():
        match small:
            case cst.Expr(value=string) if isinstance(literal_string(string), str):
                yield small
