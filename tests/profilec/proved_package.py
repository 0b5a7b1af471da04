"""A package and the distributions that it depends on, and what is proved of what they reach."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from profilec.config import Config, Profile
from profilec.diagnostics import Finding
from profilec.prove.dependencies import Dependencies
from profilec.prove.forbidden import prove_forbidden
from profilec.prove.idle_dependencies import prove_imports_remain
from profilec.tree import EmittedFile, SourceFile, Tree

FORBID = ("threading", "concurrent.futures", "time.sleep", "asyncio.to_thread", "open", "*.run_in_executor")


def install(folder: Path, name: str, files: Mapping[str, str], requires: str = "") -> None:
    """Install a distribution as pip does: its files, its metadata and the record of both."""
    information = folder / f"{name}-1.0.dist-info"
    information.mkdir(parents=True)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    (information / "METADATA").write_text(metadata + (f"Requires-Dist: {requires}\n" if requires else ""))
    (information / "RECORD").write_text("".join(f"{path},,\n" for path in files))
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(dedent(text))


def prove(
    root: Path, files: Mapping[str, str], *, forbid: tuple[str, ...] = FORBID, requires: tuple[str, ...] = ()
) -> list[Finding]:
    """The findings about a package, whose dependencies lie in the folder `deps`."""
    profile = Profile("wasm", forbid=forbid, dependencies=requires)
    config = Config(root, "shop", {"wasm": profile}, source="src")
    texts = {"shop/__init__.py": "", **files}
    sources = {path: SourceFile(path, dedent(text).encode()) for path, text in texts.items()}
    tree = Tree("wasm", {path: EmittedFile(path, source.data, False) for path, source in sources.items()})
    dependencies = Dependencies.at(root / "deps")
    return [
        *prove_forbidden(sources, tree, config, dependencies),
        *prove_imports_remain(sources, tree, config, dependencies),
    ]
