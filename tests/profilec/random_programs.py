"""Random programs with flags in their conditions, for tests of equivalence.

Each choice is one drawn integer, so that a failing program shrinks to a small one. A program calls `log` to
tell what it does, which raises when it is called too often, so that every loop that calls it ends.
"""

import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

FLAGS = ("NATIVE", "WASM", "THREADS", "SPILL_FS")


@dataclass(frozen=True)
class Place:
    """Where a statement stands: how deep, whether `break` and `return` mean something there."""

    depth: int = 0
    in_loop: bool = False
    may_leave: bool = True

    @property
    def below(self) -> "Place":
        """A suite of a statement here."""
        return replace(self, depth=self.depth + 1)


_MARKED = re.compile(r"^( *)(.*?)  # profilec: (only|unless) (.*)\n", re.M)


def without_marked(program: str, flags: Mapping[str, bool]) -> str:
    """Leave out the lines of a program that a comment takes from a profile, for which `flags` stand."""

    def left(line: re.Match[str]) -> str:
        indentation, code, action, condition = line.groups()
        if bool(eval(condition, dict(flags))) is (action == "only"):
            return f"{indentation}{code}\n"
        return "" if code.endswith(",") else f"{indentation}pass\n"

    return _MARKED.sub(left, program)


class ProgramWriter:
    """Writes a random program; `draw` gives an integer below its argument."""

    def __init__(self, draw: Callable[[int], int]) -> None:
        self._draw = draw
        self._definitions = 0

    def program(self) -> str:
        """Write a function `program(x, y, z)` that tells what it does by calling `log`."""
        return f'def program(x, y, z):\n    """Run."""\n{self.body(Place())}\n    return log(9)\n'

    def one_of(self, *choices: str) -> str:
        """Draw one of some texts."""
        return choices[self._draw(len(choices))]

    def maybe(self, text: Callable[[], str]) -> str:
        """Write something or nothing."""
        return text() if self._draw(2) else ""

    # Expressions

    def condition(self, depth: int = 0) -> str:
        """Write a condition of flags and run-time values."""
        kind = self._draw(8 if depth < 3 else 4)
        if kind < 3:
            return self.one_of(*FLAGS)
        if kind == 3:
            return self.one_of("x", "y", "x > y", "z is None", "log(7)", "x < y < 3", "y in (1, x)")
        first, second = self.condition(depth + 1), self.condition(depth + 1)
        if kind == 4:
            return f"not ({first})"
        if kind == 5:
            return f"(x if {first} else {second})"
        joined = f"{first} {self.one_of('and', 'or')} {second}"
        return f"({joined})" if kind == 6 else joined

    def value(self, depth: int = 0) -> str:
        """Write an expression that is used for its value."""
        kind = self._draw(16 if depth < 2 else 3)
        if kind == 0:
            return self.one_of("x", "1", "log(3)", "-x", "y * 2")
        if kind == 1:
            return f"choose(native={self._draw(9)}, wasm={self._draw(9)})"
        first, other = self.one_of("x + 1", "2", "log(4)"), self.one_of("y", "-x", "log(5)")
        chosen = f"{first} if {self.condition()} else {other}"
        if kind in (2, 3):
            return f"({chosen})"
        inner, test = self.value(depth + 1), self.condition()
        return (
            lambda: chosen,
            lambda: f"len([v for v in (1, 2, x) if {test}])",
            lambda: f"len({{v: u for v in (1, 2) if {test} for u in (x, y) if {self.condition()}}})",
            lambda: f"(lambda v, w={inner}: {chosen})(2)",
            lambda: f"len(f'{{({chosen})!r:>{{4 if {test} else 2}}}}')",
            lambda: f"sum([1, {inner}, *((2,) if {test} else (3, 4))])",
            lambda: f"({inner}) + ({chosen})",
            lambda: f"max(*(1, {chosen}), key=lambda v: v if {test} else -v)",
            lambda: f"len([\n{self._elements()}])",
            lambda: f"max(\n{self._elements()}x,\n{self._elements()})",
            lambda: f"0 < ({chosen}) == (y if {test} else 3)",
            lambda: f"(1, 2, 3)[(0 if {test} else 1) : (None if {self.condition()} else 2)][0]",
        )[kind - 4]()

    def mark(self) -> str:
        """Write a comment behind a line, which marks what the line holds or says nothing."""
        first, second = self.one_of(*FLAGS), self.one_of(*FLAGS)
        condition = self.one_of(first, f"not {first}", f"{first} or {second}")
        action = self.one_of("only", "unless")
        return self.one_of("", "  # a note", f"  # profilec: {action} {condition}")

    def _elements(self) -> str:
        """Write elements on lines of their own, in which no others stand that a comment would mark."""
        return "".join(
            f"    {self.one_of('x', '-1', 'y + 1', f'x if {self.one_of(*FLAGS)} else 2')},{self.mark()}\n"
            for _ in range(self._draw(3))
        )

    # Statements

    def suite(self, place: Place) -> str:
        """Write the statements of a suite."""
        return "\n".join(self.statement(place) for _ in range(1 + self._draw(3)))

    def body(self, place: Place) -> str:
        """Write a suite as it stands below its header."""
        return textwrap.indent(self.suite(place), "    ")

    def statement(self, place: Place) -> str:
        """Write one statement."""
        kind = self._draw(20 if place.depth < 3 else 7)
        if kind < 7:
            return self._simple(kind, place)
        write = (
            self._if, self._if, self._if, self._while, self._for, self._try, self._match, self._with,
            self._try_star, self._function, self._generator, self._class, self._crowded,
        )[kind - 7]  # fmt: skip
        return write(place)

    def _simple(self, kind: int, place: Place) -> str:
        leave = ["raise ValueError(y)", "pass"]
        leave += ["return x", "return None"] if place.may_leave else []
        leave += ["break", "continue"] if place.in_loop and place.may_leave else []
        return (
            lambda: f"log({self._draw(99)})",
            lambda: f"x = {self.value()}\nif ({self.condition()}) and (w := y):\n    log(w)",
            lambda: f"log({self.value()}, 1)",
            lambda: f"assert {self.condition()}, log(8)",
            lambda: self.one_of(*leave),
            lambda: f"y = {self._draw(9)}; log(x); z = {self.value()}",
            lambda: f"y = x{self.mark()}",
        )[kind]()

    def _crowded(self, place: Place) -> str:
        """Write suites on the lines of their headers, and a condition of two lines."""
        here, there = (f"log({self.value()}); {self._simple(5, place)}" for _ in range(2))
        after = self.maybe(lambda: f"\nelif {self.condition()}: {there}")
        return f"if {self.condition()} and \\\n        {self.condition()}: {here}{after}\nelse: log(1)"

    def _else(self, place: Place) -> str:
        return self.maybe(lambda: f"\nelse:\n{self.body(place.below)}")

    def _if(self, place: Place) -> str:
        elif_ = self.maybe(
            lambda: f"\n# another way\nelif {self.condition()}:  # note\n{self.body(place.below)}"
        )
        return f"if {self.condition()}:\n{self.body(place.below)}{elif_}{self._else(place)}"

    def _while(self, place: Place) -> str:
        inside = replace(place.below, in_loop=True)
        test = self.one_of("True", self.condition())
        end = self.maybe(
            lambda: f"\n    if {self.condition()}:\n        {self.one_of('break', 'raise ValueError(x)')}"
        )
        return f"while {test}:\n    log(6)\n{self.body(inside)}{end}{self._else(place)}"

    def _for(self, place: Place) -> str:
        inside = replace(place.below, in_loop=True)
        return f"for x in (1, {self.value()}):\n{self.body(inside)}{self._else(place)}"

    def _try(self, place: Place) -> str:
        handler = self.one_of("except ValueError", "except (ValueError, TypeError) as error")
        again = self.maybe(lambda: "\n    raise")
        last = self.maybe(lambda: f"\nfinally:\n{self.body(replace(place.below, may_leave=False))}")
        caught = f"{handler}:\n{self.body(place.below)}{again}"
        return f"try:\n{self.body(place.below)}\n{caught}{self._else(place)}{last}"

    def _try_star(self, place: Place) -> str:
        held = replace(place.below, may_leave=False)
        return f"try:\n{self.body(place.below)}\nexcept* ValueError:\n{self.body(held)}"

    def _match(self, place: Place) -> str:
        cases = [f"case 1 if {self.condition()}", f"case {self.one_of('_', 'int() as w', '(1 | 2) as w')}"]
        if self._draw(2):
            cases[1] += f" if {self.condition()}"
            cases.append("case w")
        if "_" in cases[1] and " if " not in cases[1]:
            cases = cases[:2]
        bodies = (f"    {case}:\n{textwrap.indent(self.body(place.below), '    ')}" for case in cases)
        return f"match {self.one_of('x', 'y')}:\n" + "\n".join(bodies)

    def _with(self, place: Place) -> str:
        several = f"(\n    swallowing(),\n    swallowing() as w,{self.mark()}\n)"
        items = self.one_of("swallowing()", "swallowing() as w", "(swallowing(), swallowing() as w)", several)
        return f"with {items}:\n{self.body(place.below)}"

    def _name(self, start: str) -> str:
        self._definitions += 1
        return f"{start}{self._definitions}"

    def _function(self, place: Place) -> str:
        name, flag = self._name("f"), self.one_of(*FLAGS)
        body = self.body(Place(place.depth + 1))
        if self._draw(2):
            return f"@only({flag})\ndef {name}(x, y=1, *, z=None):\n{body}\nif {flag}:\n    log({name}(1))"
        parameters = f"\n    x, y=({self.value()}), *, z=None,\n    u=1,{self.mark()}\n"
        return f"def {name}({parameters}):\n{body}\nlog({name}(x, z={self.value()}))"

    def _generator(self, place: Place) -> str:
        name = self._name("g")
        inside = Place(place.depth + 1)
        body = f"{self.body(inside)}\n    yield {self.value()}"
        return f"def {name}(x, y, z):\n    yield 1\n{body}\nlog(*{name}(x, 2, None))"

    def _class(self, place: Place) -> str:
        name = self._name("C")
        fields = f"    a = {self.value()}\n    if {self.condition()}:\n        b: int = {self.value()}\n"
        return f"class {name}:\n{fields}    c = 1\nlog({name}.a, hasattr({name}, 'b'), {name}.c)"
