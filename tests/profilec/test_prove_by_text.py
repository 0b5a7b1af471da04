"""Proof 2: nothing asks a module by a text for a name that went."""

import pytest
from profilec_project import Project

SPILL = """\
from profilec import only
from shop._profile import THREADS

@only(THREADS)
def open_lane(): ...

def close(): ...
"""


def check(project: Project, user: str) -> list[tuple[str, str, str]]:
    """The place, the code and the message of each finding about a file beside a module `spill`."""
    project.write({"src/shop/spill.py": SPILL, "src/shop/user.py": f"from . import spill\n{user}"})
    found = project.run("check", "--json").json["findings"]
    return [(one["path"], one["code"], one["message"]) for one in found]


ASKED = {
    "getattr": "getattr(spill, 'open_lane')()\n",
    "getattr with a text by a name": "NAME = 'open_lane'\ngetattr(spill, NAME)()\n",
    "attrgetter": "from operator import attrgetter\nattrgetter('open_lane')(spill)()\n",
    "vars": "vars(spill)['open_lane']()\n",
    "its namespace": "def f():\n    return spill.__dict__['open_lane']\n",
    "its namespace by a name": "space = spill.__dict__\nspace['open_lane']()\n",
}


@pytest.mark.parametrize("name", ASKED)
def test_a_name_that_went_and_is_asked_for_is_found(name: str, project: Project) -> None:
    message = "`shop.spill` has no `open_lane` in this tree"
    assert check(project, ASKED[name]) == [("src/shop/user.py", "PC404", message)]


KEPT = {
    "hasattr asks first": "if hasattr(spill, 'open_lane'):\n    getattr(spill, 'open_lane')()\n",
    "a default": "getattr(spill, 'open_lane', print)()\n",
    "its namespace is looked into first": "if 'open_lane' in vars(spill):\n    vars(spill)['open_lane']()\n",
    "it may fail": "try:\n    spill.__dict__['open_lane']()\nexcept KeyError:\n    pass\n",
    "it is set": "vars(spill)['open_lane'] = 1\nglobals()['open_lane'] = 2\n",
    "another namespace": "vars(print)['open_lane']\n",
}


@pytest.mark.parametrize("name", KEPT)
def test_a_name_that_can_be_done_without_is_left_alone(name: str, project: Project) -> None:
    assert check(project, KEPT[name]) == []
