"""Findings of later rooms about the configuration, each at the place in `pyproject.toml` that it is about."""

import tomllib
from typing import Any

from msgspec.structs import replace

from profilec.config.model import Config
from profilec.config.places import KeyPath
from profilec.config.tables import Complaints
from profilec.diagnostics import Finding

_PROFILES: KeyPath = ("tool", "profilec", "profiles")


def at_key(finding: Finding, config: Config, at: KeyPath) -> Finding:
    """A finding with the place of a value."""
    complaints = Complaints(finding.path, _text(config))
    complaints.add(finding.code, at, finding.message, finding.hint)
    return replace(complaints.findings[0], profiles=finding.profiles, notes=finding.notes)


def at_entry(finding: Finding, config: Config, key: str, entry: str) -> Finding:
    """A finding with the place where its profile, or another table, has an entry in a list, if one does."""
    document = tomllib.loads(_text(config))
    profiles = document.get("tool", {}).get("profilec", {}).get("profiles", {})
    tables: dict[KeyPath, dict[str, Any]] = {
        (*_PROFILES, name): profiles.get(name, {}) for name in finding.profiles
    }
    tables[("project",)] = document.get("project", {})
    tables |= {(*_PROFILES, name): table for name, table in profiles.items()}
    for at, table in tables.items():
        listed = table.get(key, [])
        if entry in listed:
            return at_key(finding, config, (*at, key, listed.index(entry)))
    return finding


def _text(config: Config) -> str:
    """The text that the configuration was read from; nothing where it was not, or where that is gone."""
    file = config.root / "pyproject.toml"
    return file.read_text(encoding="utf-8") if file.is_file() else ""
