"""Proof 2: no `__all__` lists, and no `__getattr__` of a module answers for, a name that went."""

import pytest
from profilec_project import CONFIGURATION, Project

SPILL = """\
from profilec import only
from shop._profile import THREADS

@only(THREADS)
def open_lane(): ...

def close(): ...
"""


def check(project: Project, spill: str, package: str = "") -> list[tuple[str, int, str, str]]:
    """The place, the code and the message of each finding about a package with a module `spill`."""
    project.write({"src/shop/__init__.py": package, "src/shop/spill.py": spill})
    found = project.run("check", "--json").json["findings"]
    return [(one["path"], one["line"], one["code"], one["message"]) for one in found]


LISTED = {
    "names in a text": "__all__ = 'close open_lane'.split()\n",
    "names that another table has": "__all__ = ['close', *_MORE]\n_MORE = ('open_lane',)\n",
    "names that are sorted": "__all__ = sorted(_NAMES)\n_NAMES = {'open_lane', 'close'}\n",
}


@pytest.mark.parametrize("name", LISTED)
def test_a_name_that_went_and_is_listed_by_whatever_way_is_found(name: str, project: Project) -> None:
    found = check(project, LISTED[name] + SPILL)
    message = "`__all__` lists `open_lane`, which nothing binds any more"
    assert found == [("src/shop/spill.py", 1, "PC404", message)]


def test_an_entry_that_is_written_out_is_one_fault(project: Project) -> None:
    message = "`__all__` lists `open_lane`, which goes"
    assert check(project, f"__all__ = ['open_lane']\n{SPILL}") == [("src/shop/spill.py", 1, "PC303", message)]


ANSWERS = {
    "a module by its name": (
        "_PARTS = {'open_lane': 'spill', 'close': 'spill'}\nimport importlib\n\ndef __getattr__(name):\n"
        "    return getattr(importlib.import_module(f'shop.{_PARTS[name]}'), name)\n"
    ),
    "a module and a name": (
        "_PARTS = {'open_lane': ('.spill', 'open_lane')}\nimport importlib\n\ndef __getattr__(name):\n"
        "    module, last = _PARTS[name]\n"
        "    return getattr(importlib.import_module(module, __name__), last)\n"
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_module_that_answers_with_a_name_that_went_from_another_is_found(
    name: str, project: Project
) -> None:
    (finding,) = check(project, SPILL, ANSWERS[name])
    message = "`shop.spill` has no `open_lane` in this tree"
    assert finding == ("src/shop/__init__.py", 1, "PC404", message)


KEPT = {
    "another answer": "def __getattr__(name):\n    return print if name == 'open_lane' else None\n",
    "an import that may fail": (
        "def __getattr__(name):\n    try:\n        from .spill import open_lane\n"
        "    except ImportError:\n        raise AttributeError(name)\n    if name == 'open_lane':\n"
        "        return open_lane\n    raise AttributeError(name)\n"
    ),
    "a name for other modules": "__all__ = ['close']\nfrom .spill import close\n",
}


@pytest.mark.parametrize("name", KEPT)
def test_what_the_module_has_all_the_same_is_left_alone(name: str, project: Project) -> None:
    assert check(project, SPILL, KEPT[name]) == []


def test_what_facts_take_was_never_there_to_be_listed(project: Project) -> None:
    facts = '    facts = { "sys.platform" = "emscripten" }\n'
    project.write({"pyproject.toml": CONFIGURATION.rstrip(" ") + facts})
    listed = LISTED["names in a text"]
    lane = "import sys\n\nif sys.platform == 'linux':\n    def open_lane(): ...\n\ndef close(): ...\n"
    assert [code for _, _, code, _ in check(project, listed + lane)] == ["PC106"]


ANSWERING = {
    "for another name": (
        "    if name == 'old':\n        return close\n    raise AttributeError(name)\n",
        True,
    ),
    "for the names of a table": (
        "    if name in {'old': 1}:\n        return 1\n    raise AttributeError\n",
        True,
    ),
    "for no name": ("    raise AttributeError(name)\n", True),
    "for that name": ("    if name == 'open_lane':\n        return close\n    raise AttributeError\n", False),
    "for any name": ("    return globals()[name.lower()]\n", False),
    "for the names of a table of others": (
        "    if name in T:\n        return 1\n    raise AttributeError\n",
        False,
    ),
    "without a word": ("    if name == 'old':\n        return close\n", False),
}


@pytest.mark.parametrize("name", ANSWERING)
def test_a_module_that_does_not_answer_for_a_name_that_went_has_lost_it(name: str, project: Project) -> None:
    answer, is_lost = ANSWERING[name]
    spill = f"from json import T\n{SPILL}\ndef __getattr__(name):\n{answer}"
    found = check(project, spill, "def run():\n    from .spill import open_lane\n")
    message = "`shop.spill` has no `open_lane` in this tree"
    assert found == ([("src/shop/__init__.py", 2, "PC403", message)] if is_lost else [])
