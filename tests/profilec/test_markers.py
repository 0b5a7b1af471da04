"""The markers as an annotated tree meets them while it runs un-compiled."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from profilec import markers

CONFIGURATION = """
[tool.profilec]
package = "shop"
default = "native"

[tool.profilec.features]
threads = "threads"
spill-fs = "files"

[tool.profilec.profiles.native]
features = ["threads", "spill-fs"]

[tool.profilec.profiles.wasm]

[tool.profilec.profiles.edge-cache]
extends = "wasm"
features = ["threads"]
"""


class Refused(Exception):
    code = "SPILL901"

    def __init__(self, message: str, **fields: object) -> None:
        super().__init__(message)
        self.fields = fields


class Source:
    """A module of a project, run as the un-compiled tree runs it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.monkeypatch = monkeypatch
        (folder / "pyproject.toml").write_text(CONFIGURATION)

    def run(self, source: str, profile: str | None = None) -> dict[str, object]:
        if profile is None:
            self.monkeypatch.delenv(markers.PROFILE_VARIABLE, raising=False)
        else:
            self.monkeypatch.setenv(markers.PROFILE_VARIABLE, profile)
        scope: dict[str, object] = {"Refused": Refused, "__name__": "shop.module"}
        imports = "from profilec import choose, flag, only, stub\n"
        exec(compile(imports + source, str(self.folder / "src" / "module.py"), "exec"), scope)
        return scope


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    return Source(tmp_path, monkeypatch)


def test_importing_the_markers_loads_no_part_of_the_compiler() -> None:
    heavy = "[name for name in ('libcst', 'jinja2', 'black', 'click', 'rich') if name in sys.modules]"
    code = f"import sys, profilec; assert not {heavy}, {heavy}"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (None, (True, False, True, True)),
        ("wasm", (False, True, False, False)),
        ("edge-cache", (False, False, True, False)),
    ],
)
def test_a_flag_tells_what_the_running_profile_is_and_has(
    source: Source, profile: str | None, expected: tuple[bool, ...]
) -> None:
    names = ("native", "wasm", "threads", "spill-fs")
    scope = source.run(f"flags = tuple(flag(name) for name in {names!r})", profile)
    assert scope["flags"] == expected


def test_an_unknown_flag_names_the_one_that_was_meant(source: Source) -> None:
    with pytest.raises(markers.MarkerError, match="did you mean `threads`"):
        source.run("flag('thread')")


def test_an_unknown_profile_names_the_one_that_was_meant(source: Source) -> None:
    with pytest.raises(markers.MarkerError, match=r"PROFILEC_PROFILE=wsam.*did you mean `wasm`"):
        source.run("flag('threads')", "wsam")


def test_without_a_configuration_a_flag_says_where_it_looked(source: Source) -> None:
    (source.folder / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    with pytest.raises(markers.MarkerError, match=r"no pyproject.toml with a \[tool.profilec\] table"):
        source.run("flag('threads')")


def test_choose_takes_the_value_of_the_profile(source: Source) -> None:
    text = "value = choose(native=32, wasm=8, edge_cache=4)"
    assert [source.run(text, name)["value"] for name in (None, "wasm", "edge-cache")] == [32, 8, 4]


def test_choose_without_a_value_for_the_profile_says_what_to_add(source: Source) -> None:
    with pytest.raises(markers.MarkerError, match="add wasm="):
        source.run("choose(native=32)", "wasm")


def test_a_true_only_returns_the_definition_itself(source: Source) -> None:
    function = source.run("@only(flag('threads'))\ndef work(): return 1")["work"]
    assert inspect.isfunction(function)
    assert function() == 1


ABSENT = """
@only(flag("threads"))
class Pool:
    limit = 1

@only(flag("threads"))
def work(): return 1

class Lane:
    @only(flag("threads"))
    @property
    def path(self): return 1

    @path.setter
    def path(self, value): ...

    @only(flag("threads"))
    def put(self): return 1

def annotated(pool: Pool | None, pools: list[Pool]) -> None | Pool: ...
lane = Lane()
"""


@pytest.mark.parametrize(
    "use",
    [
        "Pool()",
        "Pool.limit",
        "isinstance(1, Pool)",
        "work()",
        "lane.put()",
        "lane.path",
        "lane.path = 1",
        "class Sub(Pool): ...",
        "for _ in Pool: ...",
    ],
)
def test_what_a_false_only_left_raises_when_it_is_used(source: Source, use: str) -> None:
    scope = source.run(ABSENT, "wasm")
    with pytest.raises(markers.NotInProfileError, match="is not part of the profile"):
        exec(use, scope)


def test_what_a_false_only_left_is_no_member_of_an_enumeration(source: Source) -> None:
    text = """
import enum

class Tier(enum.Enum):
    MEMORY = 1

    @only(flag("threads"))
    def path(self): return 1

    @only(flag("threads"))
    @property
    def size(self): return 1
"""
    tier = source.run(text, "wasm")["Tier"]
    assert [member.name for member in tier] == ["MEMORY"]  # type: ignore[attr-defined]  # exec gives objects
    with pytest.raises(markers.NotInProfileError, match=r"Tier\.path is not part of the profile"):
        tier.MEMORY.path()  # type: ignore[attr-defined]  # as above


def test_a_decorator_that_looks_into_what_a_false_only_left_is_told_where_only_stands(source: Source) -> None:
    text = "import dataclasses\n@dataclasses.dataclass\n@only(flag('threads'))\nclass Pool: ..."
    with pytest.raises(AttributeError, match=r"Pool is not part .*: put `only` above its other decorators"):
        source.run(text, "wasm")


def test_a_true_stub_is_the_function_itself(source: Source) -> None:
    text = "@stub(unless=flag('spill-fs'), error=Refused, code='SPILL901')\ndef spill(x): return x"
    assert source.run(text)["spill"](3) == 3  # type: ignore[operator]  # exec gives objects


STUB = """
@stub(unless=flag("spill-fs"), error=Refused, code="SPILL901", message="{edge} asks for {tier!r}")
def spill(edge: str, *, tier: str = "disk") -> int:
    "Spill."
    return 1
"""


def test_a_false_stub_raises_what_it_says_with_the_parameters_that_it_names(source: Source) -> None:
    spill = source.run(STUB, "wasm")["spill"]
    assert inspect.getdoc(spill) == "Spill."
    assert list(inspect.signature(spill).parameters) == ["edge", "tier"]  # type: ignore[arg-type]  # a function
    with pytest.raises(Refused, match="a->b asks for 'disk'") as raised:
        spill("a->b")  # type: ignore[operator]  # exec gives objects
    assert raised.value.fields == {"edge": "a->b", "tier": "disk"}


@pytest.mark.parametrize(
    ("definition", "kind"),
    [
        ("async def f(): return 1", inspect.iscoroutinefunction),
        ("async def f(): yield 1", inspect.isasyncgenfunction),
        ("def f(): yield 1", inspect.isgeneratorfunction),
    ],
)
def test_a_stub_stays_of_the_kind_that_it_was(source: Source, definition: str, kind: object) -> None:
    assert kind(source.run(f"@stub(unless=False)\n{definition}")["f"])  # type: ignore[operator]  # from exec


def test_a_stub_of_a_class_refuses_every_public_method(source: Source) -> None:
    text = """
@stub(unless=False, message="no files")
class Lane:
    size = 1
    def put(self): return self._put()
    def _put(self): return 1
    @staticmethod
    def open(): return 1
"""
    lane = source.run(text)["Lane"]()  # type: ignore[operator]  # exec gives objects
    assert lane.size == 1
    assert not hasattr(lane, "_put")
    for call in (lane.put, lane.open):
        with pytest.raises(NotImplementedError, match="no files"):
            call()


STUB_CLASS = """
import dataclasses, functools

@stub(unless=False, error=Refused, message="no files")
@dataclasses.dataclass
class Lane:
    size: int = 1
    key = lambda self: 2
    @property
    def path(self): return self._path
    @functools.cached_property
    def name(self): return 1
    @property
    def _path(self): return 1
    @classmethod
    def open(cls): return 1
    async def pull(self): return 1
    def push(self): ...
    def stop(self):
        "Stop."
        return None
    async def wait(self): ...
    class Part:
        def read(self): return 1
"""


def test_a_stub_of_a_class_refuses_in_every_part_that_its_text_has(source: Source) -> None:
    cls = source.run(STUB_CLASS)["Lane"]
    lane = cls(size=3)  # type: ignore[operator]  # exec gives objects
    assert (lane.size, lane.key(), lane.push(), lane.stop()) == (3, 2, None, None)
    assert not hasattr(cls, "_path")
    uses = (lambda: lane.path, lambda: lane.name, lane.open, lane.Part().read, lambda: lane.pull().send(None))
    for use in uses:
        with pytest.raises(Refused, match="no files"):
            use()
    with pytest.raises(StopIteration):
        lane.wait().send(None)


PROPERTY = """
class Lane:
    @property
    def size(self): return 1

    {marker}
    @size.setter
    def size(self, value): ...

    @size.deleter
    @only(flag("wasm"))
    def size(self): return 2
"""


@pytest.mark.parametrize("marker", ["@only(flag('threads'))", "@stub(unless=flag('threads'), error=Refused)"])
def test_a_marked_part_of_a_property_leaves_the_others(source: Source, marker: str) -> None:
    lane = source.run(PROPERTY.format(marker=marker), "wasm")["Lane"]()  # type: ignore[operator]  # a class
    assert lane.size == 1
    del lane.size
    with pytest.raises((markers.NotInProfileError, Refused), match="size is not part of"):
        lane.size = 2


@pytest.mark.parametrize(
    "order", ["@kind.register\n@only(flag('threads'))", "@only(flag('threads'))\n@kind.register"]
)
def test_an_overload_of_another_profile_is_there_to_be_registered(source: Source, order: str) -> None:
    text = (
        f"import functools\n@functools.singledispatch\ndef kind(x): return 1\n{order}\ndef _(x: int): ...\n"
    )
    assert source.run(text, "wasm")["kind"]("a") == 1  # type: ignore[operator]  # exec gives objects


def test_a_refusal_names_the_definition_and_hands_over_what_the_message_names(source: Source) -> None:
    text = """
class Lane:
    @staticmethod
    @stub(unless=False, error=Refused, message="{path}")
    def open(path): ...

    @stub(unless=False)
    def close(self): ...
"""
    scope = source.run(text)
    lane = scope["Lane"]
    with pytest.raises(Refused) as raised:
        lane.open("a")  # type: ignore[attr-defined]  # exec gives objects
    assert raised.value.fields == {"path": "a"}
    with pytest.raises(NotImplementedError, match=r"^close is not part of this build$"):
        lane().close()  # type: ignore[operator]  # as above


def test_a_stub_names_an_error_that_is_imported_when_it_is_raised(source: Source) -> None:
    spill = source.run("@stub(unless=False, error='decimal:Overflow')\ndef spill(): ...")["spill"]
    from decimal import Overflow

    with pytest.raises(Overflow):
        spill()  # type: ignore[operator]  # exec gives objects


def test_a_stub_whose_code_is_not_that_of_its_error_is_refused(source: Source) -> None:
    spill = source.run("@stub(unless=False, error=Refused, code='SPILL902')\ndef spill(): ...")["spill"]
    with pytest.raises(markers.MarkerError, match="SPILL902"):
        spill()  # type: ignore[operator]  # exec gives objects
