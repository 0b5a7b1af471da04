"""From `pyproject.toml` to a `Config`, or to findings that name every mistake at once."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from profilec.config.checks import check_config, check_names
from profilec.config.metadata import check_requirements, read_metadata
from profilec.config.model import Config, Profile, StubModule
from profilec.config.tables import Complaints, Table
from profilec.diagnostics import Finding, did_you_mean, merged

FILE = "pyproject.toml"
_SYNTAX_HINTS = {
    "invalid value": "write strings in quotes",
    "illegal character '\\n'": "end the string with a quote",
    "overwrite a value": "keep one of the two",
    "declare": "keep one of the two",
    "unclosed array": "end it with ]",
    "mutate": "write all of the table in one place",
}
"""What to do about what `tomllib` says, by a part of it."""
_REPEATED = re.compile(r"Cannot declare \('tool', 'profilec', 'profiles', '([^']+)'\) twice")
_BLACK_FLAGS = (
    "skip-string-normalization", "skip-magic-trailing-comma", "skip-source-first-line", "preview", "unstable",
)  # fmt: skip
_UNREADABLE = "give yourself the right to read it"
_TABLE = re.compile(rb"^\s*\[\s*tool\s*\.\s*profilec\b", re.MULTILINE)


class ConfigError(Exception):
    """The configuration cannot be used.

    Attributes:
        findings: every mistake found, ordered by place.
    """

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = merged(findings)


def find_project(start: Path, *, above: bool = True) -> Path:
    """The folder of the project that `start` lies in: the nearest with a `[tool.profilec]` table.

    Args:
        start: where to look first.
        above: whether to look in the folders above it too.

    Raises:
        ConfigError: there is none, or it cannot be read (PC001).
    """
    for folder in (start, *(start.parents if above else ())):
        if (folder / FILE).is_file() and _TABLE.search(_bytes(folder)):
            return folder
    hint = "run `profilec init` in the folder of your project, or name that folder with -C"
    if not start.is_dir():
        raise ConfigError(Finding("PC001", str(start), message="there is no such folder", hint=hint))
    if (start / FILE).is_file():
        _document(_text(start))
        raise ConfigError(Finding("PC001", FILE, message="there is no `[tool.profilec]` table", hint=hint))
    raise ConfigError(Finding("PC001", FILE, message=f"not found in {start} or above it", hint=hint))


def load_config(root: Path) -> Config:
    """Read and check the configuration of the project in `root`.

    Raises:
        ConfigError: with a finding (PC0xx) for every mistake.
    """
    text = _text(root)
    complaints = Complaints(FILE, text)
    config = _read_config(root, _document(text), complaints)
    if not complaints.findings:
        check_config(config, complaints)
    if complaints.findings:
        raise ConfigError(*complaints.findings)
    return config


def _bytes(root: Path) -> bytes:
    try:
        return (root / FILE).read_bytes()
    except OSError as error:
        raise ConfigError(
            Finding("PC001", FILE, message=f"cannot be read: {error.strerror}", hint=_UNREADABLE)
        ) from None


def _text(root: Path) -> str:
    try:
        text = _bytes(root).decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(Finding("PC002", FILE, message="is not UTF-8", hint="save it as UTF-8")) from None
    if text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}"):
        message = "begins with a byte order mark, which TOML does not know"
        raise ConfigError(Finding("PC002", FILE, message=message, hint="save it as UTF-8 without one"))
    return text.replace("\r\n", "\n")


def _document(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax_finding(text, str(error))) from None


def _syntax_finding(text: str, message: str) -> Finding:
    """The finding of a text that `tomllib` refused, whose message ends in `(at line 3, column 5)`."""
    match = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message, re.DOTALL)
    reason = match[1] if match else message
    lines = text.split("\n")
    row, place = (int(match[2]), int(match[3])) if match and match[2] else (len(lines), 1)
    if repeated := _REPEATED.fullmatch(reason):
        return _declared_twice(repeated[1], lines, row)
    reason = reason[:1].lower() + reason[1:]
    hint = next((hint for part, hint in _SYNTAX_HINTS.items() if part in reason), "")
    return Finding(
        "PC002", FILE, row, place, place + 1, f"not valid TOML: {reason}", hint, source_line=lines[row - 1]
    )


def _declared_twice(profile: str, lines: Sequence[str], row: int) -> Finding:
    """The finding of a profile with two tables: at the header of the later one, else where reading ended."""
    path = r"\s*\.\s*".join(["tool", "profilec", "profiles", f"[\"']?{re.escape(profile)}[\"']?"])
    header = re.compile(rf"\s*\[\s*{path}\s*\]")
    rows = [number for number, line in enumerate(lines, 1) if header.match(line)]
    notes = tuple(f"first declared in line {first}" for first in rows[:1])
    row = rows[-1] if rows else row
    message = f"profile `{profile}` is declared twice"
    return Finding("PC009", FILE, row, 1, 2, message, source_line=lines[row - 1], notes=notes)


def _read_config(root: Path, document: Mapping[str, Any], complaints: Complaints) -> Config:
    tools = document["tool"]
    tool = Table(complaints, ("tool", "profilec"), tools["profilec"])
    package = tool.text("package")
    features = tool.text_table("features")
    tables = tool.tables("profiles")
    if package is None and "package" not in tool.data:
        tool.complain(
            "PC005", (), "`tool.profilec.package` is missing", 'add the name of the package: package = "…"'
        )
    if not tables and "profiles" not in tool.data:
        tool.complain("PC005", (), "no profile is declared", "add a table [tool.profilec.profiles.NAME]")
    project = read_metadata(Table(complaints, (), document).table("project"))
    config = Config(
        root=root,
        package=package or "",
        profiles=_read_profiles(tables),
        source=_folder(tool.text("source") or "."),
        flags=tool.text("flags"),
        out=_folder(tool.text("out") or "build"),
        default=tool.text("default") or next(iter(tables), ""),
        format="black" if tool.text("format") == "black" else "none",
        features=features,
        exclusive=tool.text_lists("exclusive"),
        copy=tool.texts("copy"),
        stub_modules={name: _read_stub(name, table) for name, table in tool.tables("stub-modules").items()},
        project=project,
        black=_read_black(Table(complaints, ("tool",), tools).table("black"), tool, project),
    )
    tool.refuse_unknown_keys()
    check_names(config, tool)
    return config


def _read_black(table: Table, tool: Table, project: Mapping[str, Any]) -> dict[str, object]:
    """Return the options that decide how Black writes a file, where changed files go through it.

    It takes its keys with hyphens and with underscores, and what no `target-version` says from `[project]`.
    """
    if tool.data.get("format") != "black":
        return {}

    def written(key: str) -> str:
        return key if key in table.data else key.replace("-", "_")

    options = {
        "line-length": table.number(written("line-length")),
        "target-version": table.texts(written("target-version")) or None,
        "enable-unstable-feature": table.texts(written("enable-unstable-feature")) or None,
        "requires-python": project.get("requires-python"),
        **{key: table.flag(written(key)) for key in _BLACK_FLAGS},
    }
    return {key: value for key, value in options.items() if value is not None}


def _folder(text: str) -> str:
    """A folder as findings show it: no `./` before it and no slash behind it."""
    return text.rstrip("/").removeprefix("./") or "."


def _read_stub(name: str, table: Table) -> StubModule:
    stub = StubModule(
        name, table.text("unless") or "", table.text("error"), table.text("code"), table.text("message")
    )
    if not stub.unless and "unless" not in table.data:
        table.complain(
            "PC005", (), "`unless` is missing", 'add the feature that the module needs: unless = "…"'
        )
    table.refuse_unknown_keys()
    return stub


def _read_profiles(tables: Mapping[str, Table]) -> dict[str, Profile]:
    own = {name: (table.text("extends"), _read_profile(name, table)) for name, table in tables.items()}
    for table in tables.values():
        table.refuse_unknown_keys()
    return {name: _extended(name, own, tables[name]) for name in own}


def _read_profile(name: str, table: Table) -> Profile:
    check_requirements(table, "dependencies", table.texts("dependencies"))
    return Profile(
        name=name,
        features=frozenset(table.texts("features")),
        dependencies=table.texts("dependencies"),
        marker=table.text("marker"),
        wheel_tag=table.text("wheel-tag"),
        scripts=table.text_table("scripts"),
        facts=table.fact_table("facts"),
        modules=table.flag_table("modules"),
        forbid=table.texts("forbid"),
        wheel_strip=table.flag("wheel-strip"),
    )


def _extended(name: str, own: Mapping[str, tuple[str | None, Profile]], table: Table) -> Profile:
    """The profile with all that it extends: lists are joined, tables merged, single values replaced."""
    chain = [name]
    while (base := own[chain[-1]][0]) is not None:
        if base not in own:
            if chain[-1] == name:
                table.complain("PC008", "extends", f"unknown profile `{base}`", did_you_mean(base, own))
            break
        if base in chain:
            if name == base == min(chain, key=list(own).index):  # the others are told of it by this one
                circle = " → ".join([*chain, base])
                table.complain(
                    "PC011", "extends", f"profiles extend each other in a circle: {circle}", "remove this one"
                )
            break
        chain.append(base)
    profile = own[chain[-1]][1]
    for link in reversed(chain[:-1]):
        profile = _over(own[link][1], profile)
    return profile


def _over(profile: Profile, base: Profile) -> Profile:
    return Profile(
        name=profile.name,
        features=base.features | profile.features,
        dependencies=tuple(dict.fromkeys(base.dependencies + profile.dependencies)),
        marker=profile.marker or base.marker,
        wheel_tag=profile.wheel_tag or base.wheel_tag,
        scripts={**base.scripts, **profile.scripts},
        facts={**base.facts, **profile.facts},
        modules={**base.modules, **profile.modules},
        forbid=tuple(dict.fromkeys(base.forbid + profile.forbid)),
        wheel_strip=(base.wheel_strip if profile.wheel_strip is None else profile.wheel_strip),
    )
