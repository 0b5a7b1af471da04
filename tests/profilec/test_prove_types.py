"""Proof 2: a run does not read what only type checkers import."""

import pytest
from profilec_project import Project

IMPORTS = """\
from typing import TYPE_CHECKING
from shop._profile import THREADS

if TYPE_CHECKING:
    from shop.a import Job
if THREADS:
    from shop.a import Job
"""


def check(project: Project, text: str) -> list[tuple[int, str, str]]:
    """The line, the code and the message of each finding about a file."""
    project.write({"src/shop/a.py": "class Job: ...\n", "src/shop/b.py": text})
    found = project.run("check", "--json").json["findings"]
    return [(one["line"], one["code"], one["message"]) for one in found]


READ = {
    "a function": "def run():\n    return Job()\n",
    "a base": "class _Other(Job): ...\n",
    "what stands beside an annotation": "def run(job: 'Job') -> 'Job | None':\n    return job or Job()\n",
}


@pytest.mark.parametrize("name", READ)
def test_a_name_that_only_type_checkers_import_any_more_is_found(name: str, project: Project) -> None:
    ((_, code, message),) = check(project, IMPORTS + READ[name])
    assert (code, message) == ("PC404", "nothing binds `Job` any more")


KEPT = {
    "an annotation": "def run(job: 'Job', *others: Job) -> list[Job]:\n    x: Job = job\n    return [x]\n",
    "what is read for the same profiles": "if THREADS:\n    job = Job()\nelse:\n    job = None\n",
    "what is read by type checkers": "if TYPE_CHECKING:\n    class _Other(Job): ...\n",
    "a local name": "def run(Job):\n    return Job()\n",
}


@pytest.mark.parametrize("name", KEPT)
def test_what_a_run_does_not_read_is_left_alone(name: str, project: Project) -> None:
    assert check(project, IMPORTS + KEPT[name]) == []


def test_a_name_that_only_type_checkers_imported_before_is_the_source_s_own_fault(project: Project) -> None:
    text = IMPORTS.replace(
        "if THREADS:\n    from shop.a import Job\n", "if THREADS:\n    import os\n    print(os)\n"
    )
    assert check(project, text + "def run():\n    return Job()\n") == []
