"""The golden cases: one file for each behaviour of the compiler's transformations.

A case begins with lines `#: …`: the first says the behaviour, the others are TOML that is added to the
configuration below `[tool.profilec]`. Then stands the source of `shop/module.py`, and then any of these
sections:

    # file: shop/other.py       another file of the source
    # output: wasm              what a profile makes of `shop/module.py`; with a path behind it, of another
    # gone: wasm                the profile does not emit `shop/module.py`; or a path behind it
    # error: PC102 3:8 wasm     a finding, where, and the profiles that meet it (all if none is named)

A profile without an output section emits the source unchanged. To add a case, add a file.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from profilec.config import Config, load_config
from profilec.diagnostics import Finding, merged
from profilec.sources import read_sources
from profilec.specialise import specialise
from profilec.specialise.package import read_package
from profilec.tree import Tree

FOLDER = Path(__file__).parent / "cases"
MODULE = "shop/module.py"
CONFIGURATION = """
[tool.profilec]
package = "shop"
flags = "shop._profile"

[tool.profilec.features]
threads = "worker threads"
spill-fs = "spill to files"
cli = "a command"

[tool.profilec.profiles.native]
features = ["threads", "spill-fs", "cli"]

[tool.profilec.profiles.wasm]
"""
FLAGS = """\
from profilec import flag

NATIVE = flag("native")
WASM = flag("wasm")
THREADS = flag("threads")
SPILL_FS = flag("spill-fs")
CLI = flag("cli")
"""

_SECTION = re.compile(r"^# (file|output|gone|error): *(.*)\n", re.MULTILINE)


@dataclass
class Case:
    """One case file, taken apart."""

    path: Path
    behaviour: str
    configuration: str
    files: dict[str, str]
    outputs: dict[tuple[str, str], str | None] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


def read_case(path: Path) -> Case:
    """Take a case file apart."""
    text = path.read_bytes().decode("utf-8")
    header = re.match(r"(?:#:.*\n)*", text)
    assert header, path
    behaviour, *options = [line.removeprefix("#:").strip() for line in header[0].splitlines()]
    source, *sections = _SECTION.split(text[header.end() :])
    case = Case(path, behaviour, "\n".join(options), {MODULE: source})
    for kind, argument, body in zip(sections[::3], sections[1::3], sections[2::3], strict=True):
        first, _, rest = argument.strip().partition(" ")
        if kind == "file":
            case.files[first] = body
        elif kind == "error":
            case.errors.append(argument.strip())
        else:
            case.outputs[first, rest or MODULE] = body if kind == "output" else None
    return case


def all_cases() -> list[Path]:
    """Every case file."""
    return sorted(FOLDER.rglob("*.case"))


def project_of(case: Case, folder: Path) -> Config:
    """Write the project of a case into a folder and read its configuration, as for wheels."""
    files = {"shop/__init__.py": "", "shop/_profile.py": FLAGS, **case.files}
    options = re.sub(r"^\[", "[tool.profilec.", case.configuration, flags=re.MULTILINE)
    files["pyproject.toml"] = f"{CONFIGURATION}\n{options}\n"
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    config = load_config(folder)
    return replace(config, profiles={name: profile.packed() for name, profile in config.profiles.items()})


@dataclass(frozen=True)
class Compiled:
    """What the compiler made of a case."""

    trees: dict[str, Tree]
    findings: tuple[Finding, ...]


def compile_case(config: Config) -> Compiled:
    """Specialise the project of a case for all of its profiles."""
    sources, findings = read_sources(config)
    package = read_package(sources, config)
    made = specialise(package, config.profiles.values())
    found = [finding for specialised in made.values() for finding in specialised.findings]
    return Compiled({name: made[name].tree for name in made}, merged([*findings, *found]))


def shown(finding: Finding, profiles: int) -> str:
    """Write a finding as an `# error:` line does."""
    met = "" if len(finding.profiles) in (0, profiles) else " " + " ".join(finding.profiles)
    place = "" if finding.path.endswith("shop/module.py") else f" {finding.path}"
    return f"{finding.code} {finding.line}:{finding.column}{met}{place}"
