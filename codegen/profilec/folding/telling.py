"""Which words tell that something of a text may be decided: those of a flag, a marker, or all of a fact.

`name` stands nearly everywhere, `os` and `name` in few places together. A word of a dotted path need not be
there where the module or a package around it has that name, and in a part of a text also where something is
imported under another name.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from profilec.diagnostics import did_you_mean
from profilec.folding.facts import Facts
from profilec.folding.flags import MARKERS, FlagTable
from profilec.syntax.scopes import Names, module_name

_WORD = re.compile(r"[^\W\d]\w*")
_COMMENT = re.compile(r"""^((?:[^#\n"']|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')*)#.*""", re.MULTILINE)

_BINDING_ELSEWHERE = re.compile(
    r"(?:setattr|delattr)\((?!\s*self\s*,)[^,]*,\s*[^\s\"']|\bvars\((?!self\)|\))|(?<!\bself)\.__dict__"
    r"|\b__getattribute__\("
)
"""What is read of a text in which the names need not stand; an instance is none of their holders."""
_TAKING_ELSEWHERE = re.compile(
    r"getattr\((?!\s*self\s*,)[^,]*,\s*[^\s\"']|\b__setattr__\((?!\s*self\s*,)[^,()]*,[^,()]*,|\bgetmembers\("
    r"|\b(?:exec|eval)\("
)
"""What asks something for a name that need not stand in the text."""
_REMAKING = re.compile(
    r"\bmetaclass\s*=(?!\s*(?:abc\.)?ABCMeta\b)|\(\s*type\s*\)\s*:|\bABCMeta\(|\b(?:with|add)_metaclass\("
    r"|\b__getattribute__\b|\.__class__\s*=[^=]|\bgetattr\(\s*(?:type\([^,]*\)|[^,()]*\.__class__)\s*,\s*[^\s\"']"
)
"""What makes classes by itself, answers for their instances, or has the class of any and a name."""
_CHANGING = re.compile(r"(?:set|del)attr(?:__)?\(\s*(?:type\([^,]*\)|[^,()]*\.__class__|cls)\s*,\s*[^\s\"']")
"""What binds in the class of something, whichever that is, a name that need not stand in the text."""
_IMPORT = re.compile(r"[ \t]*(?:from|import)\b")
_CHAIN = re.compile(r"(([^\W\d]\w*)\.([^\W\d]\w*)[\w.]*)(?:\(\))?")
"""An expression that is a chain of names, and no more than called: the names, the first and the second."""
_IMPORTED, _RENAMED = re.compile(r"[ \t]*import[ \t]+(?:[\w.]+[ \t]*,[ \t]*)*"), re.compile(r"\s+as\b")
"""What stands before a name that is imported, and behind one that gets another."""
_MAY_BIND = ("setattr(", "delattr(", "vars(", ".__dict__", "__getattribute__(")
"""One of these is in all that the search for the above finds; a plain text is found far sooner."""
_BINDING = frozenset({
    "setattr", "delattr", "vars", "__dict__", "__getattribute__", "globals", "locals", "exec",
})  # fmt: skip
"""Words without one of which no text binds a name that it does not hold; the last three only in its file."""

_LOADING = frozenset({"modules", "import_module"})
"""Words of what gives a module whose name need not stand in the text."""
_IMPORTS = "import"
"""The word without which a part of a text gives nothing a name that the rest does not."""

type Words = frozenset[str]


class Telling(Struct, frozen=True):
    """What a text, or a part of it, must hold if anything in it is to be decided.

    Attributes:
        words: one of these,
        together: or all of one of these,
        chains: with what some of them look like where no other name stands for one: `os.name`, or `os` alone.
        imported: the words of what each name stands for that the text imports.
        around: words that count as held: of the modules that everything is imported from.
        owners: or one of these and a word of what binds names that the text need not hold; each with the
            paths that it may stand for.
        handed_on: those of them that the text may give to others: one tells where something is imported,
        in_reach: and anywhere, if what is read of the text has it by a name.
    """

    words: Words
    together: frozenset[Words]
    chains: Mapping[Words, re.Pattern[str]] = {}
    imported: Mapping[str, Words] = {}
    around: Words = frozenset()
    owners: Mapping[str, frozenset[str]] = {}
    handed_on: Words = frozenset()
    in_reach: Words = frozenset()

    def __bool__(self) -> bool:
        """Tell whether anything tells at all."""
        return bool(self.words or self.together or self.owners)

    def tells(self, held: Words, holds: Callable[[re.Pattern[str]], bool]) -> bool:
        """Tell whether something may be decided in a part of a text.

        Args:
            held: its words.
            holds: tells whether a pattern matches in it.
        """
        if not self.words.isdisjoint(held):
            return True
        imported = frozenset().union(*(self.imported[name] for name in held & self.imported.keys()))
        held |= imported
        if not (self.handed_on if _IMPORTS in held else self.in_reach).isdisjoint(held):
            return True
        other, held = imported | self.around, held | self.around
        if not self.words.isdisjoint(held):
            return True
        has_owner = not (self.owners.keys() | _LOADING).isdisjoint(held)
        binds = bool(self.owners) and has_owner and not _BINDING.isdisjoint(held)
        return binds or any(
            words <= held
            and (words not in self.chains or not words.isdisjoint(other) or holds(self.chains[words]))
            for words in self.together
        )

    def may_tell(self, path: str, content: str) -> bool:
        """Tell whether a file may hold what tells."""
        # a search for plain texts is far faster than one for words
        sought = [frozenset([word]) for word in self.words if word in content]
        own = parts_of([module_name(path)])
        if self.owners and binds_unnamed(content):
            if not self.owners.keys().isdisjoint(own) or loads_unnamed(content):
                return True
            sought += [frozenset([word]) for word in self.owners]
        if any(hands_on(content, owner) for owner in self.owners):
            return True
        if self.together:
            sought += [
                words - own
                for words in self.together
                if words not in self.chains or not words.isdisjoint(own) or _asks(content, words, self.chains)
            ]
        return any(
            all(word in content for word in words) and all(holds_word(content, word) for word in words)
            for words in sought
        )

    def within(self, path: str, content: str) -> "Telling":
        """Return what tells in a file."""
        own = parts_of([module_name(path)])
        handed_on = frozenset(owner for owner in self.owners if hands_on(content, owner))
        return replace(
            self,
            words=self.words | handed_on if loads_unnamed(content) else self.words,
            together=frozenset(words - own for words in self.together),
            chains={words: chain for words, chain in self.chains.items() if words.isdisjoint(own)},
            around=self.owners.keys() & own,
            handed_on=handed_on,
        )

    def through(self, names: Names) -> "Telling":
        """Return what tells in a text of which the names are known."""
        wanted = self.words.union(self.owners, *self.together)
        imported: dict[str, Words] = {}
        for scope in names.scopes:
            if scope.kind in ("module", "class"):
                for name, bindings in scope.bindings.items():
                    targets = [binding.target for binding in bindings if binding.target]
                    words = wanted & parts_of(targets)
                    if words - {name}:
                        imported[name] = imported.get(name, frozenset()) | words
        around = self.around | (wanted & parts_of(star.module for star in names.stars))
        in_reach = frozenset(owner for owner in self.handed_on if _may_have(names, self.owners[owner]))
        return replace(self, imported=imported, around=around, in_reach=in_reach)


def telling(flags: FlagTable, facts: Iterable[Facts], profiles: Iterable[str] = ()) -> Telling:
    """Return what tells that flags or facts may decide something.

    Args:
        flags: every flag.
        facts: what each profile fixes.
        profiles: the names of all profiles, by which a `choose` is known that nothing imports.
    """
    words = {MARKERS, (flags.module or MARKERS).rpartition(".")[2]}
    words |= {flag.rpartition(".")[2] for flag in flags.flags}
    together: set[Words] = set()
    chains: dict[Words, re.Pattern[str]] = {}
    paths: set[str] = set()
    if names := [name.replace("-", "_") for name in profiles]:
        together.add(frozenset(["choose", *names]))
    for known in facts:
        named = (*known.modules, *known.named_by, *known.classes, *known.wanted)
        words |= {name.rpartition(".")[2] for name in named}
        together |= known.words
        found = filter(None, map(_CHAIN.fullmatch, known.expressions))
        chains |= {parts_of([chain[1]]): _asking(chain[2], chain[3]) for chain in found}
        paths |= known.known
    return Telling(frozenset(words), frozenset(together), chains, owners=_owners(paths))


def parts_of(paths: Iterable[str]) -> Words:
    """Return the names in dotted paths."""
    return frozenset(part for path in paths for part in path.split("."))


def told_by(facts: Facts, paths: Collection[str]) -> Telling:
    """Return what tells that some of the names that repeat facts may decide something."""
    together = {frozenset(facts.named_by[path]) for path in paths}
    together |= {frozenset([owner_of(path)]) for path in paths if facts.is_of_class(path)}
    return Telling(frozenset(), frozenset(together), owners=_owners(paths))


@lru_cache
def _asking(first: str, second: str) -> re.Pattern[str]:
    """Return what finds a name, and that of one of its attributes, or without an attribute."""
    return re.compile(rf"(?<!\w){first}(?!\w)(?!\s*\.\s*(?!{second}(?!\w))[^\W\d])")


def _asks(content: str, words: Words, chains: Mapping[Words, re.Pattern[str]]) -> bool:
    """Tell whether a text may ask for a chain: it does more with the first name than import it as that."""
    places = chains[words].finditer(content) if all(word in content for word in words) else ()
    return not all(_is_imported(content, place) for place in places)


def _is_imported(content: str, place: re.Match[str]) -> bool:
    """Tell whether a name stands where an `import` statement has it, and gives it no other."""
    start = content.rfind("\n", 0, place.start()) + 1
    is_import = _IMPORTED.fullmatch(content, start, place.start()) is not None
    return is_import and not _RENAMED.match(content, place.end())


def _owners(paths: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return the names of the modules and classes that hold what has some paths, each with their paths."""
    found: dict[str, frozenset[str]] = {}
    for path in paths:
        found[owner_of(path)] = found.get(owner_of(path), frozenset()) | {path.rpartition(".")[0]}
    return found


def _may_have(names: Names, paths: Iterable[str]) -> bool:
    """Tell whether a text may have one of some modules or classes by a name, or as an attribute of one."""
    bound = (one for scope in names.scopes for bindings in scope.bindings.values() for one in bindings)
    imported = {one.target for one in bound if one.target} | {star.module for star in names.stars}
    return any(
        path.rpartition(".")[0] == names.module or any(f"{path}.".startswith(f"{one}.") for one in imported)
        for path in paths
    )


def owner_of(path: str) -> str:
    """Return the name of the module or class that holds what has a dotted path."""
    return path.rpartition(".")[0].rpartition(".")[2]


@lru_cache(maxsize=4096)
def binds_unnamed(content: str) -> bool:
    """Tell whether a text may bind names in another file that it need not hold."""
    return any(word in content for word in _MAY_BIND) and bool(_BINDING_ELSEWHERE.search(content))


def loads_unnamed(content: str) -> bool:
    """Tell whether a text may have a module whose name it need not hold."""
    return "sys.modules[" in content or "import_module(" in content


@lru_cache(maxsize=4096)
def takes_unnamed(content: str) -> bool:
    """Tell whether a text may ask a class for names that it need not hold, or bind them."""
    return binds_unnamed(content) or bool(_TAKING_ELSEWHERE.search(content))


def changes_classes(content: str) -> bool:
    """Tell whether a text may bind names that it need not hold in a class that it need not hold."""
    return bool(_CHANGING.search(content))


def remakes_classes(content: str) -> bool:
    """Tell whether a text may have instances answer by something else than what their class binds."""
    return bool(_REMAKING.search(content))


def holds_word(content: str, word: str) -> bool:
    """Tell whether a text holds a word, not only as a part of another."""
    return word in content and _whole(word).search(content) is not None


@lru_cache(maxsize=4096)
def hands_on(content: str, owner: str) -> bool:
    """Tell whether a text may give others a module or class, under its own name or another."""
    if owner not in content:
        return False
    names = {owner, *re.findall(rf"(?<!\w){re.escape(owner)}\s+as\s+(\w+)", content)}
    places = (found.start() for name in names for found in _given(name).finditer(content))
    return any(not _IMPORT.match(content, content.rfind("\n", 0, place) + 1) for place in places)


@lru_cache(maxsize=4096)
def _given(name: str) -> re.Pattern[str]:
    """What a name is where it is an argument, an element, a key, a choice, or the last word of its line."""
    word, ends = re.escape(name), r"[,;)\]}#\\]|(?:if|else|and|or|for)\b|$"
    return re.compile(rf"(?<!\w){word}[ \t]*(?:{ends})|(?<=[{{,(\[ ]){word}[ \t]*:(?=[ \t]*\S)", re.MULTILINE)


@lru_cache(maxsize=4096)
def _whole(word: str) -> re.Pattern[str]:
    """Return what finds a word; what begins with plain text is found many times sooner."""
    return re.compile(r"{0}(?<!\w{0})(?!\w)".format(re.escape(word)))


def like_flags(names: Names, flags: FlagTable, content: str, words: Words) -> Words:
    """Return those of some words of a text that may be misspelt flags: in capitals, not bound at the top.

    What stands in a comment is none; neither is what looks like one in a text of several lines.
    """
    known = tuple(flags.names)
    capitals = {word for word in words if word.isupper()}
    found = {word for word in capitals - names.root.bindings.keys() if _resembles(word, known)}
    code = _COMMENT.sub(r"\1", content) if found else ""
    return frozenset(found.intersection(_WORD.findall(code)))


@lru_cache(maxsize=4096)
def _resembles(word: str, flags: tuple[str, ...]) -> bool:
    return word in flags or bool(did_you_mean(word, flags))
