"""`profilec init`: the first configuration of a project."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import click

from profilec.cli.options import as_json, command, write_json
from profilec.cli.packages import (
    Found,
    find_modules,
    find_packages,
    find_project_around,
    find_projects,
    find_stubs,
    likeliest,
    namespace_of,
)
from profilec.emit.project_files import text_of
from profilec.emit.templating import rendered

FILE = "pyproject.toml"
_NAME = re.compile(r"^[ \t]*name[ \t]*=[ \t]*[\"']?([\w.-]+)", re.MULTILINE)
_SHOWN = 8
"""How many names a sentence lists."""


@command
@click.argument("package", required=False)
@as_json
def init(package: str | None, as_json: bool) -> int:
    """Give the project in this folder a configuration with two profiles, for CPython and for WebAssembly.

    PACKAGE need only be named if the folder holds several. What is there already is left as it is.

    Example: profilec init
    """
    root = Path.cwd()
    if around := find_project_around(root):
        there = os.path.relpath(around)
        raise click.UsageError(f"this folder belongs to the project in {there}: profilec init -C {there}")
    text = _read(root / FILE)
    document = _parsed(text, "is not valid TOML")
    if "profilec" in _table(document, "tool"):
        raise click.UsageError(
            f"{FILE} has a [tool.profilec] table already; `profilec check` says what it gives"
        )
    declared = _table(document, "project")
    found = _choose(
        root, package, _project_name(root, declared or _table(_table(document, "tool"), "poetry"))
    )
    addition = rendered("init.toml.j2", {"package": found.package, "source": found.source})
    newline = "\r\n" if "\r\n" in text else "\n"
    gap = newline * (0 if not text else 1 if text.endswith("\n") else 2)
    extended = text + gap + addition.replace("\n", newline)
    _parsed(extended, "writes its tables so that none can be added; write [tool.profilec] by hand")
    (root / FILE).write_bytes(extended.encode())
    if as_json:
        write_json({"path": FILE, "package": found.package, "source": found.source})
        return 0
    click.echo(f"{FILE}: added [tool.profilec] for the package {found.package}")
    if not declared:
        click.echo(
            "There is no [project] table: the built packages take their name, version and more from there."
        )
    click.echo(
        "Next: profilec build, then profilec diff native wasm; pytest --profilec wasm runs your tests there."
    )
    click.echo("What must not be reached goes into `forbid`: profilec audit lists what is, and from where.")
    return 0


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8") if file.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{FILE} cannot be read: {error}") from None


def _parsed(text: str, wrong: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise click.UsageError(f"{FILE} {wrong} ({error})") from None


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise click.UsageError(f"{FILE} gives `{name}` a value that is no table; write [{name}]")
    return table


def _project_name(root: Path, declared: dict[str, Any]) -> str:
    """What the project calls itself, in its table or for setuptools; nothing where it is not told."""
    named = (_NAME.search(text_of(root / file)) for file in ("setup.cfg", "setup.py"))
    return str(declared.get("name") or next((match[1] for match in named if match), ""))


def _choose(root: Path, wanted: str | None, project: str) -> Found:
    found = find_packages(root)
    namespace = namespace_of(found)
    if wanted is not None:
        match = [one for one in (*found, namespace) if one and one.package == wanted]
        if not match:
            there = f"; there is {', '.join(one.package for one in found)}" if found else ""
            raise click.UsageError(f"there is no package `{wanted}` here or in src{there}")
        return match[0]
    if not found:
        raise click.UsageError(_nothing(root, project))
    if namespace:
        return namespace
    if len(found) > 1:
        names = [one.package for one in found]
        shown = [*names[:_SHOWN], *([f"and {len(names) - _SHOWN} more"] if names[_SHOWN:] else [])]
        raise click.UsageError(
            f"there are several packages; name one of {', '.join(shown)}: "
            f"profilec init {likeliest(names, project)}"
        )
    return found[0]


def _nothing(root: Path, project: str) -> str:
    if (root / "__init__.py").is_file():
        return f"the modules of the package lie beside {FILE}: move them into a folder of its name first"
    modules = {module.stem: module for module in find_modules(root)}
    if not modules and (projects := find_projects(root)):
        commands = ", or ".join(f"-C {folder.as_posix()}" for folder in projects[:_SHOWN])
        return f"there is no package here, but projects below it: profilec init {commands}"
    if not modules and (stubs := find_stubs(root)):
        return f"there is nothing to compile: {stubs[0].as_posix()} holds only stubs, for type checkers"
    if not modules:
        return "there is no package: no folder here or in src holds Python files"
    module = modules[likeliest(modules, project)]
    package = module.with_suffix("") / "__init__.py"
    return f"{module} is a module by itself, and profilec compiles packages: move it to {package} first"
