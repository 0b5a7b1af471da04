"""`profilec powerset`: every combination of features is proved, and no other."""

import pytest
from profilec_project import Project

FEATURES = """
    [tool.profilec]
    source = "src"
    package = "shop"
    flags = "shop._profile"
    exclusive = [["red", "blue"]]

    [tool.profilec.features]
    red = "red"
    blue = "blue"
    fast = "fast"

    [tool.profilec.profiles.native]
    features = ["red"]
    """


@pytest.fixture
def painted(empty_project: Project) -> Project:
    """A package of three features, two of which exclude each other; one combination is broken."""
    flags = "from profilec import flag\nRED = flag('red')\nBLUE = flag('blue')\nFAST = flag('fast')\n"
    text = "from shop._profile import *\nif not (BLUE and FAST):\n    x = 1\nif not RED:\n    y = x\n"
    text = text.replace("*", "BLUE, FAST, RED")
    empty_project.write(
        {"pyproject.toml": FEATURES, "src/shop/__init__.py": "", "src/shop/_profile.py": flags}
    )
    empty_project.write({"src/shop/_a.py": text})
    return empty_project


def test_every_combination_of_features_is_proved(painted: Project) -> None:
    ran = painted.run("powerset", "--json")
    assert ran.code == 1
    assert ran.json["combinations"] == [[], ["blue"], ["fast"], ["red"], ["blue", "fast"], ["fast", "red"]]
    assert {tuple(finding["profiles"]) for finding in ran.json["findings"]} == {("native with blue+fast",)}


def test_a_depth_bounds_the_combinations(painted: Project) -> None:
    ran = painted.run("powerset", "--depth", "1", "--json")
    assert ran.code == 0
    assert ran.json["combinations"] == [[], ["blue"], ["fast"], ["red"]]


@pytest.mark.parametrize("profile", ["native", "wasm"])
def test_a_combination_may_ask_for_every_declared_profile(painted: Project, profile: str) -> None:
    painted.write({"pyproject.toml": f"{FEATURES}\n[tool.profilec.profiles.wasm]\n"})
    flags = painted.read("src/shop/_profile.py")
    text = """
        from profilec import choose
        from shop._profile import BLUE, FAST, RED, WASM

        SIZES = [
            1 if BLUE or FAST or RED or WASM else 3,
            choose(native=1, wasm=2),
            4,  # profilec: unless WASM
        ]
        """
    painted.write({"src/shop/_profile.py": f"{flags}WASM = flag('wasm')\n", "src/shop/_a.py": text})
    ran = painted.run("powerset", profile)
    assert (ran.code, ran.out) == (0, "")
