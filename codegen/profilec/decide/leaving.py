"""Where control cannot go on in the source: suites that end in `return`, `raise`, `break` or `continue`.

The walk and the branches ask, so that code that was unreachable before stays, and code that a fold made
unreachable goes.
"""

import libcst as cst


def leaves(node: cst.CSTNode) -> bool:
    """Tell whether control never goes on from a statement, or from a suite, to what follows it.

    A `with` may swallow what is raised in it, and what a loop does is not looked into.
    """
    match node:
        case cst.Return() | cst.Raise() | cst.Break() | cst.Continue():
            return True
        case cst.BaseSuite(body=body) | cst.SimpleStatementLine(body=body):
            return any(map(leaves, body))
        case cst.If(body=body, orelse=orelse):
            return orelse is not None and leaves(body) and leaves(orelse)
        case cst.Else(body=body) | cst.ExceptHandler(body=body) | cst.ExceptStarHandler(body=body):
            return leaves(body)
        case cst.Try() | cst.TryStar():
            return _try_leaves(node)
    return False


def _try_leaves(node: cst.Try | cst.TryStar) -> bool:
    if node.finalbody is not None and leaves(node.finalbody.body):
        return True
    ends = leaves(node.body) or (node.orelse is not None and leaves(node.orelse))
    return ends and all(map(leaves, node.handlers))
