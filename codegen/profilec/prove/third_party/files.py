"""The files of the dependencies of one profile, and their lines that are never run where they are imported.

Those are what facts rule out, and what stands under `if __name__ == "__main__":`.
"""

import ast
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from profilec.answers import Answers
from profilec.config import Profile
from profilec.prove.names.modules import parse
from profilec.prove.third_party.installed import Modules
from profilec.prove.third_party.ruled_out import lines_ruled_out
from profilec.syntax.read import UnreadableSourceError, decode
from profilec.tree import SourceFile


class ThirdParty:
    """What can be imported of the dependencies of one profile."""

    def __init__(
        self,
        modules: Modules,
        read: Callable[[Path], bytes],
        profile: Profile,
        answers: Answers,
    ) -> None:
        """Read nothing yet.

        Args:
            modules: what can be imported.
            read: how the bytes of a file are read.
            profile: whose facts hold.
            answers: what is known of single files.
        """
        self._files = {**modules.copies, **modules.files}
        self.compiled: Mapping[str, str] = modules.compiled
        self._read = read
        self._profile = Profile(profile.name, facts=profile.facts, modules=profile.modules)
        self._answers = answers
        self._ruled_out: dict[str, Mapping[str, frozenset[int]]] = {}
        self._when_started: dict[str, frozenset[int]] = {}

    def __contains__(self, module: str) -> bool:
        """Whether there is a module, in a form that can be read."""
        return module in self._files

    def path(self, module: str) -> str:
        """The path of a module, relative to the folder that it is installed in."""
        is_package = self._files[module].stem == "__init__"
        return module.replace(".", "/") + ("/__init__.py" if is_package else ".py")

    def data(self, module: str) -> bytes:
        """The bytes of the file of a module."""
        return self._read(self._files[module])

    def ruled_out(self, module: str) -> frozenset[int]:
        """The lines of a module that are never run where it is imported."""
        top, path = module.partition(".")[0], self.path(module)
        if top not in self._ruled_out:
            self._ruled_out[top] = self._by_facts(top) if self._profile.facts or self._profile.modules else {}
        if module not in self._when_started:
            self._when_started[module] = _when_started(path, self.data(module))
        return self._ruled_out[top].get(path, frozenset()) | self._when_started[module]

    def _by_facts(self, top: str) -> Mapping[str, frozenset[int]]:
        texts = {}
        for module in (one for one in self._files if one.partition(".")[0] == top):
            path = self.path(module)
            with suppress(UnreadableSourceError):
                texts[path] = decode(SourceFile(path, self.data(module)), path)
        return lines_ruled_out(texts, self._profile, self._answers)


def _when_started(path: str, data: bytes) -> frozenset[int]:
    """The lines that are run where a file is started, and not where it is imported."""
    module = parse(path, data) if b"__main__" in data else None
    lines: set[int] = set()
    for node in module.syntax.body if module else ():
        match node:
            case ast.If(
                test=ast.Compare(
                    left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]
                ),
                body=[first, *_] as body,
            ):
                lines.update(range(first.lineno, (body[-1].end_lineno or 0) + 1))
    return frozenset(lines)
