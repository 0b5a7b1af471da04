"""Proof 3 follows names that lead in circles, or on and on, and comes to an end."""

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
