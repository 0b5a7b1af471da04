"""Random programs with flags in their conditions, for tests of equivalence.

Each choice is one drawn integer, so that a failing program shrinks to a small one.
"""

import textwrap
from collections.abc import Callable

FLAGS = ("NATIVE", "WASM", "THREADS", "SPILL_FS")


class ProgramWriter:
    """Writes a random program; `draw` gives an integer below its argument."""

    def __init__(self, draw: Callable[[int], int]) -> None:
        self._draw = draw

    def program(self) -> str:
        """Write a function `program(x, y, z)` that tells what it does by calling `log`."""
        body = textwrap.indent(self.suite(0), "    ")
        return f'def program(x, y, z):\n    """Run."""\n{body}\n    return log(9)\n'

    def one_of(self, *choices: str) -> str:
        """Draw one of some texts."""
        return choices[self._draw(len(choices))]

    def condition(self, depth: int = 0) -> str:
        """Write a condition of flags and run-time values."""
        kind = self._draw(8 if depth < 3 else 4)
        if kind < 3:
            return self.one_of(*FLAGS)
        if kind == 3:
            return self.one_of("x", "y", "x > y", "z is None", "log(7)")
        first, second = self.condition(depth + 1), self.condition(depth + 1)
        if kind == 4:
            return f"not ({first})"
        if kind == 5:
            return f"(x if {first} else {second})"
        joined = f"{first} {self.one_of('and', 'or')} {second}"
        return f"({joined})" if kind == 6 else joined

    def value(self) -> str:
        """Write an expression that is used for its value."""
        kind = self._draw(4)
        if kind == 0:
            return self.one_of("x", "1", "log(3)")
        if kind == 1:
            return f"len([v for v in (1, 2, x) if {self.condition()}])"
        first, other = self.one_of("x + 1", "2", "log(4)"), self.one_of("y", "-x", "log(5)")
        chosen = f"{first} if {self.condition()} else {other}"
        return chosen if kind == 2 else f"({chosen})"

    def suite(self, depth: int) -> str:
        """Write the statements of a suite."""
        return "\n".join(self.statement(depth) for _ in range(1 + self._draw(3)))

    def statement(self, depth: int) -> str:
        """Write one statement."""
        kind = self._draw(11 if depth < 3 else 5)
        if kind < 5:
            return (
                f"log({self._draw(99)})",
                f"x = {self.value()}",
                f"log({self.value()}, 1)",
                f"assert {self.condition()}, log(8)",
                self.one_of("return x", "raise ValueError(y)", "pass", "y = 1; log(2)"),
            )[kind]
        body = textwrap.indent(self.suite(depth + 1), "    ")
        other = textwrap.indent(self.suite(depth + 1), "    ")
        last = f"\nelse:\n{textwrap.indent(self.suite(depth + 1), '    ')}" if self._draw(2) else ""
        if kind < 8:
            elif_ = f"\n# another way\nelif {self.condition()}:  # note\n{other}" if self._draw(2) else ""
            return f"if {self.condition()}:\n{body}{elif_}{last}"
        if kind == 8:
            return f"while {self.condition()}:\n{body}\n    {self.one_of('break', 'return x')}{last}"
        if kind == 9:
            final = f"\nfinally:\n{other}" if self._draw(2) else ""
            return f"try:\n{body}\nexcept ValueError:\n{other}{last}{final}"
        inner, outer = textwrap.indent(body, "    "), textwrap.indent(other, "    ")
        first, second = self.condition(), self.condition()
        return f"match x:\n    case 1 if {first}:\n{inner}\n    case _ if {second}:\n{outer}"
