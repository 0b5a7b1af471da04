"""The configuration: `[tool.profilec]` of a project's `pyproject.toml`, read, checked, and frozen.

First room of the flow of data: everything after it takes a `Config` and never looks at the file again.
"""

from profilec.config.loading import ConfigError, find_project, load_config
from profilec.config.model import Config, Fact, Profile, StubModule

__all__ = ["Config", "ConfigError", "Fact", "Profile", "StubModule", "find_project", "load_config"]
