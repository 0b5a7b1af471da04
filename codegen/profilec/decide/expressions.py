"""Expressions: conditional expressions, what is left of a condition, `choose`, flags where none may stand.

Called by the files for statements for every expression that something interesting stands in. Gives
nothing back: what goes is cut in the draft.
"""

from collections.abc import Iterable, Mapping, Sequence

import libcst as cst

from profilec.decide.displays import cut_list, lay_out_marked
from profilec.decide.draft import blank_length
from profilec.decide.elements import with_comments
from profilec.decide.faults import unknown_flag
from profilec.decide.idle_operands import parts_of, settle_fields, settle_string, without_idle_operand
from profilec.decide.replacing import Place, place_in, replace, replace_call
from profilec.decide.settled import (
    chosen_operand,
    end_within,
    goes_on_past_a_fact,
    is_settled,
    is_truth_before_a_fact,
    last_of_chain,
    truth_that_is_left,
)
from profilec.decide.spreads import lose_empty, opened
from profilec.decide.walk import Walk
from profilec.syntax.edit import Cause
from profilec.syntax.read import children


def condition(walk: Walk, node: cst.BaseExpression, place: Place = Place.TEST) -> bool | None:
    """Decide a condition. Where only run time knows its truth, what is decided within it is cut out."""
    if not walk.touches(node):
        return None
    truth = walk.conditions.truth(node)
    if truth is None:
        _simplify(walk, node, place=place)
    else:
        _refuse_lost_effects(walk, node)
    return truth


def _refuse_lost_effects(walk: Walk, node: cst.BaseExpression) -> None:
    for effect in walk.conditions.lost_effects(node):
        if walk.conditions.mentions_profile(node):
            walk.draft.refuse(
                "PC104",
                walk.syntax.inner(effect),
                "this runs before the flag that decides, and would no longer run",
                "put the flag first",
            )


def _simplify(walk: Walk, node: cst.BaseExpression, *, place: Place = Place.CONDITION) -> None:
    """Cut what is decided out of a condition whose truth only run time knows."""
    if not walk.touches(node):
        return
    match node:
        case cst.BooleanOperation(left=left, right=right):
            _simplify_operation(walk, node, left, right, place)
        case cst.UnaryOperation(operator=cst.Not(), expression=operand):
            _simplify_negation(walk, node, operand, place)
        case cst.IfExp(test=test) if walk.touches(test) and walk.conditions.truth(test) is not None:
            _simplify(walk, _choose_branch(walk, node, place), place=place)
        case cst.IfExp(test=test, body=body, orelse=orelse):
            _simplify(walk, test, place=Place.FILTER)
            for branch in (body, orelse):
                _settle(walk, branch)
        case _:
            expression(walk, node, place=place)


def _simplify_operation(
    walk: Walk, node: cst.BooleanOperation, left: cst.BaseExpression, right: cst.BaseExpression, place: Place
) -> None:
    decided, kept = left, right
    truth = walk.conditions.truth(left)
    if truth is None:
        decided, kept = right, left
        truth = walk.conditions.truth(right)
        if truth is None or truth is isinstance(node.operator, cst.Or):
            _simplify(walk, left, place=place_in(node))
            if truth is None:
                _simplify(walk, right, place=place_in(node))
            return
    _refuse_lost_effects(walk, decided)  # it does not decide, or the whole would be decided
    alone, _ = _what_is_left(walk, kept)
    replace(walk, node, kept, walk.because(decided, truth), place, alone)
    _simplify(walk, kept, place=place)


def _simplify_negation(
    walk: Walk, node: cst.BaseExpression, operand: cst.BaseExpression, place: Place
) -> None:
    """Cut what is decided out of a negation, which what is left of the rest may take into itself.

    `not not x` becomes `x` and `not x in y` `x not in y`, but a class may mean by `!=` what it likes.
    """
    left, decided = _what_is_left(walk, operand)
    match left:
        case cst.UnaryOperation(operator=cst.Not(), expression=cst.BaseExpression() as kept) if decided:
            pass
        case cst.Comparison(
            comparisons=[cst.ComparisonTarget(operator=cst.Is() | cst.In() as operator)]
        ) as kept if decided:
            _negate(walk, operator, walk.because(decided[0], walk.conditions.truth(decided[0])))
        case _:
            _simplify(walk, operand)
            return
    for part in decided:
        _refuse_lost_effects(walk, part)
    replace(walk, node, kept, walk.because(decided[0], walk.conditions.truth(decided[0])), place)
    _simplify(walk, kept, place=place)


def _negate(walk: Walk, operator: cst.Is | cst.In, cause: Cause) -> None:
    """Make `is not` or `not in` of an operator."""
    start = walk.syntax.outer(operator.whitespace_before).end
    if isinstance(operator, cst.In):
        walk.draft.cut(start, start, cause, "not ")
    else:
        walk.draft.cut(start + len("is"), start + len("is"), cause, " not")


def _what_is_left(
    walk: Walk, node: cst.BaseExpression
) -> tuple[cst.BaseExpression, list[cst.BaseExpression]]:
    """Return the part of a condition that alone is left of it, and the decided parts that go around it."""
    decided: list[cst.BaseExpression] = []
    truth = walk.conditions.truth
    while walk.touches(node):
        match node:
            case cst.BooleanOperation(left=left, right=right) if truth(left) is not None:
                gone, kept = left, right
            case cst.BooleanOperation(left=left, right=right, operator=operator) if truth(
                right
            ) is isinstance(operator, cst.And):
                gone, kept = right, left
            case cst.IfExp(test=gone, body=body, orelse=orelse) if (
                walk.touches(gone) and truth(gone) is not None
            ):
                kept = body if truth(gone) else orelse
            case _:
                break
        decided.append(gone)
        node = kept
    return node, decided


def _settle(walk: Walk, node: cst.BaseExpression) -> None:
    """Simplify a part of a condition, or write down its truth."""
    truth = walk.conditions.truth(node)
    if truth is None:
        _simplify(walk, node)
    else:
        _refuse_lost_effects(walk, node)
        _write(walk, node, truth)


def _write(walk: Walk, node: cst.BaseExpression, truth: bool) -> None:
    span = walk.syntax.outer(node)
    walk.draft.cut(span.start, span.end, walk.because(node, truth), str(truth))


def _choose_branch(walk: Walk, node: cst.IfExp, place: Place) -> cst.BaseExpression:
    """Replace a conditional expression by the branch that decided tests take, however many."""
    cause = walk.because(node.test, walk.conditions.truth(node.test))
    chosen: cst.BaseExpression = node
    while isinstance(chosen, cst.IfExp) and not (chosen is not node and chosen.lpar):
        truth = walk.conditions.truth(chosen.test) if walk.touches(chosen.test) else None
        if truth is None:
            break
        _refuse_lost_effects(walk, chosen.test)
        chosen = chosen.body if truth else chosen.orelse
    replace(walk, node, chosen, cause, place)
    return chosen


def chosen(walk: Walk, node: cst.BaseExpression) -> cst.BaseExpression:
    """Return what is left of a conditional expression whose tests are decided."""
    while isinstance(node, cst.IfExp) and walk.touches(node.test):
        truth = walk.conditions.truth(node.test)
        if truth is None:
            break
        node = node.body if truth else node.orelse
    return node


def idle_choice(walk: Walk, node: cst.BaseExpression) -> Cause | None:
    """Return why only a constant is left of a choice, which as a statement does nothing.

    A string must not be left: as the first statement it would be a docstring, which no choice is.
    """
    tests: list[cst.BaseExpression] = []
    while isinstance(node, cst.IfExp) and (truth := walk.conditions.truth(node.test)) is not None:
        tests.append(node.test)
        node = node.body if truth else node.orelse
    if isinstance(node, cst.Call) and walk.conditions.marker(node.func) == "choose":
        expression(walk, node)  # which may have faults
        return walk.because_of_profile(node)
    constant = isinstance(node, cst.BaseNumber | cst.SimpleString | cst.ConcatenatedString | cst.Ellipsis)
    named = isinstance(node, cst.Name) and node.value in ("None", "True", "False")
    if not tests or not (constant or named):
        return None
    for test in tests:
        _refuse_lost_effects(walk, test)
    return walk.because(tests[0], walk.conditions.truth(tests[0]))


# --- Expressions that are used for their value ----------------------------------------------------


def expression(walk: Walk, node: cst.CSTNode, *, place: Place = Place.TIGHT) -> None:
    """Decide what stands in an expression that is used for its value."""
    if not walk.touches(node):
        return
    match node:
        case cst.IfExp(test=test) if walk.touches(test) and walk.conditions.truth(test) is not None:
            expression(walk, _choose_branch(walk, node, place), place=place)
        case cst.IfExp(test=test, body=body, orelse=orelse):
            _simplify(walk, test, place=Place.FILTER)
            expression(walk, body, place=Place.FILTER)
            expression(walk, orelse, place=Place.ANY)
        case cst.CompFor(ifs=[_, *_] as filters):
            dead = _behind_a_false_filter(walk, filters)
            for child in children(node):
                if child not in dead:
                    expression(walk, child, place=place_in(node))
        case cst.CompIf(test=test):
            _filter(walk, node, test)
        case cst.Expr(value=cst.FormattedString() | cst.ConcatenatedString() as value):
            for one in parts_of(value):
                expression(walk, one)
        case cst.FormattedString():
            for one in settle_string(walk, node):
                expression(walk, one)
        case cst.BinaryOperation() if left_alone := without_idle_operand(walk, node):
            replace(walk, node, *left_alone, place)
            expression(walk, left_alone[0], place=place)
        case cst.FormattedStringExpression(equal=cst.AssignEqual()) | cst.TemplatedStringExpression(
            equal=cst.AssignEqual()
        ):
            _shown_as_written(walk, node)
        case cst.FormattedStringExpression(format_spec=[*parts]) | cst.TemplatedStringExpression(
            format_spec=[*parts]
        ):
            expression(walk, node.expression, place=Place.FILTER)
            for one in settle_fields(walk, parts):
                expression(walk, one)
        case cst.Name() | cst.Attribute() if walk.conditions.flag(node):
            _refuse_flag_as_value(walk, node, place)
        case cst.Name() | cst.Attribute() if name := walk.conditions.misspelt(node):
            walk.draft.report(unknown_flag(walk.syntax, node, name, walk.conditions.world.flags))
        case cst.Call(func=cst.Name() as function) if name := walk.conditions.misspelt(function):
            walk.draft.report(unknown_flag(walk.syntax, function, name, walk.conditions.world.flags))
        case cst.Call() if marker := walk.conditions.marker(node.func):
            _marker_call(walk, node, marker, place)
        case (
            cst.Comparison() | cst.UnaryOperation(operator=cst.Not()) | cst.BooleanOperation() | cst.Call()
        ) if is_settled(walk, node):
            _write(walk, node, bool(walk.conditions.truth(node)))
        case cst.UnaryOperation(
            operator=cst.Not(), expression=operand
        ) if not walk.conditions.mentions_profile(operand):
            _simplify(walk, operand)  # of which only the truth is asked
        case cst.BooleanOperation(
            operator=cst.Or(), left=cst.BooleanOperation(operator=cst.Or()) as left
        ) if last := last_of_chain(walk, left):
            replace(walk, node, left, walk.because(last.left, True), place)
            expression(walk, left, place=place)
        case cst.BooleanOperation(
            operator=cst.Or(), left=cst.BooleanOperation(left=left) as chosen
        ) if part := chosen_operand(walk, chosen, node.right):
            replace(walk, node, part, walk.because(left, True), place)
            expression(walk, part, place=place)
        case cst.BooleanOperation(left=left) if (truth := truth_that_is_left(walk, left)) is not None:
            part = left if truth is isinstance(node.operator, cst.Or) else node.right
            replace(walk, node, part, walk.because(left, truth), place)
            expression(walk, part, place=place)
        case cst.BooleanOperation() if is_truth_before_a_fact(walk, node):
            _without_fact_behind(walk, node, place)
        case cst.BooleanOperation(left=left, operator=operator) if end := end_within(walk, left, operator):
            replace(walk, node, end, walk.because(end.right, walk.conditions.truth(end.right)), place)
            expression(walk, end, place=place)
        case cst.BooleanOperation(left=left, right=right) if goes_on_past_a_fact(walk, node, left):
            _without_facts_within(walk, node, left)
            expression(walk, right, place=place_in(node))
        case _:
            _parts(walk, node)


def _parts(walk: Walk, node: cst.CSTNode) -> None:
    below = list(children(node))
    lose_empty(walk, below)
    gone = [child for child in below if child in walk.lost]
    if gone:
        cut_list(walk, node, gone)
    else:
        lay_out_marked(walk, node, below)
    for child in below:
        if child not in walk.lost:
            for part in opened(walk, below, child):
                expression(walk, part, place=place_in(node))


def expressions(walk: Walk, nodes: Iterable[cst.CSTNode | None]) -> None:
    """Decide several expressions that any expression may replace."""
    for node in nodes:
        if node is not None:
            expression(walk, node, place=Place.ANY)


def _without_facts_within(walk: Walk, node: cst.BooleanOperation, left: cst.BaseExpression) -> None:
    """Cut operands that decide nothing from the end of the left side: its value is that of what is before."""
    kept = left
    while isinstance(kept, cst.BooleanOperation) and goes_on_past_a_fact(walk, node, kept):
        last, kept = kept.right, kept.left
    replace(walk, left, kept, walk.because(last, walk.conditions.truth(last)), place_in(node))
    expression(walk, kept, place=place_in(node))


def _without_fact_behind(walk: Walk, node: cst.BooleanOperation, place: Place) -> None:
    """Cut the right side of an operation if it decides nothing, else write down what it decides."""
    truth = bool(walk.conditions.truth(node.right))
    if truth is isinstance(node.operator, cst.Or):
        _write(walk, node, truth)
    else:
        replace(walk, node, node.left, walk.because(node.right, truth), place)
        expression(walk, node.left, place=place)


def _filter(walk: Walk, node: cst.CompIf, test: cst.BaseExpression) -> None:
    truth = condition(walk, test, Place.FILTER)
    if truth:
        _cut_filter(walk, node, walk.because(test, truth))
    elif truth is False:
        _write(walk, test, False)


def _behind_a_false_filter(walk: Walk, filters: Sequence[cst.CompIf]) -> Sequence[cst.CompIf]:
    """Cut the filters that come to stand behind one that nothing passes, unless they bind or await."""
    tests = [one.test for one in filters]
    truths = [walk.conditions.truth(test) if walk.touches(test) else None for test in tests]
    if False not in truths:
        return ()
    first = truths.index(False)
    dead = [one for one in filters[first + 1 :] if not walk.conditions.binds_or_waits(one)]
    for one in dead:
        _cut_filter(walk, one, walk.because(tests[first], False))
    return dead


def _cut_filter(walk: Walk, node: cst.CompIf, cause: Cause) -> None:
    """Cut a filter; where it begins a line, with the comments above it and, if it ends it, behind it."""
    content, end = walk.syntax.content, walk.syntax.outer(node.test).end
    before = walk.syntax.outer(node.whitespace_before)
    line, line_end = content.rfind("\n", 0, before.end) + 1, content.find("\n", end)
    rest = content[end : line_end if line_end >= 0 else None]
    top = with_comments(content, line, before.start)
    if content[line : before.end].strip():
        walk.draft.cut(before.start, end, cause)
    elif not rest.partition("#")[0].strip():
        walk.draft.cut(top, line_end + 1, cause)
    elif "#" in content[before.start : top]:
        walk.draft.cut(top, line, cause)
        walk.draft.cut(before.end, end + blank_length(content, end), cause)
    else:
        walk.draft.cut(before.start, end, cause)


def _shown_as_written(
    walk: Walk, node: cst.FormattedStringExpression | cst.TemplatedStringExpression
) -> None:
    """Decide a field that shows its own text, as `{x=}` does: facts decide nothing in that text."""
    if walk.conditions.mentions_profile(node.expression):
        walk.draft.refuse(
            "PC108",
            walk.syntax.inner(node.expression),
            "this field shows its own text, in which the profile decides something",
            "write the text before the field, without `=`",
        )
    for part in settle_fields(walk, node.format_spec or ()):
        expression(walk, part)


def _refuse_flag_as_value(walk: Walk, node: cst.CSTNode, place: Place) -> None:
    flag = walk.conditions.flag(node)
    name = flag.name if flag else ""
    walk.draft.refuse(
        "PC102",
        walk.syntax.inner(node),
        f"the flag `{name}` is used as a value; a flag stands only in conditions",
        _INSTEAD.get(place, "write `choose(...)` for a value that differs by profile").format(name),
        (f"declared in {flag.declared_at}",) if flag else (),
    )


_INSTEAD: Mapping[Place, str] = {
    **dict.fromkeys((Place.COMPARED, Place.CALLED), "write `{0}`, or `not {0}`: it is a condition by itself"),
    Place.BITWISE: "join flags by `or` and `and`, as `not` negates them",
    Place.DECORATOR: "write `@only({0})`",
    Place.SUBJECT: "write `if {0}:`, and `else:` for the other case",
}
"""What to write where a flag is used as a value."""


def _marker_call(walk: Walk, node: cst.Call, marker: str, place: Place) -> None:
    if marker == "choose":
        _choose(walk, node, place)
    else:
        walk.draft.refuse(
            "PC203",
            walk.syntax.inner(node),
            f"`{marker}` is called where it means nothing",
            _RIGHT_PLACE[marker],
        )


_RIGHT_PLACE = {
    "flag": 'declare the flag at the top level of a module: NAME = flag("feature")',
    "only": "write it as a decorator: @only(FLAG)",
    "stub": "write it as a decorator: @stub(unless=FLAG)",
}


def _fits_profiles(walk: Walk, node: cst.Call) -> bool:
    """Tell whether each value of a choice has a profile: where one has none, that tells what is missing."""
    names = {name.replace("-", "_") for name in walk.conditions.world.profiles}
    return all(argument.keyword and argument.keyword.value in names for argument in node.args)


def _choose(walk: Walk, node: cst.Call, place: Place) -> None:
    """Replace `choose(native=32, wasm=8)` by the value of the profile."""
    wanted = walk.conditions.world.profile.name
    for argument in node.args:
        if argument.keyword is None or argument.star:
            walk.draft.refuse(
                "PC204", walk.syntax.inner(argument), "`choose` takes one value for each profile, by name",
                "write the name of a profile before each value, and `=`",
            )  # fmt: skip
            return
    choice = walk.conditions.choice(node)
    if choice is None and _fits_profiles(walk, node):
        walk.draft.refuse(
            "PC205",
            walk.syntax.inner(node),
            f"`choose` has no value for the profile `{wanted}`",
            f"add {wanted.replace('-', '_')}=...",
        )
    elif choice is not None and walk.conditions.has_effect(choice.value):
        walk.draft.refuse(
            "PC206",
            walk.syntax.inner(choice),
            "`choose` takes literals; this is evaluated",
            "use `if`/`else`",
        )
    elif choice is not None:
        value_left = chosen(walk, choice.value)
        replace_call(walk, node, value_left, walk.because_of_profile(node), place)
        expression(walk, value_left, place=place)
