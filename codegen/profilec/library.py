"""The compiler as a library: a text in, a text or the lines that stay out. Nothing is written or executed."""

import re
from pathlib import Path

import libcst as cst

from profilec.config import Config, Profile, find_project, load_config, module_files
from profilec.diagnostics import Finding
from profilec.specialise import Specialised, specialise
from profilec.specialise.package import Package, read_package
from profilec.syntax.read import cookie
from profilec.tree import SourceFile

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
"""A line as Python counts it: a form feed ends none."""
_ERRORS = "surrogatepass"
"""What no file can hold is the business of whatever reads the bytes."""


class CompileError(Exception):
    """A text cannot be compiled.

    Attributes:
        findings: what is wrong with it, as a build would report it.
    """

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(f"line {finding.line}: {finding.message}" for finding in findings))
        self.findings = findings


def compile_source(text: str, profile: str, config: Config) -> str:
    """Compile the text of one module for one profile.

    The text is taken to lie directly in the package. The module of flags is read from the project; other
    modules are not looked at.

    Args:
        text: Python source.
        profile: the name of a declared profile.
        config: the configuration of a project, as `profilec.config.load_config` reads it.

    Returns:
        the text that the profile keeps; nothing if it drops the whole module.

    Raises:
        CompileError: the text has faults.
        KeyError: there is no such profile.
    """
    specialised = _specialised(text, config.profiles[profile], config)
    file = specialised.tree.files.get(_path(config))
    return file.data.decode(_codec(text)) if file else ""


def active(node: cst.Module, profile: str, config: Config | None = None) -> frozenset[int]:
    """Tell which lines of a module a profile keeps, counted from one.

    Args:
        node: the module as LibCST parsed it.
        profile: the name of a declared profile.
        config: the project; the one around the working directory if left out.

    Raises:
        CompileError: the module has faults.
        profilec.config.ConfigError: no configuration was given, and none is found or it is wrong.
        KeyError: there is no such profile.
    """
    config = config or load_config(find_project(Path.cwd()))
    text = node.code
    specialised = _specialised(text, config.profiles[profile], config)
    file = specialised.tree.files.get(_path(config))
    if file is None:
        return frozenset()
    every = range(1, len(_LINE.findall(text)) + 1)
    return frozenset(file.lines if file.changed else every) - {0}


def _specialised(text: str, profile: Profile, config: Config) -> Specialised:
    specialised = specialise(_package_of(text, config), [profile])[profile.name]
    errors = [finding for finding in specialised.findings if finding.is_error]
    if errors:
        raise CompileError(*errors)
    return specialised


def _package_of(text: str, config: Config) -> Package:
    """Return a package of one module, beside the flags of the project."""
    sources = {_path(config): SourceFile(_path(config), text.encode(_codec(text), _ERRORS))}
    if config.flags is not None:
        path = next(file for file in module_files(config.flags) if (config.source_folder / file).is_file())
        sources[path] = SourceFile(path, (config.source_folder / path).read_bytes())
    return read_package(sources, config)


def _codec(text: str) -> str:
    """Return the codec that a text names, if it can be written with it."""
    named = cookie(text.encode("utf-8", _ERRORS)) or "utf-8"
    try:
        return named if cookie(text.encode(named)) else "utf-8"
    except (LookupError, UnicodeEncodeError):
        return "utf-8"


def _path(config: Config) -> str:
    return f"{config.package_path}/source.py"
