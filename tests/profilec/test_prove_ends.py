"""Proof 3 follows names that lead in circles, or on and on, and comes to an end."""

from itertools import permutations
from pathlib import Path

import pytest
from proved_package import prove


def test_a_circle_of_meanings_comes_to_an_end(tmp_path: Path) -> None:
    text = (
        "import time\n\nclass A(A.B):\n    clock = clock\n    def f(self):\n        self.x = self.x.y\n"
        "        return self.f().f()\n\na = b\nb = a\ndef f():\n    return f()()\nf().sleep\nL = [L[0]]\n"
        "L[0].sleep\nx = x + x\nD = {D[k]: D[D[k]] for k in D}\nD = {D[k]: k}\nk = D[k]\nD[k].sleep\n"
        "importlib = __import__\nimportlib(x)\n"
        "class P:\n    def __getattr__(self, name):\n        return getattr(self._p, name)\n\nP().x.sleep\n"
    )
    assert [finding.code for finding in prove(tmp_path, {"shop/a.py": text})] == ["PC406"]


def test_a_key_that_is_looked_up_by_itself_is_followed_so_far_and_no_further(tmp_path: Path) -> None:
    text = """
        import importlib

        KEYS = {"a": "b", "b": "a"}

        def load(key):
            key = KEYS[key]
            key = {key: key, "c": key}[key]
            return importlib.import_module(key)
        """
    assert [finding.code for finding in prove(tmp_path, {"shop/a.py": text})] == ["PC406"]


def test_what_leads_on_and_on_comes_to_an_end(tmp_path: Path) -> None:
    calls = "".join(f"def f{n}(x):\n    return f{n + 1}(x.y)\n" for n in range(400))
    text = f"import threading\n\n{calls}def f400(x):\n    return x.open\n\nf0(threading).Thread\n"
    findings = prove(tmp_path, {"shop/a.py": text, "shop/b.py": f"x = {'-' * 90}y{'.open' * 900}\n"})
    assert [finding.message for finding in findings] == ["`threading` is forbidden"]


def test_a_class_that_answers_by_asking_itself_comes_to_an_end(tmp_path: Path) -> None:
    text = (
        "import time\nclass Alias:\n    def __getattr__(self, name):\n"
        "        return getattr(self.__origin__, name)\n\nAlias().clock.sleep(1)\ntime.sleep(1)\n"
    )
    (found,) = prove(tmp_path, {"shop/a.py": text})
    assert (found.code, found.line) == ("PC405", 7)


@pytest.mark.parametrize("length", [10, 100])
def test_a_name_is_followed_through_many_others(length: int, tmp_path: Path) -> None:
    names = "".join(f"clock{number + 1} = clock{number}\n" for number in range(length))
    text = f"import time as clock0\n{names}clock{length}.sleep(1)\n"
    (found,) = prove(tmp_path, {"shop/a.py": text})
    assert (found.code, found.line) == ("PC405", length + 2)


def test_a_name_that_leads_through_thousands_of_others_comes_to_an_end(tmp_path: Path) -> None:
    names = "".join(f"clock{number + 1} = clock{number}\n" for number in range(5000))
    chain = "clock5000" + ".sleep().x" * 60
    found = prove(tmp_path, {"shop/a.py": f"import time as clock0\n{names}{chain}\n"})
    assert {finding.code for finding in found} <= {"PC405"}


_RING = {
    "functions": ["def {0}(): return {1}()", "{0}().sleep(1)", "def {0}(): return time if x else {1}()"],
    "properties": [
        "class A{0}:\n    @property\n    def it(self): return A{1}().it",
        "A{0}().it.sleep(1)",
        "class A{0}:\n    it = time\n    @property\n    def it(self): return A{1}().it",
    ],
    "attributes": [
        "class A{0}: pass\nA{0}.it = A{1}.it",
        "A{0}.it.sleep(1)",
        "class A{0}: it = time\nA{0}.it = A{1}.it",
    ],
    "tables": ["T{0} = [*T{1}]", "T{0}[0].sleep(1)", "T{0} = [time, *T{1}]"],
    "parameters": [
        "def {0}(clock): {1}(clock)",
        "lambda: {0}",
        "def {0}(clock):\n    clock.sleep(1)\n    {1}(clock)\n    {0}(time)",
    ],
}
"""What one of a ring asks the next for, what is asked of each, and the one through which `time` comes in."""


@pytest.mark.parametrize("kind", _RING)
def test_a_circle_hides_nothing_in_whatever_order_it_is_read(kind: str, tmp_path: Path) -> None:
    link, use, entrance = _RING[kind]
    ring = [
        (entrance if name == "c" else link).format(name, after)
        for name, after in zip("abcd", "bcda", strict=True)
    ]
    for number, order in enumerate(permutations("abcd")):
        text = "\n".join(["import time", *ring, *(use.format(name) for name in order)])
        found = prove(tmp_path / str(number), {"shop/a.py": text})
        assert sum(1 + len(one.also) for one in found) == text.count("sleep"), (order, found)


def test_functions_that_all_return_each_other_come_to_an_end(tmp_path: Path) -> None:
    names = [f"f{number}" for number in range(12)]
    body = "".join(f"    if x: return {name}()\n" for name in names)
    functions = "".join(f"def {name}():\n{body}    return time\n" for name in names)
    text = "import time\n" + functions + "".join(f"{name}().sleep(1)\n" for name in names)
    (found,) = prove(tmp_path, {"shop/a.py": text})
    assert len(found.also) == len(names) - 1
