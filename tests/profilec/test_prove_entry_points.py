"""What commands call and plugins are found by is there in every tree that they are installed from."""

import pytest
from profilec_project import CONFIGURATION, FLAGS, Project

COMMAND = CONFIGURATION.replace('version = "1.2"', 'version = "1.2"\n    scripts = { shop = "TARGET" }')
FILES = {
    "src/shop/__init__.py": "",
    "src/shop/_profile.py": FLAGS,
    "src/shop/cli.py": """
        from profilec import only
        from shop._profile import THREADS

        @only(THREADS)
        def main() -> None: ...

        class App:
            def run(self) -> None: ...

        app = App()
        """,
    "src/shop/late.py": "def __getattr__(name: str) -> object: ...\n",
    "src/shop/fast.abi3.so": b"",
}


@pytest.mark.parametrize(
    ("target", "message", "profiles"),
    [
        ("shop.cli:main", "`shop.cli:main`, and there is no such name", ["wasm"]),
        ("shop.cli:mian", "`shop.cli:mian`, and there is no such name", ["native", "wasm"]),
        ("shop.clj:main", "`shop.clj`, and there is no such module", ["native", "wasm"]),
    ],
)
def test_a_command_that_calls_what_is_not_there_is_found(
    project: Project, target: str, message: str, profiles: list[str]
) -> None:
    project.write({"pyproject.toml": COMMAND.replace("TARGET", target), **FILES})

    (finding,) = project.run("check", "--json").json["findings"]

    assert (finding["code"], finding["path"], finding["line"]) == ("PC403", "pyproject.toml", 4)
    assert finding["message"] == f"the command `shop` calls {message} in this tree"
    assert finding["profiles"] == profiles


@pytest.mark.parametrize(
    "target", ["shop.cli:app.run", "shop.cli:App", "shop.late:main", "shop.fast:main", "elsewhere:main"]
)
def test_a_command_that_may_find_what_it_calls_is_not_reported(project: Project, target: str) -> None:
    project.write({"pyproject.toml": COMMAND.replace("TARGET", target), **FILES})

    assert project.run("check", "--json").json["findings"] == []


PLUGIN = CONFIGURATION.replace(
    "[tool.profilec]", '[project.entry-points."shop.plugins"]\n    one = "TARGET"\n\n    [tool.profilec]'
)


@pytest.mark.parametrize(
    ("target", "missing"),
    [
        ("shop.cli:main", "`shop.cli:main`, and there is no such name"),
        ("shop.threads", "`shop.threads`, and there is no such module"),
        ("shop.threads:Pool [fast]", "`shop.threads`, and there is no such module"),
    ],
)
def test_a_plugin_that_a_tree_has_not_is_found_at_its_line(
    project: Project, target: str, missing: str
) -> None:
    threads = "# profilec: only THREADS\nclass Pool: ...\n"
    project.write(
        {"pyproject.toml": PLUGIN.replace("TARGET", target), **FILES, "src/shop/threads.py": threads}
    )

    (finding,) = project.run("check", "--json").json["findings"]

    assert (finding["code"], finding["path"], finding["line"]) == ("PC403", "pyproject.toml", 8)
    assert finding["message"] == f"the entry point `one` of `shop.plugins` names {missing} in this tree"
    assert finding["profiles"] == ["wasm"]


@pytest.mark.parametrize(
    "target",
    [
        "shop.cli:App",
        "shop.cli",
        "shop.late:main [fast]",
        "shop.fast",
        "elsewhere",
        "shop.nowhere:one",
        "shop.cli:mian",
    ],
)
def test_a_plugin_that_may_be_there_or_never_was_is_not_reported(project: Project, target: str) -> None:
    project.write({"pyproject.toml": PLUGIN.replace("TARGET", target), **FILES})

    assert project.run("check", "--json").json["findings"] == []


def test_a_command_with_a_window_calls_what_is_there(project: Project) -> None:
    configuration = COMMAND.replace("scripts", "gui-scripts").replace("TARGET", "shop.cli:main")
    project.write({"pyproject.toml": configuration, **FILES})

    (finding,) = project.run("check", "--json").json["findings"]

    assert finding["message"].startswith("the command `shop` calls `shop.cli:main`")
