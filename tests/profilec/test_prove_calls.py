"""Proof 2: no call gives an argument for a parameter that its function has lost, as far as is known."""

import pytest
from profilec_project import CONFIGURATION, Project

HEAD = "from profilec import only\nfrom shop._profile import THREADS\n"
FUNCTION = "def f(\n    x=0,\n    flag=0,  # profilec: only THREADS\n): ...\n"
METHOD = (
    FUNCTION.replace("\n", "\n    ").replace("def f(", "class A:\n    def f(\n        self,").rstrip() + "\n"
)
MADE = METHOD.replace("def f", "def __init__")
FIELDS = (
    "from dataclasses import dataclass\n\n@dataclass\nclass A:\n    x: int = 0\n"
    "    flag: int = 0  # profilec: only THREADS\n"
)
PRIVATE = "if THREADS:\n    def _f(x, flag): ...\nelse:\n    def _f(x): ...\n"


def check(project: Project, text: str, other: str = "", configuration: str = CONFIGURATION) -> list[str]:
    """The messages about a package with two modules."""
    project.write({"pyproject.toml": configuration, "src/shop/b.py": HEAD + text, "src/shop/a.py": other})
    findings = project.run("check", "--json").json["findings"]
    return [finding["message"] for finding in findings]


LOST = {
    "a function": (FUNCTION, "from shop.b import f\nf(1, flag=2)\n", "f"),
    "a function by its module": (FUNCTION, "from shop import b\nb.f(1, flag=2)\n", "f"),
    "a function of the same file": (f"{FUNCTION}def g():\n    f(flag=1)\n", "", "f"),
    "a function, by place": (FUNCTION, "import shop.b\nshop.b.f(1, 2)\n", "f"),
    "one of two functions": (f"{PRIVATE}_f(1, flag=2)\n", "", "_f"),
    "a method": (f"{METHOD}A().f(flag=1)\n", "", "A.f"),
    "a method of self": (f"{METHOD}    def g(self):\n        self.f(flag=1)\n", "", "A.f"),
    "a method of an instance of another module": (
        METHOD,
        "from shop.b import A\na = A()\na.f(flag=1)\n",
        "A.f",
    ),
    "an inherited method": (METHOD, "from shop.b import A\nclass B(A): ...\n\nB().f(flag=1)\n", "A.f"),
    "a constructor": (MADE, "from shop.b import A\nA(flag=1)\n", "A.__init__"),
    "a constructor, by place": (MADE, "from shop.b import A\nA(1, 2)\n", "A.__init__"),
    "an inherited constructor": (f"{MADE}class B(A): ...\n\nB(flag=1)\n", "", "A.__init__"),
    "a constructor by super": (
        f"{MADE}class _B(A):\n    def __init__(self):\n        super().__init__(flag=1)\n",
        "",
        "A.__init__",
    ),
    "a field": (FIELDS, "from shop.b import A\nA(1, flag=2)\n", "A.__init__"),
    "a field, by place": (FIELDS, "from shop.b import A\nA(1, 2)\n", "A.__init__"),
    "a field, by place and module": (FIELDS, "import shop.b\nshop.b.A(1, 2)\n", "A.__init__"),
    "a method of a parameter": (METHOD, "from shop.b import A\ndef g(a: A):\n    a.f(flag=1)\n", "A.f"),
    "a function that is decorated and keeps what it takes": (
        f"from functools import cache\n\n@cache\n{FUNCTION}f(flag=1)\n",
        "",
        "f",
    ),
    "a function that a partial holds": (
        FUNCTION,
        "import functools\nfrom shop.b import f\ng = functools.partial(f, flag=1)\n",
        "f",
    ),
    "a function that a partial holds, by place": (
        f"from functools import partial\n{FUNCTION}partial(f, 1, 2)\n",
        "",
        "f",
    ),
    "a class that a method makes": (
        f"{MADE}    @classmethod\n    def make(cls):\n        return cls(flag=1)\n",
        "",
        "A.__init__",
    ),
    "a field that is replaced": (
        f"{FIELDS}\ndef g(a: A):\n    return replace(a, flag=1)\n".replace(
            "dataclass\n", "dataclass, replace\n", 1
        ),
        "",
        "A.__init__",
    ),
    "a pattern that asks for a field by its place": (
        f"{FIELDS}\ndef g(a):\n    match a:\n        case A(1, 2): ...\n",
        "",
        "A.__init__",
    ),
    "a function that is itself marked": (f"@only(THREADS or not THREADS)\n{FUNCTION}f(flag=1)\n", "", "f"),
}


@pytest.mark.parametrize("name", LOST)
def test_an_argument_for_a_parameter_that_went_is_found(name: str, project: Project) -> None:
    text, other, function = LOST[name]
    assert check(project, text, other) == [f"`{function}` of `shop.b` takes no `flag` in this tree"]


OF_CLASS = METHOD.replace("self,", "cls,").replace("def f", "@classmethod\n    def f")
STATIC = METHOD.replace("\n        self,", "").replace("def f", "@staticmethod\n    def f")
BY_PLACE = {
    "a method": f"{METHOD}A().f(1, 2)\n",
    "a method of a variable": f"{METHOD}a = A()\na.f(1, 2)\n",
    "a method of self": f"{METHOD}    def g(self):\n        self.f(1, 2)\n",
    "a method of a parameter": f"{METHOD}def g(a: A):\n    a.f(1, 2)\n",
    "a method of a field": (
        f"{METHOD}class _B:\n    def __init__(self):\n        self.a = A()\n"
        "    def g(self):\n        self.a.f(1, 2)\n"
    ),
    "a method of what a function gives": f"{METHOD}def g():\n    return A()\n\ng().f(1, 2)\n",
    "a method by super": f"{METHOD}class B(A):\n    def f(self, x=0):\n        super().f(x, 2)\n",
    "a method of the class": f"{METHOD}A.f(A(), 1, 2)\n",
    "a class method": f"{OF_CLASS}A.f(1, 2)\n",
    "a class method of an instance": f"{OF_CLASS}A().f(1, 2)\n",
    "a static method": f"{STATIC}A.f(1, 2)\n",
}


@pytest.mark.parametrize("name", BY_PLACE)
def test_an_argument_by_its_place_for_a_parameter_of_a_method_that_went_is_found(
    name: str, project: Project
) -> None:
    assert check(project, BY_PLACE[name]) == ["`A.f` of `shop.b` takes no `flag` in this tree"]


KEPT = {
    "a method of a class that is given": f"{METHOD}def g(a: type[A]):\n    a.f(A(), 1)\n",
    "a method of what is given to one": f"{METHOD}    @classmethod\n    def g(cls):\n        cls.f(A(), 1)\n",
    "a method of what may be the class": f"{METHOD}def g():\n    return A\n\ng().f(A(), 1)\n",
    "a method of another name for the class": f"{METHOD}B = A\nB.f(A(), 1)\n",
    "a method of a class in another place": f"{METHOD}import shop.b\nshop.b.A.f(A(), 1)\n",
    "a method of a class by super": (
        f"{METHOD}class B(A):\n    @classmethod\n    def g(cls):\n        super().f(A(), 1)\n"
    ),
    "an argument that is selected, too": f"{FUNCTION}f(\n    1,\n    flag=2,  # profilec: only THREADS\n)\n",
    "a call that is selected, too": f"{FUNCTION}if THREADS:\n    f(1, flag=2)\n",
    "another parameter": f"{FUNCTION}f(x=1)\nf(1)\n",
    "a function that takes any name": FUNCTION.replace("):", "    **more):") + "f(flag=1)\n",
    "a function that takes any number": FUNCTION.replace("):", "    *more):") + "f(1, 2, 3)\n",
    "what it never took": FUNCTION.replace("x=0", "x=0, *") + "f(1, 2)\n",
    "any number of arguments": f"{FUNCTION}f(*[1], **dict(x=2))\n",
    "a function that may be another": f"{FUNCTION}if input():\n    f = print\nf(flag=1)\n",
    "a function that is decorated": f"from x import wrap\n\n@wrap\n{FUNCTION}f(flag=1)\n",
    "a parameter that is asked for": f"{FUNCTION}if 'flag' in signature(f).parameters:\n    f(flag=1)\n",
    "a call that may fail": f"{FUNCTION}try:\n    f(flag=1)\nexcept TypeError:\n    f()\n",
    "a parameter of that name": f"{FUNCTION}def g(f):\n    f(flag=1)\n",
    "a method that a subclass may take it with": (
        f"{METHOD}    def g(self):\n        self.f(flag=1)\n\n"
        "class B(A):\n    def f(self, x=0, flag=0): ...\n"
    ),
    "a method of a class with a base that is not known": f"{METHOD}class B(input()): ...\n\nB().f(flag=1)\n",
    "a class that a subclass is made by": (
        f"{MADE}    @classmethod\n    def make(cls):\n        return cls(flag=1)\n\n"
        "class B(A):\n    def __init__(self, flag): ...\n"
    ),
    "a field of what may be of a subclass": (
        f"{FIELDS}\n@dataclass\nclass B(A):\n    flag: int = 0\n"
        "def g(a: A):\n    return replace(a, flag=1)\n".replace("dataclass\n", "dataclass, replace\n", 1)
    ),
    "a pattern of a class that says what its places are": (
        f"{MADE}    __match_args__ = ('x', 'y')\n\nmatch input():\n    case A(1, 2): ...\n"
    ),
    "a pattern of fields that are left": f"{FIELDS}\nmatch input():\n    case A(1): ...\n",
    "what is replaced in a text": f"{FIELDS}\ndef g(a: A, replace):\n    return replace(a, flag=1)\n",
    "a partial of another function": f"from functools import partial\n{FUNCTION}partial(print, flag=1)\n",
    "an unbound method": f"{METHOD}A.f(A(), 1)\n",
    "an unbound constructor": f"{MADE}A.__init__(A(), 1)\n",
    "fields that a base has": f"{FIELDS}@dataclass\nclass B(A):\n    y: int = 0\n\nB(1, 2)\n",
    "a field that never was a parameter": (
        "from dataclasses import dataclass, field\n\n@dataclass\nclass A:\n    x: int = 0\n"
        "    if THREADS:\n        _flag: int = field(init=False)\n\nA(1, 2)\n"
    ),
}


@pytest.mark.parametrize("name", KEPT)
def test_an_argument_that_may_be_taken_is_left_alone(name: str, project: Project) -> None:
    assert check(project, KEPT[name]) == []


def test_a_parameter_that_facts_take_was_never_there(project: Project) -> None:
    facts = '    facts = { "sys.platform" = "emscripten" }\n'
    text = f"import sys\n{PRIVATE.replace('THREADS', 'sys.platform == "linux"')}_f(1, flag=2)\n"
    assert check(project, text, f"{HEAD}if THREADS:\n    print()\n", CONFIGURATION.rstrip(" ") + facts) == []
