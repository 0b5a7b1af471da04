"""The configuration: `[tool.profilec]` of a project's `pyproject.toml`, read, checked, and frozen.

Everything after it takes a `Config` and never looks at the file again.
"""

from profilec.config.loading import ConfigError, find_project, load_config
from profilec.config.model import Config, Fact, Profile, StubModule, module_files
from profilec.config.pointing import at_entry, at_key

__all__ = [
    "Config",
    "ConfigError",
    "Fact",
    "Profile",
    "StubModule",
    "at_entry",
    "at_key",
    "find_project",
    "load_config",
    "module_files",
]
