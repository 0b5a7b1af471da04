"""`try: import js` with a fact about `js`: the import succeeds or fails, and one of the two ways stays."""

from collections.abc import Iterator

import libcst as cst

from profilec.decide.branches import instead, try_
from profilec.decide.walk import Fate, Walk
from profilec.syntax.edit import Cause
from profilec.syntax.read import children
from profilec.syntax.scopes import imported_paths


def try_import(walk: Walk, node: cst.Try | cst.TryStar) -> Fate:
    """Decide a `try` by facts about the modules that it imports, else by what stands in it."""
    outcome = _outcome(walk, node)
    if outcome is True:
        cause = _cause(walk, node, "can be imported")
        for handler in node.handlers:
            walk.lose(handler, cause)
    elif outcome is False and (catching := _catching(node)) is not None:
        return instead(walk, node, catching, _cause(walk, node, "cannot be imported"))
    return try_(walk, node)


def _cause(walk: Walk, node: cst.Try | cst.TryStar, what: str) -> Cause:
    line, _ = walk.syntax.place(walk.syntax.inner(node.body.body[0]).start)
    return Cause(f"what this imports {what}", line, walk.syntax.outer(node.body))


def _outcome(walk: Walk, node: cst.Try | cst.TryStar) -> bool | None:
    """Tell whether a body certainly succeeds, certainly fails with its first import, or neither."""
    statements = list(_small_statements(node.body))
    known = [_import_succeeds(walk, statement) for statement in statements]
    if known and known[0] is False:
        return False
    catches_imports_only = all(_catches(handler) == "imports" for handler in node.handlers)
    harmless = (
        truth is True or (catches_imports_only and _raises_no_import_error(walk, statement))
        for truth, statement in zip(known, statements, strict=True)
    )
    return True if any(known) and all(harmless) else None


def _small_statements(suite: cst.BaseSuite) -> Iterator[cst.CSTNode]:
    for statement in suite.body:
        if isinstance(statement, cst.SimpleStatementLine):
            yield from statement.body
        else:
            yield statement


def _import_succeeds(walk: Walk, node: cst.CSTNode) -> bool | None:
    """Tell whether an import succeeds, by the facts; None for other statements and unknown modules."""
    if not isinstance(node, cst.Import | cst.ImportFrom) or not walk.touches(node):
        return None
    facts = walk.conditions.world.facts
    outcomes = [facts.importable(path) for path in imported_paths(node)]
    if outcomes and outcomes[0] is False:
        return False
    return True if outcomes and all(outcomes) else None


def _raises_no_import_error(walk: Walk, node: cst.CSTNode) -> bool:
    plain = isinstance(node, cst.Assign | cst.AnnAssign | cst.Pass | cst.Expr)
    return plain and not walk.conditions.has_effect(node)


def _catching(node: cst.Try | cst.TryStar) -> cst.ExceptHandler | None:
    """Return the handler of a failing import, if its body can stand outside of the `try`."""
    if node.finalbody is not None or isinstance(node, cst.TryStar):
        return None
    for handler in node.handlers:
        if _catches(handler):
            return None if handler.name or _raises_again(handler.body) else handler
    return None


def _catches(handler: cst.ExceptHandler | cst.ExceptStarHandler) -> str:
    """Tell what a handler catches: failing "imports" alone, "more" than those, or "" for no imports."""
    if handler.type is None:
        return "more"
    kinds = [handler.type]
    if isinstance(handler.type, cst.Tuple):
        kinds = [element.value for element in handler.type.elements]
    names = {kind.value for kind in kinds if isinstance(kind, cst.Name)}
    if len(names) == len(kinds) and names <= {"ImportError", "ModuleNotFoundError"}:
        return "imports"
    return "more" if names & {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"} else ""


def _raises_again(node: cst.CSTNode) -> bool:
    """Tell whether a bare `raise` stands in a handler, which means something only there."""
    if isinstance(node, cst.Raise):
        return node.exc is None
    return not isinstance(node, cst.FunctionDef | cst.ClassDef) and any(map(_raises_again, children(node)))
