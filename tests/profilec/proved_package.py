"""A package and the distributions that it depends on, and what is proved of what they reach."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent

from profilec.answers import Answers
from profilec.config import Config, Profile
from profilec.config.model import Fact
from profilec.diagnostics import Finding
from profilec.prove.forbidden import interest_in_forbidden, prove_forbidden
from profilec.prove.idle_dependencies import prove_imports_remain
from profilec.prove.names.reach import Reaches
from profilec.prove.third_party.dependencies import Dependencies
from profilec.tree import EmittedFile, SourceFile, Tree

FORBID = ("threading", "concurrent.futures", "time.sleep", "asyncio.to_thread", "open", "*.run_in_executor")


def install(
    folder: Path,
    name: str,
    files: Mapping[str, str],
    requires: Sequence[str] | str = (),
    *,
    recorded: bool = True,
) -> Path:
    """Install a distribution as pip does: its files, its metadata and the record of both.

    Returns:
        the folder of its metadata.
    """
    information = folder / f"{name}-1.0.dist-info"
    information.mkdir(parents=True)
    required = [requires] if isinstance(requires, str) else requires
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
    lines += [f"Requires-Dist: {requirement}" for requirement in required]
    (information / "METADATA").write_text("\n".join(lines) + "\n")
    if recorded:
        (information / "RECORD").write_text("".join(f"{path},,\n" for path in files))
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(dedent(text))
    return information


def prove(
    root: Path,
    files: Mapping[str, str],
    *,
    forbid: tuple[str, ...] = FORBID,
    requires: tuple[str, ...] = (),
    facts: Mapping[str, Fact] | None = None,
    modules: Mapping[str, bool] | None = None,
    marker: str | None = None,
    project: Mapping[str, object] | None = None,
) -> list[Finding]:
    """The findings about a package, whose dependencies lie in the folder `deps`."""
    profile = Profile(
        "wasm",
        forbid=forbid,
        dependencies=requires,
        facts=facts or {},
        modules=modules or {},
        marker=marker,
    )
    config = Config(root, "shop", {"wasm": profile}, source="src", project=project or {})
    texts = {"shop/__init__.py": "", **files}
    sources = {path: SourceFile(path, dedent(text).encode()) for path, text in texts.items()}
    tree = Tree("wasm", {path: EmittedFile(path, source.data, False) for path, source in sources.items()})
    dependencies, reaches = Dependencies.at(root / "deps"), Reaches(interest_in_forbidden(config), Answers())
    return [
        *prove_forbidden(sources, tree, config, dependencies, reaches),
        *prove_imports_remain(sources, tree, config, dependencies, reaches),
    ]
