"""What a well-typed configuration can still get wrong: names, references, forms of values, folders."""

import ast
import re
from collections.abc import Mapping
from keyword import iskeyword
from pathlib import Path

from profilec.config.marker import MarkerError, python_test
from profilec.config.metadata import check_files, leads_inside
from profilec.config.model import Config, Fact, Profile, module_files
from profilec.config.places import KeyPath
from profilec.config.tables import Complaints, Table
from profilec.diagnostics import did_you_mean

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_WHEEL_TAG = re.compile(r"[A-Za-z0-9_.]+-[A-Za-z0-9_.]+-[A-Za-z0-9_.]+")
_TAG_HINT = "write python-abi-platform, as in py3-none-any"
_SCRIPT = re.compile(r"\w+(\.\w+)*:\w+(\.\w+)*")
_FACTS: Mapping[str, type] = {
    "sys.platform": str,
    "os.name": str,
    "platform.system()": str,
    "platform.machine()": str,
    "platform.python_implementation()": str,
    "sys.implementation.name": str,
    "sys.version_info": tuple,
}
"""What programs often ask the platform, and the kind of the answer."""
_LIKE_A_FACT = re.compile(r"(sys|os|platform)\.[\w.]+(\(\))?")
_KINDS = {str: "string", int: "number", float: "number", bool: "boolean", tuple: "list"}
_TABLE: KeyPath = ("tool", "profilec")


def check_names(config: Config, tool: Table) -> None:
    """Report names that cannot be used, are used twice, or refer to nothing. Needs no folder to exist."""
    for key, names in (("features", config.features), ("profiles", config.profiles)):
        for name in names:
            if not _NAME.fullmatch(name):
                hint = "start with a letter and go on with letters, digits, - and _"
                tool.complain("PC010", (key, name), f"`{name}` cannot be used as a name", hint, of_key=True)
    for name in config.features.keys() & config.profiles.keys():
        message = f"`{name}` is the name of a profile and of a feature"
        tool.complain("PC009", ("features", name), message, "rename the feature", of_key=True)
    _check_references(config, tool)


def _check_references(config: Config, tool: Table) -> None:
    default = tool.data.get("default")
    if isinstance(default, str) and default not in config.profiles:
        hint = did_you_mean(default, config.profiles) or f"declared: {', '.join(config.profiles)}"
        tool.complain("PC008", "default", f"unknown profile `{default}`", hint)
    if tool.data.get("format", "none") not in ("black", "none"):
        tool.complain("PC013", "format", "`format` is neither black nor none", 'write format = "black"')
    for name in config.profiles:
        own = tool.data["profiles"][name].get("features", ())
        for index, feature in enumerate(own if isinstance(own, list) else ()):
            _check_feature(config, tool, ("profiles", name, "features", index), feature)
    for outer, group in enumerate(config.exclusive):
        for inner, feature in enumerate(group):
            _check_feature(config, tool, ("exclusive", outer, inner), feature)
    for name in config.stub_modules:
        unless = tool.data["stub-modules"][name].get("unless")
        if isinstance(unless, str) and unless not in config.profiles:
            _check_feature(config, tool, ("stub-modules", name, "unless"), unless)


def _check_feature(config: Config, tool: Table, at: KeyPath, feature: object) -> None:
    are_known = isinstance(tool.data.get("features", {}), dict)
    if are_known and isinstance(feature, str) and feature not in config.features:
        known = ", ".join(config.features) or "none"
        hint = did_you_mean(feature, config.features) or f"declared in [tool.profilec.features]: {known}"
        tool.complain("PC007", at, f"unknown feature `{feature}`", hint)


def check_config(config: Config, complaints: Complaints) -> None:
    """Report values of a form that cannot be used, and folders and files that are not there."""
    _check_places(config, complaints)
    check_files(config, complaints)
    for index, group in enumerate(config.exclusive):
        if len(set(group)) < 2:
            message = (
                f"`exclusive` lists {f'only `{group[0]}`' if group else 'no feature'}, so excludes nothing"
            )
            hint = "name two or more features that no build may combine"
            complaints.add("PC013", (*_TABLE, "exclusive", index), message, hint)
    for profile in config.profiles.values():
        _check_profile(config, profile, complaints)


def _check_places(config: Config, complaints: Complaints) -> None:
    for key, value in (("source", config.source), ("out", config.out)):
        if Path(value).is_absolute() or ".." in Path(value).parts or "\\" in value:
            hint = "write a path relative to pyproject.toml, with forward slashes"
            complaints.add("PC013", (*_TABLE, key), f"`{value}` is not a folder inside the project", hint)
            return
    for key, name in (("package", config.package), ("flags", config.flags)):
        if name is not None and not _is_module_name(name):
            hint = "write identifiers joined by dots"
            complaints.add("PC010", (*_TABLE, key), f"`{name}` is not the name of a module", hint)
            return
    if not config.source_folder.is_dir():
        hint = _nearest_folder(config.root, config.source) or "name the folder that holds the package"
        complaints.add(
            "PC006", (*_TABLE, "source"), f"the source folder `{config.source}` does not exist", hint
        )
    elif not config.package_folder.is_dir():
        folder = config.shown(config.package_path)
        message = f"the package `{config.package}` does not exist: there is no folder {folder}"
        hint = _nearest_folder(config.source_folder, config.package) or _other_source(config)
        complaints.add("PC006", (*_TABLE, "package"), message, hint)
    else:
        _check_flags(config, complaints)
        _check_stub_modules(config, complaints)
        _check_out(config, complaints)
        for index, pattern in enumerate(config.copy):
            if not leads_inside(pattern):
                message = f"`{pattern}` names no files inside the project"
                hint = f"write a path relative to `{config.source}` or to the package, with forward slashes"
                complaints.add("PC013", (*_TABLE, "copy", index), message, hint)


def _is_module_name(name: str) -> bool:
    return all(part.isidentifier() and not iskeyword(part) for part in name.split("."))


def _nearest_folder(folder: Path, name: str) -> str:
    return did_you_mean(name, [entry.name for entry in folder.iterdir() if entry.is_dir()])


def _other_source(config: Config) -> str:
    """Say which folder of the project holds the package, where one does."""
    holding = sorted(
        folder.name for folder in config.root.iterdir() if (folder / config.package_path).is_dir()
    )
    return f'write source = "{holding[0]}"' if holding else ""


def _check_flags(config: Config, complaints: Complaints) -> None:
    if config.flags is None:
        return
    if not config.flags.startswith(config.package + "."):
        hint = f"put it into the package, as in {config.package}._profile"
        complaints.add(
            "PC013", (*_TABLE, "flags"), f"`{config.flags}` is not a module of `{config.package}`", hint
        )
        return
    if not _is_there(config, config.flags):
        path = config.shown(config.flags.replace(".", "/"))
        message = f"the module of flags `{config.flags}` does not exist: there is no file {path}.py"
        complaints.add("PC006", (*_TABLE, "flags"), message, "create it, or leave `flags` out")


def _is_there(config: Config, module: str) -> bool:
    return any((config.source_folder / file).is_file() for file in module_files(module))


def _check_stub_modules(config: Config, complaints: Complaints) -> None:
    for name, stub in config.stub_modules.items():
        module, colon, error = ("NotImplementedError" if stub.error is None else stub.error).rpartition(":")
        if not _is_module_name(error) or (colon and not _is_module_name(module.lstrip("."))):
            message, hint = f"`{stub.error}` names no exception class", "write module:name, or a builtin"
            complaints.add("PC013", (*_TABLE, "stub-modules", name, "error"), message, hint)
        if not _is_there(config, name):
            files = (file.relative_to(config.source_folder) for file in config.package_folder.rglob("*.py"))
            modules = [".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in files]
            message = f"the module `{name}` does not exist"
            complaints.add(
                "PC006", (*_TABLE, "stub-modules", name), message, did_you_mean(name, modules), key=True
            )


def _check_out(config: Config, complaints: Complaints) -> None:
    source = config.package_folder.resolve()
    for name in config.profiles:
        out = config.out_folder(name).resolve()
        if out == source or out in source.parents or source in out.parents:
            message = f"the output folder {config.out}/{name} and the source {config.source} overlap"
            complaints.add("PC013", (*_TABLE, "out"), message, 'write a folder of its own: out = "build"')
            return


def _check_profile(config: Config, profile: Profile, complaints: Complaints) -> None:
    at: KeyPath = (*_TABLE, "profiles", profile.name)
    for group in config.exclusive:
        together = [feature for feature in group if feature in profile.features]
        if len(together) > 1:
            message = f"profile `{profile.name}` combines {' and '.join(f'`{name}`' for name in together)}"
            complaints.add("PC012", (*at, "features"), message, "they are listed in `exclusive`")
    if profile.marker is not None:
        try:
            python_test(profile.marker)
        except MarkerError as error:
            hint = "write one that names the platform, as in \"sys_platform == 'emscripten'\""
            complaints.add("PC013", (*at, "marker"), f"`marker` cannot be used: {error}", hint)
    if profile.wheel_tag is not None and not _WHEEL_TAG.fullmatch(profile.wheel_tag):
        complaints.add("PC013", (*at, "wheel-tag"), "`wheel-tag` is no tag of a wheel", _TAG_HINT)
    for name, target in profile.scripts.items():
        if not _SCRIPT.fullmatch(target):
            complaints.add(
                "PC013", (*at, "scripts", name), f"script `{name}` calls nothing", "write module:function"
            )
    for name in profile.modules:
        if not _is_module_name(name):
            complaints.add("PC010", (*at, "modules", name), f"`{name}` is not the name of a module", key=True)
    _check_expressions(profile, at, complaints)


def _check_known(expression: str, value: Fact, at: KeyPath, complaints: Complaints) -> None:
    """Refuse a fact that misspells one that programs often ask for, or gives it a value of another kind."""
    kind = _FACTS.get(expression)
    if kind is None and _LIKE_A_FACT.fullmatch(expression):
        nearest = did_you_mean(expression, _FACTS, cutoff=0.85)
        if nearest:
            complaints.add("PC013", at, f"no fact is called `{expression}`", nearest, key=True)
    elif kind is not None and not isinstance(value, kind):
        given = _KINDS[type(value)]
        hint = "write a string" if kind is str else "write a list of numbers: [3, 14]"
        complaints.add("PC013", at, f"`{expression}` is no {given}", hint)


def _check_expressions(profile: Profile, at: KeyPath, complaints: Complaints) -> None:
    for expression, value in profile.facts.items():
        _check_known(expression, value, (*at, "facts", expression), complaints)
        try:
            ast.parse(expression.strip(), mode="eval")
        except (SyntaxError, ValueError):
            message = f"the fact `{expression}` is not a Python expression"
            hint = 'write what a program asks, as in "sys.platform"'
            complaints.add("PC013", (*at, "facts", expression), message, hint, key=True)
    for index, pattern in enumerate(profile.forbid):
        name = pattern.removeprefix("*.")
        if not _is_module_name(name) or (name != pattern and "." in name):
            message = f"`{pattern}` names nothing that could be forbidden"
            hint = "write a module, a dotted name, a builtin, or *.method"
            complaints.add("PC013", (*at, "forbid", index), message, hint)
