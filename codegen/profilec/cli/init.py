"""`profilec init`: the first configuration of a project."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import click

from profilec.cli.options import command
from profilec.emit.templating import render

FILE = "pyproject.toml"


@dataclass(frozen=True)
class Found:
    """A package: its name, and the source root relative to the project."""

    package: str
    source: str


@command
@click.argument("package", required=False)
def init(package: str | None) -> int:
    """Give the project in this folder a configuration with two profiles, for CPython and for WebAssembly.

    PACKAGE need only be named if the folder holds several. What is there already is left as it is.

    Example: profilec init
    """
    root = Path.cwd()
    file = root / FILE
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    if "profilec" in _tools(text):
        raise click.UsageError(f"{FILE} has a [tool.profilec] table already")
    found = _choose(find_packages(root), package)
    addition = render("init.toml.j2", package=found.package, source=found.source)
    separator = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
    file.write_text(text + separator + addition, encoding="utf-8")
    click.echo(f"{FILE}: added [tool.profilec] for the package {found.package}")
    click.echo("Next: profilec build, then profilec diff native wasm, then profilec audit")
    return 0


def _tools(text: str) -> dict[str, object]:
    try:
        tools = tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise click.UsageError(f"{FILE} is not valid TOML: {error}") from None
    return tools if isinstance(tools, dict) else {}


def find_packages(root: Path) -> list[Found]:
    """The packages of a project: in `src`, else in the folder itself."""
    for source in ("src", "lib", "."):
        entries = sorted((root / source).iterdir()) if (root / source).is_dir() else []
        packages = [entry.name for entry in entries if (entry / "__init__.py").is_file()]
        names = [
            name for name in packages if re.fullmatch(r"(?!tests?$|docs?$|examples?$)[A-Za-z_]\w*", name)
        ]
        if names:
            return [Found(name, source) for name in names]
    return []


def _choose(found: list[Found], wanted: str | None) -> Found:
    if wanted is not None:
        match = [one for one in found if one.package == wanted]
        if not match:
            raise click.UsageError(
                f"there is no package `{wanted}`: no folder of that name holds an __init__.py"
            )
        return match[0]
    if not found:
        raise click.UsageError("there is no package: no folder here or in src holds an __init__.py")
    if len(found) > 1:
        names = ", ".join(one.package for one in found)
        raise click.UsageError(f"there are several packages; name one of {names}")
    return found[0]
