"""Proof that what a command calls is there: `shop.cli:main`, of `[project.scripts]` or of a profile."""

from collections.abc import Iterator, Mapping

from profilec.config import Config, at_key
from profilec.config.places import KeyPath
from profilec.diagnostics import Finding
from profilec.prove.names.bindings import bindings
from profilec.prove.names.modules import parse
from profilec.tree import EmittedFile, Tree


def prove_commands(tree: Tree, config: Config) -> Iterator[Finding]:
    """Findings PC403 about the commands of one tree."""
    own = config.profiles[tree.profile].scripts
    listed = config.project.get("scripts")
    common = listed if isinstance(listed, dict) else {}
    tables: dict[KeyPath, Mapping[str, str]] = {
        ("project", "scripts"): {name: target for name, target in common.items() if name not in own},
        ("tool", "profilec", "profiles", tree.profile, "scripts"): own,
    }
    for at, table in tables.items():
        for name, target in table.items():
            if missing := _missing(target, tree, config):
                message = f"the command `{name}` calls {missing} in this tree"
                hint = "correct it, or list the command only under the profiles that have what it calls"
                finding = Finding(
                    "PC403", "pyproject.toml", message=message, hint=hint, profiles=(tree.profile,)
                )
                yield at_key(finding, config, (*at, name))


def _missing(target: str, tree: Tree, config: Config) -> str:
    """Say what a command asks for that a tree has not; nothing where it has all, or another package may."""
    module, _, function = target.partition(":")
    if not f"{module}.".startswith(f"{config.package}."):
        return ""
    path = module.strip().replace(".", "/")
    files = [file for name, file in tree.files.items() if name.startswith((f"{path}.", f"{path}/__init__."))]
    if not files:
        return f"`{module}`, and there is no such module"
    name = function.partition(".")[0].partition("[")[0].strip()
    return f"`{target}`, and there is no such function" if not any(_has(name, file) for file in files) else ""


def _has(name: str, file: EmittedFile) -> bool:
    """Tell whether a module has a name at its top, or may: where it is compiled, or answers for any name."""
    module = parse(file.path, file.data) if file.path.endswith(".py") else None
    if module is None:
        return True
    bound = bindings(module.syntax.body)
    return not bound.keys().isdisjoint({name, "*", "__getattr__"})
