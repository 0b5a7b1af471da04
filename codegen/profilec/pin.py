"""Makes one package importable from one folder, whatever else the import path holds, or lies beside it.

A package of the same name elsewhere on `sys.path` (the annotated source in the working directory) does not
hide it, and what lies beside it (the site-packages of another world) does not become importable.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class Pin:
    """An import hook (`sys.meta_path`) that finds `package` in `folder`, which holds it, and nothing else."""

    def __init__(self, package: str, folder: str) -> None:
        self.package = package
        self.folder = folder

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the package; leave every other module, its submodules included, to the other hooks."""
        return PathFinder.find_spec(name, [self.folder], target) if name == self.package else None

    def set(self) -> None:
        """Put the hook before all others."""
        sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Take the hook away; what was imported through it stays."""
        sys.meta_path.remove(self)
