"""The configuration: what is read, and that every mistake is one clear finding at its place."""

from collections.abc import Callable
from pathlib import Path

import pytest
from profilec_project import Project

from profilec.config import ConfigError, find_project, load_config
from profilec.config.places import Place, find_places
from profilec.diagnostics import Finding

HEAD = '[tool.profilec]\nsource = "src"\npackage = "shop"\n'
PROFILE = "[tool.profilec.profiles.native]\n"

type Configured = Callable[[str], Project]


def findings_of(project: Project) -> tuple[Finding, ...]:
    with pytest.raises(ConfigError) as caught:
        load_config(project.root)
    return caught.value.findings


MISTAKES = {
    "a string in place of a list": (
        HEAD + PROFILE + 'features = "threads"',
        "PC004",
        5,
        "`tool.profilec.profiles.native.features` must be a list of strings, not a string",
        "",
    ),
    "a number in a list of strings": (
        HEAD + PROFILE + 'forbid = [\n    "os",\n    7,\n]',
        "PC004",
        7,
        "each element of `tool.profilec.profiles.native.forbid` must be a string, not a number",
        "",
    ),
    "a misspelt key": (HEAD + PROFILE + "forbidd = []", "PC003", 5, "unknown key `forbidd`", "`forbid`"),
    "a misspelt key of the compiler": (
        '[tool.profilec]\npakage = "shop"\n' + PROFILE,
        "PC003",
        2,
        "unknown key `pakage`",
        "`package`",
    ),
    "a source folder that is not there": (
        '[tool.profilec]\nsource = "scr"\npackage = "shop"\n' + PROFILE,
        "PC006",
        2,
        "the source folder `scr` does not exist",
        "`src`",
    ),
    "a package that is not there": (
        '[tool.profilec]\nsource = "src"\npackage = "shopp"\n' + PROFILE,
        "PC006",
        3,
        "the package `shopp` does not exist: there is no folder src/shopp",
        "`shop`",
    ),
    "a package in a source folder that is not named": (
        '[tool.profilec]\npackage = "shop"\n' + PROFILE,
        "PC006",
        2,
        "the package `shop` does not exist: there is no folder shop",
        'write source = "src"',
    ),
    "a module of flags that is not there": (
        HEAD + 'flags = "shop._flags"\n' + PROFILE,
        "PC006",
        4,
        "the module of flags `shop._flags` does not exist",
        "",
    ),
    "a module of flags outside the package": (
        HEAD + 'flags = "flags"\n' + PROFILE,
        "PC013",
        4,
        "`flags` is not a module of `shop`",
        "shop._profile",
    ),
    "an unknown feature in a profile": (
        HEAD + '[tool.profilec.features]\nthreads = "x"\n' + PROFILE + 'features = ["thread"]',
        "PC007",
        7,
        "unknown feature `thread`",
        "`threads`",
    ),
    "a feature without a name": (HEAD + PROFILE + 'features = [""]', "PC007", 5, "unknown feature ``", ""),
    "a default without a name": (HEAD + 'default = ""\n' + PROFILE, "PC008", 4, "unknown profile ``", ""),
    "a stub module of a feature without a name": (
        HEAD + '[tool.profilec.stub-modules]\n"shop._profile" = { unless = "" }\n' + PROFILE,
        "PC007",
        5,
        "unknown feature ``",
        "",
    ),
    "an unknown feature that excludes": (
        HEAD + 'exclusive = [["a", "b"]]\n[tool.profilec.features]\na = "x"\n' + PROFILE,
        "PC007",
        4,
        "unknown feature `b`",
        "",
    ),
    "an unknown default": (
        HEAD + 'default = "naitve"\n' + PROFILE,
        "PC008",
        4,
        "unknown profile `naitve`",
        "`native`",
    ),
    "an unknown base": (HEAD + PROFILE + 'extends = "wsm"', "PC008", 5, "unknown profile `wsm`", ""),
    "a feature with the name of a profile": (
        HEAD + '[tool.profilec.features]\nnative = "x"\n' + PROFILE,
        "PC009",
        5,
        "`native` is the name of a profile and of a feature",
        "",
    ),
    "a profile named twice": (
        HEAD + PROFILE + "[tool.profilec.profiles.native]\n",
        "PC009",
        5,
        "profile `native` is declared twice",
        "",
    ),
    "a profile that is no folder name": (
        HEAD + '[tool.profilec.profiles."a/b"]\n',
        "PC010",
        4,
        "`a/b` cannot be used as a name",
        "",
    ),
    "a fact with a misspelt name": (
        HEAD + PROFILE + 'facts = { "sys.platfrom" = "linux" }',
        "PC013",
        5,
        "no fact is called `sys.platfrom`",
        "`sys.platform`",
    ),
    "a fact without its call": (
        HEAD + PROFILE + 'facts = { "platform.system" = "Linux" }',
        "PC013",
        5,
        "no fact is called `platform.system`",
        "`platform.system()`",
    ),
    "a version that is a string": (
        HEAD + PROFILE + 'facts = { "sys.version_info" = "3.14" }',
        "PC013",
        5,
        "`sys.version_info` is no string",
        "write a list of numbers: [3, 14]",
    ),
    "a version that is a number": (
        HEAD + PROFILE + 'facts = { "sys.version_info" = 3.14 }',
        "PC013",
        5,
        "`sys.version_info` is no number",
        "write a list of numbers: [3, 14]",
    ),
    "several platforms": (
        HEAD + PROFILE + 'facts = { "sys.platform" = ["linux", "darwin"] }',
        "PC013",
        5,
        "`sys.platform` is no list",
        "write a string",
    ),
    "profiles in a circle": (
        HEAD + '[tool.profilec.profiles.a]\nextends = "b"\n[tool.profilec.profiles.b]\nextends = "a"\n',
        "PC011",
        5,
        "a → b → a",
        "",
    ),
    "a fact whose dots are not quoted": (
        HEAD + PROFILE + 'forbid = []\n[tool.profilec.profiles.native.facts]\nsys.platform = "linux"',
        "PC004",
        7,
        "`tool.profilec.profiles.native.facts.sys` must be a string, a number, a boolean or a list of them",
        'put the whole expression into quotes: "sys.platform" = …',
    ),
    "a module that nothing could import": (
        HEAD + PROFILE + 'modules = { "no module" = true }',
        "PC010",
        5,
        "`no module` is not the name of a module",
        "",
    ),
    "a stub of a module that is not there": (
        HEAD + '[tool.profilec.stub-modules]\n"shop._profil" = { unless = "native" }\n' + PROFILE,
        "PC006",
        5,
        "the module `shop._profil` does not exist",
        "`shop._profile`",
    ),
    "a stub module whose error is no class": (
        HEAD
        + '[tool.profilec.stub-modules]\n"shop._profile" = { unless = "native", error = "x y" }\n'
        + PROFILE,
        "PC013",
        5,
        "`x y` names no exception class",
        "module:name",
    ),
    "metadata that is no table": (
        "project = 3\n" + HEAD + PROFILE,
        "PC004",
        1,
        "`project` must be a table, not a number",
        "",
    ),
    "features that exclude each other": (
        HEAD
        + 'exclusive = [["a", "b"]]\n[tool.profilec.features]\na = "x"\nb = "x"\n'
        + PROFILE
        + 'features = ["a", "b"]',
        "PC012",
        9,
        "profile `native` combines `a` and `b`",
        "",
    ),
    "a feature that excludes itself alone": (
        HEAD + 'exclusive = [["a", "a"]]\n[tool.profilec.features]\na = "x"\n' + PROFILE,
        "PC013",
        4,
        "`exclusive` lists only `a`",
        "name two or more features",
    ),
    "features that exclude each other, and are none": (
        HEAD + "exclusive = [[]]\n" + PROFILE,
        "PC013",
        4,
        "`exclusive` lists no feature",
        "",
    ),
    "a marker that is none": (HEAD + PROFILE + 'marker = "linux"', "PC013", 5, "`marker` cannot be used", ""),
    "a wheel tag that is none": (HEAD + PROFILE + 'wheel-tag = "wasm"', "PC013", 5, "`wheel-tag`", ""),
    "a script that calls nothing": (
        HEAD + PROFILE + 'scripts = { shop = "shop" }',
        "PC013",
        5,
        "script `shop` calls nothing",
        "",
    ),
    "a requirement that is none": (
        HEAD + PROFILE + 'dependencies = ["not a requirement"]',
        "PC013",
        5,
        "`not a requirement`",
        "",
    ),
    "a fact that is no expression": (
        HEAD + PROFILE + 'facts = { "sys platform" = "x" }',
        "PC013",
        5,
        "the fact `sys platform` is not a Python expression",
        "",
    ),
    "a pattern that forbids nothing": (HEAD + PROFILE + 'forbid = ["os/path"]', "PC013", 5, "`os/path`", ""),
    "a pattern of a method of a method": (
        HEAD + PROFILE + 'forbid = ["*.loop.run_in_executor"]',
        "PC013",
        5,
        "`*.loop.run_in_executor` names nothing that could be forbidden",
        "*.method",
    ),
    "a pattern that is a keyword": (HEAD + PROFILE + 'forbid = ["import"]', "PC013", 5, "`import` names", ""),
    "an output folder that holds the source": (
        HEAD + 'out = "src"\n[tool.profilec.profiles.shop]\n',
        "PC013",
        4,
        "the output folder src/shop and the source src overlap",
        "",
    ),
    **{
        f"files to copy that are {what}": (
            HEAD + f'copy = ["{pattern}"]\n' + PROFILE,
            "PC013",
            4,
            f"`{pattern}` names no files inside the project",
            "write a path relative to `src` or to the package",
        )
        for what, pattern in (("outside", "../data/**"), ("absolute", "/data/**"), ("none", ""))
    },
    "a folder outside the project": (
        '[tool.profilec]\nsource = "../src"\npackage = "shop"\n' + PROFILE,
        "PC013",
        2,
        "`../src` is not a folder inside the project",
        "",
    ),
    "an option of Black of another type": (
        HEAD + 'format = "black"\n' + PROFILE + '[tool.black]\nline-length = "88"\n',
        "PC004",
        7,
        "`tool.black.line-length` must be a whole number, not a string",
        "write a whole number",
    ),
    "a version for Black that is no list": (
        HEAD + 'format = "black"\n' + PROFILE + '[tool.black]\ntarget-version = "py312"\n',
        "PC004",
        7,
        "`tool.black.target-version` must be a list of strings, not a string",
        "write a list",
    ),
    "another formatter": (HEAD + 'format = "yapf"\n' + PROFILE, "PC013", 4, "neither black nor none", ""),
    "no package": ("[tool.profilec]\n" + PROFILE, "PC005", 1, "`tool.profilec.package` is missing", ""),
    "no profile": (HEAD, "PC005", 1, "no profile is declared", ""),
    "a value that TOML does not know": (HEAD + "out = build\n" + PROFILE, "PC002", 4, "not valid TOML", ""),
    "a text that ends too early": (HEAD + 'out = "', "PC002", 4, "not valid TOML", ""),
    "a stub module without a feature": (
        HEAD + "[tool.profilec.stub-modules]\n" + '"shop.spill" = { code = "X" }\n' + PROFILE,
        "PC005",
        5,
        "`unless` is missing",
        "",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_finding_that_names_its_place(name: str, configured: Configured) -> None:
    text, code, line, message, hint = MISTAKES[name]
    findings = findings_of(configured(text))
    finding = next(finding for finding in findings if finding.code == code)
    assert (finding.path, finding.line) == ("pyproject.toml", line)
    assert message in finding.message
    assert hint in finding.hint
    if code != "PC002":
        assert finding.source_line in text.split("\n")


def test_a_byte_order_mark_is_named(configured: Configured) -> None:
    project = configured(HEAD + PROFILE)
    project.write({"pyproject.toml": b"\xef\xbb\xbf" + project.read("pyproject.toml").encode()})
    (finding,) = findings_of(project)
    assert (finding.code, finding.message) == (
        "PC002",
        "begins with a byte order mark, which TOML does not know",
    )


def test_a_circle_is_one_finding_also_where_another_profile_leads_into_it(configured: Configured) -> None:
    extends = {"c": "b", "b": "a", "a": "b"}
    tables = (f'[tool.profilec.profiles.{name}]\nextends = "{base}"\n' for name, base in extends.items())
    (finding,) = findings_of(configured(HEAD + "".join(tables)))
    assert (finding.code, finding.message[-9:]) == ("PC011", "b → a → b")


def test_several_mistakes_are_reported_together(configured: Configured) -> None:
    project = configured(HEAD + "colour = 1\n" + PROFILE + "features = 1\nmarker = []\n")
    assert [finding.code for finding in findings_of(project)] == ["PC003", "PC004", "PC004"]


def test_features_that_are_no_table_are_one_finding_wherever_they_are_named(configured: Configured) -> None:
    project = configured(HEAD + 'features = ["threads"]\n' + PROFILE + 'features = ["threads"]\n')
    (finding,) = findings_of(project)
    assert (finding.code, finding.line) == ("PC004", 4)


def test_a_finding_marks_the_element_that_is_wrong(configured: Configured) -> None:
    project = configured(HEAD + '[tool.profilec.features]\na = "x"\n' + PROFILE + 'features = ["a", "bc"]')
    (finding,) = findings_of(project)
    assert finding.source_line[finding.column - 1 : finding.end_column - 1] == '"bc"'


def test_a_small_configuration_is_enough(configured: Configured) -> None:
    config = load_config(configured('[tool.profilec]\nsource = "src"\npackage = "shop"\n' + PROFILE).root)
    assert (config.out, config.default, config.flags, config.format) == ("build", "native", None, "none")


def test_a_byte_order_of_lines_from_another_system_is_read(configured: Configured) -> None:
    project = configured(HEAD + PROFILE)
    text = project.read("pyproject.toml")
    project.write({"pyproject.toml": text.replace("\n", "\r\n").encode()})
    assert load_config(project.root).package == "shop"


def test_a_profile_takes_over_what_it_extends(configured: Configured) -> None:
    project = configured(HEAD + """
[tool.profilec.features]
a = "x"
b = "x"

[tool.profilec.profiles.wasm]
features = ["a"]
marker = "sys_platform == 'emscripten'"
facts = { "sys.platform" = "emscripten", "os.name" = "posix" }
forbid = ["os"]
wheel-strip = true

[tool.profilec.profiles.edge]
extends = "wasm"
features = ["b"]
facts = { "os.name" = "nt" }
forbid = ["ssl"]

[tool.profilec.profiles.documented]
extends = "wasm"
wheel-strip = false
""")
    profiles = load_config(project.root).profiles
    edge = profiles["edge"]
    assert edge.features == {"a", "b"}
    assert edge.marker == "sys_platform == 'emscripten'"
    assert edge.facts == {"sys.platform": "emscripten", "os.name": "nt"}
    assert edge.forbid == ("os", "ssl")
    assert (edge.wheel_strip, profiles["documented"].wheel_strip) == (True, False)


def test_lists_in_facts_become_tuples(configured: Configured) -> None:
    config = load_config(configured(HEAD + PROFILE + 'facts = { "sys.version_info" = [3, 14] }').root)
    assert config.profiles["native"].facts == {"sys.version_info": (3, 14)}


@pytest.mark.parametrize(
    ("pattern", "path", "is_copied"),
    [
        ("data/**", "shop/data/a/b.py", True),
        ("shop/data/*.py", "shop/data/b.py", True),
        ("shop/data/*.py", "shop/data/a/b.py", False),
        ("**/bad.py", "shop/x/bad.py", True),
        ("**/bad.py", "shop/bad.py", True),
        ("bad?.py", "shop/bad1.py", True),
        ("bad.py", "shop/x/bad.py", False),
    ],
)
def test_copy_patterns_match_paths(pattern: str, path: str, is_copied: bool, configured: Configured) -> None:
    config = load_config(configured(HEAD + f'copy = ["{pattern}"]\n' + PROFILE).root)
    assert config.is_copied(path) is is_copied


def test_the_project_is_found_from_a_folder_inside_it(project: Project) -> None:
    assert find_project(project.root / "src" / "shop") == project.root


def test_a_folder_without_a_project_is_told_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find_project(tmp_path / "nothing")
    assert caught.value.findings[0].code == "PC001"
    assert "profilec init" in caught.value.findings[0].hint


def test_places_of_keys_and_values_are_found_in_every_notation() -> None:
    places = find_places("""# [x]
a.b = [1, # ]
  { c = "]" }]
"d e" = \"\"\"
[t]
\"\"\"
[t."u"]
v = 'w'
[[r]]
k = 1
[[r]]
k = 2
""")
    assert places.keys["a", "b"] == Place(2, 1, 4)
    assert places.values["a", "b", 0] == Place(2, 8, 9)
    assert places.values["a", "b", 1, "c"] == Place(3, 9, 12)
    assert places.keys[("d e",)] == Place(4, 1, 6)
    assert places.values["t", "u", "v"] == Place(8, 5, 8)
    assert places.values["r", 0, "k"] == Place(10, 5, 6)
    assert places.values["r", 1, "k"] == Place(12, 5, 6)
