"""Tracebacks at source lines: of exceptions, and in text that somebody else has formatted."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from profilec_project import Project

from profilec.traceback import at_source, place_at_source

JOBS = """
    from shop._profile import THREADS

    if THREADS:
        import threading

    def start(job):
        if THREADS:
            threading.Thread(target=job).start()
        else:
            run(job)

    def run(job):
        try:
            job()
        except KeyError as error:
            raise ValueError("a bad job") from error
    """


@pytest.fixture
def run(project: Project, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """The function `start` of a built wasm tree."""
    project.write({"src/shop/jobs.py": JOBS})
    assert project.run("build").code == 0
    names: dict[str, Callable[[Callable[[], None]], None]] = {}
    tree = project.root / "build/wasm/shop/jobs.py"
    exec(compile(tree.read_bytes(), str(tree), "exec"), names)
    return names["start"]


def fail() -> None:
    raise KeyError("nothing")


def test_frames_of_an_exception_and_of_its_causes_are_shown_at_source_lines(
    run: Callable[[Callable[[], None]], None], project: Project
) -> None:
    with pytest.raises(ValueError, match="a bad job") as caught:
        run(fail)
    source = project.root / "src/shop/jobs.py"
    lines = "".join(at_source(caught.value).format()).splitlines()
    assert f'  File "{source}", line 10, in start' in lines
    assert f'  File "{source}", line 16, in run' in lines
    assert f'  File "{source}", line 14, in run' in lines
    assert lines[lines.index(f'  File "{source}", line 10, in start') + 1] == "    run(job)"
    assert not any("build/wasm" in line for line in lines)


def test_the_words_that_failed_stay_underlined_where_they_stand_in_the_source(
    run: Callable[[Callable[[], None]], None], project: Project
) -> None:
    with pytest.raises(TypeError) as caught:
        run(lambda: 1 + None)  # type: ignore[operator,arg-type]  # what has to fail
    frames = at_source(caught.value).stack
    start = next(frame for frame in frames if frame.name == "start")
    assert (start.lineno, start.colno, start.end_colno) == (10, 8, 16)


def test_frames_outside_of_trees_stay_as_they_are() -> None:
    with pytest.raises(KeyError) as caught:
        fail()
    assert [(frame.filename, frame.name) for frame in at_source(caught.value).stack][-1] == (__file__, "fail")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('File "{root}/build/wasm/shop/jobs.py", line 2', 'File "{root}/src/shop/jobs.py", line 10'),
        ("build/wasm/shop/jobs.py:2: KeyError", "src/shop/jobs.py:10: KeyError"),
        ("see (build/wasm/shop/jobs.py:2)", "see (src/shop/jobs.py:10)"),
        ("build/native/shop/jobs.py:4: in start", "src/shop/jobs.py:8: in start"),
        ("src/shop/jobs.py:3: KeyError", "src/shop/jobs.py:3: KeyError"),
        ("https://shop.example/jobs.py:3", "https://shop.example/jobs.py:3"),
        ("build/wasm/shop/jobs.py:999: KeyError", "build/wasm/shop/jobs.py:999: KeyError"),
    ],
)  # fmt: skip
def test_places_in_text_become_places_in_the_source(
    before: str, after: str, run: object, project: Project
) -> None:
    assert place_at_source(before.format(root=project.root)) == after.format(root=project.root)


def test_the_filter_passes_other_text_through(run: object, project: Project) -> None:
    text = "a line\nbuild/wasm/shop/jobs.py:2: KeyError\n\nno newline at the end"
    filtered = subprocess.run(
        [sys.executable, "-m", "profilec.traceback"],
        input=text, capture_output=True, text=True, cwd=project.root, check=True,
    )  # fmt: skip
    assert filtered.stdout == text.replace("build/wasm/shop/jobs.py:2", "src/shop/jobs.py:10")


def test_a_tree_that_was_moved_away_from_its_source_is_left_alone(
    run: object, project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("elsewhere") / "wasm"
    (project.root / "build/wasm").rename(place)
    text = f'File "{Path(place)}/shop/jobs.py", line 3'
    assert place_at_source(text) == text
