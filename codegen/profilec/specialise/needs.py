"""What the files of a package need of each other: which names of a module, and which modules at all.

Takes what one profile leaves of a package so far, and answers for the whole of it what no file can say of
itself. Works on the outlines of texts. A text is looked into only if it holds the words that it would need.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

from msgspec import Struct

from profilec.folding.telling import holds_word
from profilec.specialise.package import Package
from profilec.syntax.outline import Outline, asked_of_others, outline
from profilec.syntax.read import Text
from profilec.syntax.scopes import module_name

_WORD = re.compile(r"[^\W\d]\w*")


class Remaining(Struct, frozen=True):
    """What one profile leaves of a package.

    Attributes:
        emitted: the paths of the files that stay.
        changed: what is left of those of which something went.
    """

    package: Package
    emitted: frozenset[str]
    changed: Mapping[str, Text]

    def text(self, path: str) -> Text:
        """Return what is left of a file that stays."""
        return self.changed.get(path) or self.package.texts[path]

    def outlines(self, paths: Iterable[str]) -> dict[str, Outline]:
        """Return the imports that are left in some files that stay."""
        wanted = list(paths)
        changed = [path for path in wanted if path in self.changed]
        found = self.package.answers.ask(outline, None, [self.changed[path] for path in changed], Outline)
        untouched = self.package.outlines(path for path in wanted if path not in self.changed)
        return {**untouched, **dict(zip(changed, found, strict=True))}


class Needs:
    """The needs of one state of one profile's tree."""

    def __init__(self, left: Remaining, modules: Mapping[str, bool]) -> None:
        """Look at what is left.

        Args:
            left: what one profile leaves.
            modules: whether importing a module succeeds, where facts say so.
        """
        self._left = left
        self._texts = left.package.texts
        self._missing = frozenset(name for name, there in modules.items() if not there)

    # Names

    def asked_for(self, names: Collection[tuple[str, str]], *, by_path: bool) -> dict[tuple[str, str], str]:
        """Return those of some names at the top of files that another file asks for, each with that file.

        Args:
            names: each with the path of its file.
            by_path: whether a file asks, too, that has no name of its own for the module: by that of a
                package around it, or in a string; and the stub beside it for what that declares.
        """
        if not names:
            return {}
        by_name: dict[str, list[str]] = {}
        for path, name in names:
            by_name.setdefault(name, []).append(path)
        unlisted = by_name.keys() - self._left.package.vocabulary
        mentions = {
            other: found
            for other in sorted(self._left.emitted)
            if (found := self._mentioned(other, by_name, unlisted))
        }
        outlines = self._left.outlines(mentions)
        asked = self._declared(names) if by_path else {}
        unsure: dict[str, list[tuple[str, str]]] = {}
        for other, found in mentions.items():
            outline, text = outlines[other], self._left.text(other)
            for path, name in found:
                module = module_name(path)
                starred = module in outline.stars and self._passes_on(path, name)
                if starred or _imports_name(outline, module, name):
                    asked.setdefault((path, name), other)
                elif (by_path or module in outline.targets) and _may_hold(text, name):
                    unsure.setdefault(other, []).append((path, name))
        texts = [self._left.text(other) for other in unsure]
        answers = self._left.package.answers.ask(asked_of_others, None, texts, frozenset[str])
        for (other, found), held in zip(unsure.items(), answers, strict=True):
            for path, name in found:
                module = module_name(path)
                if (
                    f"{module}.{name}" in held
                    or (module in outlines[other].targets and name in held)
                    or (by_path and _asks_by_path(outlines[other], held, module, name))
                ):
                    asked.setdefault((path, name), other)
        return asked

    def _declared(self, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """Return those of some names that the stub beside their file declares, each with the stub."""
        stubs = {(path, name): f"{path}i" for path, name in names if f"{path}i" in self._left.emitted}
        outlines = self._left.outlines({*stubs.values()} & self._texts.keys())
        return {
            one: stub for one, stub in stubs.items() if stub in outlines and one[1] in outlines[stub].bound
        }

    def no_longer_imported(self) -> set[tuple[str, str]]:
        """Return the private names at the top of files that others import in the source, and do not any more.

        Each with the path of its file. A file in which the word of a name is left may need it.
        """
        package, emitted = self._left.package, self._left.emitted
        shrunk = [path for path in self._texts if path not in emitted or path in self._left.changed]
        found: set[tuple[str, str]] = set()
        for path, before in package.outlines(shrunk).items():
            left = self._left.text(path).content if path in emitted else ""
            for target in before.targets:
                module, _, name = target.rpartition(".")
                if _is_private(name) and not holds_word(left, name) and (file := package.file_of(module)):
                    found.add((file, name))
        outlines = package.outlines({file for file, _ in found} & emitted)
        return {(file, name) for file, name in found if file in outlines and name in outlines[file].bound}

    def _passes_on(self, path: str, name: str) -> bool:
        """Tell whether a star import of a file gives a name."""
        listed = self._left.outlines([path])[path].listed
        return not name.startswith("_") if listed is None else name in listed

    def _mentioned(
        self, other: str, by_name: Mapping[str, list[str]], unlisted: Collection[str]
    ) -> list[tuple[str, str]]:
        """Return the names that a file may ask for: it holds their words, and that of their module.

        Args:
            other: the path of the file.
            by_name: the paths of the files of each name.
            unlisted: the names that are not in the vocabulary, which the text itself has to be searched for.
        """
        text = self._left.text(other)
        words = self._left.package.mentioned(text)
        named = [word for word in words if word in by_name]
        named += [name for name in unlisted if holds_word(text.content, name)]
        return [
            (path, name)
            for name in named
            for path in by_name[name]
            if path != other and _last(module_name(path)) in words
        ]

    # Modules

    def unneeded_modules(self) -> set[str]:
        """Return the modules that something in the source leads to, and nothing that is left.

        A module may go if it is private, or if nobody could import it in this profile. Where that is said of
        the package itself, it says nothing of its modules.
        """
        names = {path: module_name(path) for path in sorted(self._left.emitted)}
        dead = self._cannot_be_imported()
        if self._left.package.config.package in dead:
            dead = set()
        suspects = self._suspects({path: n for path, n in names.items() if _is_private(n) or n in dead})
        if not suspects:
            return set()
        flags = self._left.package.flags_path
        roots = [path for path in self._texts if path not in suspects and path != flags]
        before = self._reachable(roots, self._importing(suspects, left=False))
        after = self._reachable(roots, self._importing(suspects, left=True))
        return {path for path in suspects if path in before and path not in after}

    def _suspects(self, candidates: Mapping[str, str]) -> dict[str, str]:
        """Return the modules that a file of which an import may have gone led to, directly or through others.

        No other can have lost an importer, so the other files need not be looked into.
        """
        if not candidates:
            return {}
        words = {_last(name) for name in candidates.values()}
        imported = self._importing(candidates, left=False)
        suspects: set[str] = set()
        news = {path for path in self._texts if not words.isdisjoint(self._words_gone(path))}
        while news:
            news = imported(news) - suspects
            suspects |= news
        return {path: candidates[path] for path in sorted(suspects)}

    def _words_gone(self, path: str) -> frozenset[str]:
        """Return the words of the lines that a file does not have any more, each as often as it had it."""
        text = self._texts[path]
        if path not in self._left.emitted:
            return frozenset(self._left.package.mentioned(text))
        if path not in self._left.changed:
            return frozenset()
        left = Counter(map(str.strip, self._left.text(path).content.split("\n")))
        gone = Counter(map(str.strip, text.content.split("\n"))) - left
        return frozenset(_WORD.findall("\n".join(gone)))

    @staticmethod
    def _reachable(roots: Iterable[str], imported: Callable[[Collection[str]], set[str]]) -> set[str]:
        reached: set[str] = set()
        news = set(roots)
        while news:
            reached |= news
            news = imported(news) - reached
        return reached

    def _importing(self, modules: Mapping[str, str], *, left: bool) -> Callable[[Collection[str]], set[str]]:
        """Return what finds the modules that some files, or what is left of them, import."""
        by_word: dict[str, list[str]] = {}
        for path, name in modules.items():
            by_word.setdefault(_last(name), []).append(path)

        def imported(files: Collection[str]) -> set[str]:
            looked_at = sorted(file for file in files if not left or file in self._left.emitted)
            texts = {file: self._left.text(file) if left else self._texts[file] for file in looked_at}
            mentions = {
                file: [path for word in words for path in by_word[word] if path != file]
                for file, text in texts.items()
                if (words := by_word.keys() & self._left.package.mentioned(text))
            }
            outlines = self._left.outlines(mentions) if left else self._left.package.outlines(mentions)
            return {
                path
                for file, found in mentions.items()
                for path in found
                if _imports(outlines[file], texts[file], modules[path])
            }

        return imported

    def _cannot_be_imported(self) -> set[str]:
        """Return the modules that import, directly or through others, what facts say is not there."""
        found: set[str] = set()
        news = set(self._missing)
        while news:
            words = frozenset(map(_last, news))
            suspects = [
                path
                for path, text in self._texts.items()
                if module_name(path) not in found
                and not (
                    words.isdisjoint(self._left.package.mentioned(text))
                    and words.isdisjoint(module_name(path).split("."))
                )
            ]
            missing = self._missing | found
            news = {module_name(path) for path in self._failing(suspects, missing)}
            found |= news
        return found

    def _failing(self, paths: Iterable[str], missing: Collection[str]) -> set[str]:
        suspects = list(paths)
        outlines = self._left.outlines(suspects)
        return {
            path
            for path in suspects
            if any(_is_within(asked, missing) for asked in (module_name(path), *outlines[path].at_top))
        }


def _is_within(path: str, modules: Collection[str]) -> bool:
    parts = path.split(".")
    return any(".".join(parts[: index + 1]) in modules for index in range(len(parts)))


def _imports(found: Outline, text: Text, module: str) -> bool:
    """Tell whether a text imports a module, or names it in a string."""
    return not found.is_complete or module in found.reached or module in text.content


def _imports_name(found: Outline, module: str, name: str) -> bool:
    """Tell whether a text imports a name; one that cannot be parsed may."""
    return not found.is_complete or f"{module}.{name}" in found.targets


def _may_hold(text: Text, name: str) -> bool:
    """Tell whether a text holds a name as an attribute or in a string, be it in prose."""
    return re.search(rf"[.:'\"]\s*{name}\b", text.content) is not None


def _asks_by_path(found: Outline, held: Collection[str], module: str, name: str) -> bool:
    """Tell whether a text asks a module for a name by the path of either, by what it asks others for.

    That stands behind the name of a package around the module, or in a string.
    """
    around = (module[: dot.start()] for dot in re.finditer(r"\.", module))
    behind_package = not found.targets.isdisjoint(around) and f"{_last(module)}.{name}" in held
    in_string = module in found.targets and f"'{name}" in held
    by_text = f"'{module}.{name}" in held or (f"'{module}" in held and name in held)
    return behind_package or in_string or by_text


def _is_private(module: str) -> bool:
    return any(part.startswith("_") and not part.startswith("__") for part in module.split("."))


def _last(module: str) -> str:
    return module.rpartition(".")[2]
