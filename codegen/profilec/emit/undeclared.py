"""What a project's packages go without, because it is declared elsewhere than in `[project]`, or nowhere.

Imports nothing slow, because a build that finds nothing to do looks at these files too.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from profilec.config import Config, at_key
from profilec.diagnostics import Finding
from profilec.emit.project_files import distribution_name, find_version, text_of

_KEYS = r"version|install_requires|extras_require|python_requires|entry_points|scripts"
_ELSEWHERE = {
    "pyproject.toml": re.compile(
        r"^\[?(?P<key>tool\.poetry\.(?:dependencies|extras|scripts|plugins)"
        r"|tool\.flit\.(?:metadata|scripts)|version(?=[ ]*=))\b",
        re.MULTILINE,
    ),
    "setup.cfg": re.compile(rf"^\[?(?:options\.)?(?P<key>{_KEYS})[ ]*[]=]", re.MULTILINE),
    "setup.py": re.compile(rf"\b(?P<key>{_KEYS})\b[\"']?\]?[ ]*[=:](?!=)(?![ ]*\[[ ]*\])"),
}
"""Where tools before `[project]` keep what a package cannot do without."""

_COMPILED = {
    "pyproject.toml": re.compile(
        r"^(?:build-backend[ ]*=[ ]*[\"']|\[+tool\.setuptools(?:-rust)?\.)?"
        r"(?P<key>maturin|mesonpy|scikit_build_core|ext-modules)\b",
        re.MULTILINE,
    ),
    "setup.py": re.compile(r"\b(?P<key>(?:ext|cffi)_modules|rust_extensions)\b[ ]*=(?![ ]*\[[ ]*\])"),
}
"""Where build backends are told of extension modules."""

_FOUND = frozenset(["version", "readme", "license-files"])
"""What packages have although it is `dynamic`: files that are known by their names say it."""


def undeclared(config: Config) -> Iterator[Finding]:
    """Warnings (PC014) where the project has metadata, but no version, or has what matters elsewhere."""
    version = find_version(config)
    if config.project and version is None:
        message = "the version of the project is not to be found; the packages are called 0.0.0"
        listed = "version" in _dynamic(config)
        hint = 'write version = "…" into [project]' + ", and take it out of `dynamic`" * listed
        finding = Finding("PC014", "pyproject.toml", message=message, hint=hint)
        yield at_key(finding, config, ("project", "dynamic") if listed else ("project",))
    for file, words in told_elsewhere(config):
        what = f"are called {distribution_name(config)} {version or '0.0.0'} and go without {_listed(words)}"
        message = f"the packages {what}: there is no [project] table"
        yield _at(file, words[0], message, "write it into [project]")
    for file, words in compiled_elsewhere(config):
        message = f"the packages go without the extension modules that {_listed(words)} makes"
        hint = "build them into the package first, and give the profile of their platform its `wheel-tag`"
        yield _at(file, words[0], message, hint)
    profiles = config.profiles.values()
    by_profile = {
        "dependencies": any(profile.dependencies for profile in profiles),
        "scripts": any(profile.scripts for profile in profiles),
    }
    elsewhere = [key for key in _dynamic(config) if key not in _FOUND and not by_profile.get(key)]
    if elsewhere:
        message = f"the packages go without what is `dynamic`: {', '.join(elsewhere)}"
        finding = Finding("PC014", "pyproject.toml", message=message, hint="write it into [project]")
        yield at_key(finding, config, ("project", "dynamic"))


def told_elsewhere(config: Config) -> Iterator[tuple[str, list[re.Match[str]]]]:
    """The files that say what a package needs where no `[project]` table does, each with its words for it."""
    known = {"version"} if find_version(config) else set()
    return _telling(config, _ELSEWHERE, known) if not config.project else iter(())


def compiled_elsewhere(config: Config) -> list[tuple[str, list[re.Match[str]]]]:
    """The files that say how extension modules are made, each with its words for it, where none is there."""
    told = list(_telling(config, _COMPILED, set()))
    there = told and any(file.suffix in {".so", ".pyd"} for file in config.package_folder.rglob("*"))
    return [] if there else told


def _telling(
    config: Config, kinds: Mapping[str, re.Pattern[str]], known: set[str]
) -> Iterator[tuple[str, list[re.Match[str]]]]:
    for name, words in kinds.items():
        found = {match["key"]: match for match in words.finditer(text_of(config.root / name))}
        if told := [match for key, match in found.items() if key not in known]:
            yield name, told


def _dynamic(config: Config) -> list[Any]:
    """The keys of `[project]` that a build backend works out."""
    dynamic = config.project.get("dynamic")
    return dynamic if isinstance(dynamic, list) else []


def _listed(words: Iterable[re.Match[str]]) -> str:
    return ", ".join(f"`{match['key']}`" for match in words)


def _at(file: str, word: re.Match[str], message: str, hint: str) -> Finding:
    """A warning (PC014) at a word of a file beside the package."""
    start, end = word.span("key")
    text = word.string
    first = text.rfind("\n", 0, start) + 1
    line = text[first:].partition("\n")[0]
    place = text.count("\n", 0, start) + 1, start - first + 1, end - first + 1
    return Finding("PC014", file, *place, message, hint, source_line=line)
