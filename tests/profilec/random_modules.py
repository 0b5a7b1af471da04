"""Random modules in which every annotation form stands that an un-compiled tree obeys.

What a module defines is public, so that a test can look at it and call it. Whatever only some profiles
define, a module uses under the same flag.
"""

import textwrap
from collections.abc import Callable

from random_programs import FLAGS, Place, ProgramWriter

HEAD = """\
from __future__ import annotations

import asyncio, dataclasses, enum, functools, typing
from shop._profile import NATIVE, SPILL_FS, THREADS, WASM
from profilec import choose, only, stub
"""


class ModuleWriter(ProgramWriter):
    """Writes a random module; `draw` gives an integer below its argument."""

    def __init__(self, draw: Callable[[int], int]) -> None:
        super().__init__(draw)
        self._exports: list[str] = []

    def module(self) -> str:
        """Write a module."""
        kinds = (
            self._constant, self._imports, self._stub, self._coroutine, self._dataclass, self._enum,
            self._tuple, self._plain_class, self._counter, self._overloaded, self._private, self._loop,
            self._exported, self._alias,
        )  # fmt: skip
        parts = [self._under_a_flag(kinds[self._draw(len(kinds))]) for _ in range(2 + self._draw(4))]
        docstring = self.maybe(lambda: '"""About the module."""\n')
        return f"{docstring}{HEAD}\n{'\n\n'.join(parts)}\n"

    def _under_a_flag(self, write: Callable[[], str]) -> str:
        kind = self._draw(6)
        if kind > 2:
            return write()
        first = f"if {self.one_of(*FLAGS)}:\n{textwrap.indent(write(), '    ')}"
        other = textwrap.indent(write(), "    ")
        return (first, f"{first}\nelse:\n{other}", f"{first}\nelif {self.one_of(*FLAGS)}:\n{other}")[kind]

    def _flag(self) -> str:
        """Write a condition of flags alone."""
        first, second = self.one_of(*FLAGS), self.one_of(*FLAGS)
        return self.one_of(first, first, f"not {first}", f"{first} and {second}", f"{first} or not {second}")

    def _marker(self, indentation: str = "") -> str:
        """Write `@only` with or without another decorator, or nothing."""
        only = f"@only({self._flag()})\n{indentation}"
        return self.one_of("", only, f"{only}@same\n{indentation}", only, "")

    def _short(self) -> str:
        """Write a value for a place where only modules and builtins can be read."""
        test = self.one_of(*FLAGS, "not WASM", "len(__name__) > 3 and NATIVE", "WASM or __name__")
        return (
            lambda: f"choose(native={self._draw(9)}, wasm='{self._draw(9)}')",
            lambda: f"{self._draw(9)} if {test} else {self.one_of("'a'", 'None', '(1, 2)', '-1')}",
            lambda: f"[v for v in (1, 2) if {test}]",
            lambda: f"tuple((v for v in (1, 2)) if {test} else [v for v in (3, 4)])",
            lambda: f"(1, *(choose(native=(2, 3), wasm=[4])), {self._draw(9)})",
            lambda: f"list(v for v in (3, 4)) if {test} else sum(v for v in (5, 6))",
            lambda: f"f'{{({self._draw(9)} if {test} else f\"{{choose(native=1, wasm=2)}}\")!r:>4}}'",
            lambda: f"{{'a': 1 if {test} else 2, **({{'b': 3}} if {self.one_of(*FLAGS)} else {{}})}}",
            lambda: f"-(2 if {test} else 3) ** (1 if {self.one_of(*FLAGS)} else 2)",
            lambda: f"[*(v for v in (1, 2))][(0 if {test} else 1):(None if {self.one_of(*FLAGS)} else 1)]",
            lambda: f"dict(a=1 if {test} else 2, **({{'b': 1}} if {self.one_of(*FLAGS)} else {{}}))",
        )[self._draw(11)]()

    def mark(self) -> str:
        """Write no mark: what a comment marks stays in the un-compiled tree."""
        return self.maybe(lambda: "  # a note")

    # What a module holds

    def _constant(self) -> str:
        name = self._name("k")
        form = self._draw(5)
        return (
            lambda: f"{name} = {self._short()}",
            lambda: f"{name}: int = {self._short()}\n'''About it.'''",
            lambda: f"{name} = 1; {name}b = {self._short()}\n"
            f"{name} += {self._draw(9)} if {self._flag()} else 4",
            lambda: f"{name}, *{name}b = 1, *({self._short()},)",
            lambda: f"if ({name} := {self._short()}) and {name} != {self._draw(4)}: log({name}); log(1)\n"
            f"del {name}",
        )[form]()

    def _imports(self) -> str:
        name = self._name("i")
        return self.one_of(
            f"import json as {name}\nlog({name}.dumps(1 if {self._flag()} else 2))",
            f"if {self._flag()}:\n    import math as {name}\nelse:\n    import cmath as {name}\n"
            f"log({name}.sqrt(4))",
            f"from math import (floor as {name}, ceil as {name}b)\n\n\ndef {name}c(x):\n"
            f"    return {name}(x) if {self._flag()} else {name}b(x)",
            f"try:\n    import js as {name}\nexcept ImportError:\n    {name} = {self._short()}",
        )

    def _stub(self) -> str:
        name = self._name("s")
        message = self.one_of("", ", message='no {x!r}'", ", message='not here', error=OSError")
        kind = self.one_of("def", "async def")
        doc = self.maybe(lambda: f'    """Say {name}."""\n')
        end = self.one_of("return x", "yield x", "pass")
        marker = f"@stub(unless={self._flag()}{message})"
        if self._draw(3):
            return f"{marker}\n{kind} {name}(x, y=1, *, z=None):\n{doc}    log(x)\n    {end}"
        marker = f"@stub(unless={self._flag()}, message='none')"
        return (
            f"{marker}\nclass {name}:\n{doc}    a = {self._short()}\n"
            f"    def m(self): log(1); return self._p()\n    def _p(self): return 2\n"
            "    @property\n    def q(self): return 3\n"
            "    async def w(self):\n        yield 1\n    def idle(self): ..."
        )

    def _coroutine(self) -> str:
        name = self._name("c")
        body = textwrap.indent(
            self.one_of(
                f"async for v in numbers():\n    if {self.condition()}: log(v)\n    else: break\n"
                "else:\n    log(5)",
                f"async with held() as w:\n    await ready({self.value()})\n    log(w)",
                f"log([await ready(v) async for v in numbers() if {self.condition()}])",
                f"log(*[v async for v in (await ready(u) if {self._flag()} else u for u in (1, 2)"
                " if await ready(u))])",
                f"x = (await ready(1)) if {self._flag()} else await ready(2)\nlog(x)",
                f"yield {self.value()}\nif {self._flag()}:\n    yield x",
            ),
            "    ",
        )
        return f"{self._marker()}async def {name}(x=1, y=2, z=None):\n    await ready(0)\n{body}"

    def _dataclass(self) -> str:
        name = self._name("D")
        options = self.one_of("", "(order=True)", "(kw_only=True)", "(frozen=True, slots=True)")
        fields = "".join(
            self.one_of(
                f"    f{n}: int = {self._draw(9)}\n",
                f"    if {self._flag()}:\n        f{n}: int = {self._draw(9)}\n",
                f"    f{n}: list[int] = dataclasses.field(default_factory=lambda: {self._short()})\n",
                f"    f{n}: typing.ClassVar[int] = {self._short()}\n",
                f"    if {self._flag()}:\n        _: dataclasses.KW_ONLY\n    f{n}: int = 2\n",
            )
            for n in range(1 + self._draw(3))
        )
        method = f"    {self._marker('    ')}def total(self): return [1, {self._short()}]\n"
        return f"@dataclasses.dataclass{options}\nclass {name}:\n{fields}{self.maybe(lambda: method)}"

    def _enum(self) -> str:
        name = self._name("E")
        members = self.one_of(
            f"    if {self._flag()}:\n        B = 2\n    C = 3\n",
            f"    B = 2 if {self._flag()} else 4\n",
            "    B = choose(native=2, wasm=7)\n",
        )
        method = (
            f"    {self._marker('    ')}def label(self):\n        return self.name + str({self._short()})\n"
        )
        return f"class {name}(enum.Enum):\n    A = 1\n{members}{self.maybe(lambda: method)}"

    def _tuple(self) -> str:
        name = self._name("T")
        field = f"    if {self._flag()}:\n        b: int = 1\n"
        base = self.one_of("typing.NamedTuple", "typing.TypedDict")
        if base == "typing.TypedDict":
            return f"class {name}({base}):\n    a: int\n{field.replace(' = 1', '')}    c: str"
        method = f"    {self._marker('    ')}def total(self): return self.a\n"
        return f"class {name}({base}):\n    a: int = {self._short()}\n{field}    c: str = 'c'\n{method}"

    def _plain_class(self) -> str:
        name = self._name("P")
        doc = self.maybe(lambda: f'    """About {name}."""\n\n')
        slots = self.maybe(lambda: f"    __slots__ = ('a', *(('b',) if {self._flag()} else ()))\n")
        parts = "".join(self._member() for _ in range(1 + self._draw(3)))
        base = self.one_of("", "(object)", "(typing.Generic[typing.AnyStr])")
        return f"{self._marker_of_class(name)}class {name}{base}:\n{doc}{slots}{parts}"

    def _marker_of_class(self, name: str) -> str:
        return self.one_of("", "", f"@only({self._flag()})\n")

    def _member(self) -> str:
        name, marker = self._name("m"), self._marker("    ")
        return (
            lambda: f"    {marker}def {name}(self, x=({self._short()})):\n        return log(x)\n\n",
            lambda: f"    {marker}@property\n    def {name}(self):\n        return {self._short()}\n\n",
            lambda: f"    @staticmethod\n    {marker}def {name}(x=1): return x\n",
            lambda: f"    {marker}@classmethod\n    def {name}(cls): return cls.__name__\n",
            lambda: f"    if {self._flag()}:\n        {name} = {self._short()}\n",
            lambda: f"    {name} = {self._short()}\n    '''About it.'''\n",
            lambda: f"    if {self._flag()}:\n        def {name}(self): return super().__repr__()[:3]\n"
            f"    else:\n        {name} = None\n",
            lambda: f"    @property\n    def {name}(self): return 1\n    @{name}.setter\n"
            f"    {self._marker_only('    ')}def {name}(self, value): log(value)\n",
            lambda: f"    class {name}:\n        if {self._flag()}:\n            a = {self._short()}\n"
            "        b = 2\n",
        )[self._draw(9)]()

    def _marker_only(self, indentation: str) -> str:
        return self.maybe(lambda: f"@only({self._flag()})\n{indentation}")

    def _counter(self) -> str:
        name = self._name("n")
        declared = self.one_of("global", "nonlocal")
        if declared == "global":
            return (
                f"{name} = 1\ndef {name}f(x):\n    global {name}\n"
                f"    {name} = x if {self._flag()} else {name}\n"
                f"    if {self._flag()}:\n        del {name}\n        {name} = 5\n    return {name}"
            )
        return (
            f"def {name}(x):\n    a = {self._short()}\n    def inner():\n        nonlocal a\n"
            f"        if {self._flag()}:\n            a = (x, a)\n        a = [a]\n    inner()\n    return a"
        )

    def _overloaded(self) -> str:
        name = self._name("o")
        return (
            f"@typing.overload\ndef {name}(x: int) -> int: ...\n"
            f"{self._marker_only('')}@typing.overload\ndef {name}(x: str) -> str: ...\n"
            f"def {name}(x, y=({self._short()})):\n    return x\n\n\n"
            f"@functools.singledispatch\ndef {name}d(x): return 1\n"
            f"@{name}d.register\n{self._marker_only('')}def _(x: str): return {self._short()}"
        )

    def _private(self) -> str:
        name = self._name("p")
        return (
            f"def _{name}(x):\n    return [x]\n\n\n_{name}t = {self._short()}\n\n\n"
            f"def {name}(x):\n    if {self._flag()}:\n        return _{name}(_{name}t)\n"
            f"    return {self._short()}"
        )

    def _loop(self) -> str:
        name = self._name("l")
        return f"def {name}(x, y, z):\n{self.body(Place())}\n    return log(9)"

    def _exported(self) -> str:
        name = self._name("x")
        made = f"def {name}(): return {self._short()}"
        listed = self.one_of("__all__ += ['{0}']", "__all__.append('{0}')", "__all__.extend(['{0}'])").format(
            name
        )
        start = "" if self._exports else "__all__ = ['log']\n"
        self._exports.append(name)
        return (
            f"{made}\nif '__all__' in globals():\n    {listed}" if not start else f"{made}\n{start}{listed}"
        )

    def _alias(self) -> str:
        name = self._name("A")
        return self.one_of(
            f"type {name} = int if {self._flag()} else str\n{name}v = {name}.__value__",
            f"if {self._flag()}:\n    type {name}[X] = list[X]\nelse:\n    {name} = dict\n",
            f"def {name}[X: (int, str)](x: X, /, *a: X, k: int = 1 if {self._flag()} else 3, **b) -> X:\n"
            "    return x, a, k, b",
        )
