"""The output folders: what lies in them, whether it is ours, and how a new tree takes an old one's place.

Beside each package lies a manifest with the hash of every file; it tells a later build what was changed by
hand. What it was made from is kept outside the tree, so that a tree is the same bytes whatever built it. A
new tree is written to a folder of its own and then exchanged with the old one in one step of the operating
system, so that a build which is killed at any moment leaves either the earlier tree or the new one, whole.
"""

import errno
import hashlib
import json
import os
import shutil
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from profilec.emit.origin import Origin
from profilec.locking import locked

MANIFEST = "profilec-manifest.json"
_STAGING = ".staging"
_ORIGINS = ".inputs"
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_READABLE = 0o444
_AWAY = "move away what lies there, or choose another `out`"
_ADVICE = {errno.EEXIST: _AWAY, errno.ENOTDIR: _AWAY, errno.ENOSPC: "make room on the disk"}


class OutputError(Exception):
    """The operating system refused to write; the text says what and why.

    Attributes:
        advice: what to do about it.
    """

    def __init__(self, error: OSError) -> None:
        place = f"{error.filename}: " if error.filename else ""
        super().__init__(f"{place}{error.strerror or error}")
        self.advice = _ADVICE.get(error.errno or 0, "make it writable, or choose another `out`")


class _Manifest(Struct, frozen=True):
    """What lies beside a package: the hash of every file by path."""

    files: Mapping[str, str]


class Output(Struct, frozen=True):
    """What lies in an output folder now.

    Attributes:
        is_ours: false where there is something that the compiler did not write.
        origin: what it was made from; None where that is not known.
        edited: files that hold something else than was written.
        missing: files that were written and are not there.
        files: the hash of every file that was written, by path.
    """

    is_ours: bool
    origin: Origin | None
    edited: tuple[str, ...]
    missing: tuple[str, ...]
    files: Mapping[str, str]

    @property
    def is_untouched(self) -> bool:
        """Whether every file that was written is there as it was written."""
        return not self.edited and not self.missing

    @property
    def intact(self) -> Mapping[str, str]:
        """The hash of every file that is there as it was written."""
        others = {*self.edited, *self.missing}
        return {path: found for path, found in self.files.items() if path not in others}


def inspect(folder: Path) -> Output:
    """Look at an output folder without changing it. A missing or empty folder is ours."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return Output(True, None, (), (), {})
    files = _written(folder)
    if files is None:
        return Output(False, None, (), (), {})
    present = {path: _digest_of(f"{folder}/{path}") for path in files}
    missing = tuple(path for path, found in present.items() if found is None)
    edited = tuple(path for path, found in present.items() if found not in (None, files[path]))
    return Output(True, _known_origin(folder), edited, missing, files)


def drift(output: Output, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """The paths at which a folder is not what a build would write now."""
    wanted = {path: digest(data) for path, data in files.items()}
    differing = {
        path for path in wanted.keys() | output.files.keys() if wanted.get(path) != output.files.get(path)
    }
    return tuple(sorted(differing.union(output.edited, output.missing)))


def digest(data: bytes) -> str:
    """The hash by which files are compared."""
    return hashlib.sha256(data).hexdigest()


def replace_folders(
    folders: Mapping[Path, Mapping[str, bytes]],
    origin: Origin,
    earlier: Mapping[Path, Output] | None = None,
    programs: frozenset[str] = frozenset(),
) -> None:
    """Write every folder anew, each in one step, after all of them were written beside.

    Args:
        folders: for every output folder its files by path; they lie in one common folder.
        origin: what they were made from.
        earlier: what lies in each folder, untouched; a file that stays as it is is linked from there.
        programs: the files that can be run as programs, by path.

    Raises:
        OutputError: something could not be written. No folder is half written.
    """
    (common,) = {folder.parent for folder in folders}
    try:
        common.mkdir(parents=True, exist_ok=True)
        with locked(common):
            _replace_in(common, folders, origin, earlier or {}, programs)
    except OSError as error:
        raise OutputError(error) from error


def _replace_in(
    common: Path,
    folders: Mapping[Path, Mapping[str, bytes]],
    origin: Origin,
    earlier: Mapping[Path, Output],
    programs: frozenset[str],
) -> None:
    staging = common / _STAGING
    _recover(staging, folders)
    try:
        for folder, files in folders.items():
            known = earlier[folder].intact if folder in earlier else {}
            _write(staging / folder.name, files, folder, known, programs)
        _exchange_all({staging / folder.name: folder for folder in folders})
        with suppress(OSError):  # the next build has more to do then
            for folder in folders:
                _remember(folder, origin)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _recover(staging: Path, folders: Mapping[Path, Mapping[str, bytes]]) -> None:
    """Bring back a tree that a killed build had moved aside, where an exchange takes two steps."""
    for folder in folders:
        aside = _aside(staging / folder.name)
        if aside.exists() and not folder.exists():
            aside.rename(folder)
    shutil.rmtree(staging, ignore_errors=True)


def _write(
    folder: Path,
    files: Mapping[str, bytes],
    earlier: Path,
    known: Mapping[str, str],
    programs: frozenset[str],
) -> None:
    """Write a folder; files that lie in the earlier one as they have to be are linked from there."""
    digests = {path: digest(data) for path, data in files.items()}
    for parent in sorted({os.path.dirname(path) for path in files}):  # noqa: PTH120  # a path is slow to make
        (folder / parent).mkdir(parents=True, exist_ok=True)
    for path, data in files.items():
        is_known, is_program = known.get(path) == digests[path], path in programs
        if not is_known or not _link(f"{earlier}/{path}", f"{folder}/{path}", is_program=is_program):
            (folder / path).write_bytes(data)
            if is_program:
                mode = (folder / path).stat().st_mode
                (folder / path).chmod(mode | (mode & _READABLE) >> 2)
    manifest = {"version": 1, "files": digests}
    (folder / MANIFEST).write_text(
        json.dumps(manifest, indent=0, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _link(earlier: str, file: str, *, is_program: bool) -> bool:
    """Give an earlier file a second name, if it is a file of that kind and the file system has links."""
    try:
        os.link(earlier, file, follow_symlinks=False)
        mode = os.lstat(file).st_mode
    except OSError:
        return False
    if stat.S_ISREG(mode) and bool(mode & stat.S_IXUSR) is is_program:
        return True
    os.unlink(file)  # noqa: PTH108  # a path is slow to make
    return False


def _exchange_all(folders: Mapping[Path, Path]) -> None:
    """Put each new folder in the place of an old one; where one fails, none is left exchanged."""
    done: dict[Path, Path] = {}
    try:
        for new, old in folders.items():
            _exchange(new, old)
            done[new] = old
    except OSError:
        for new, old in done.items():
            earlier = new if new.exists() else _aside(new)
            if earlier.exists():
                _exchange(earlier, old)
            else:
                old.rename(new)
        raise


def _exchange(new: Path, old: Path) -> None:
    """Put `new` in the place of `old`, and `old`, where there is one, in the place of `new`."""
    if not old.exists():
        new.rename(old)
    elif not _exchange_at_once(new, old):
        # Between these two steps a killed build leaves no tree; the next one finds it aside and brings it
        # back.
        old.rename(_aside(new))
        new.rename(old)


def _aside(staged: Path) -> Path:
    return staged.with_name(f"{staged.name}.old")


def _exchange_at_once(first: Path, second: Path) -> bool:
    """Exchange two folders in one step; false where the system or the file system has no such step."""
    if sys.platform != "linux":
        return False
    import ctypes  # slow to import, and only needed where something is written

    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    paths = os.fsencode(first), os.fsencode(second)
    if rename(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(number, os.strerror(number), str(second))


def _remember(folder: Path, origin: Origin) -> None:
    """Note what a tree was made from, together with which tree it was: another may take its place."""
    note = folder.parent / _ORIGINS / folder.name
    note.parent.mkdir(exist_ok=True)
    note.write_text(f"{origin.to_json()}\n{_digest_of(folder / MANIFEST)}\n", encoding="utf-8")


def _known_origin(folder: Path) -> Origin | None:
    try:
        note = (folder.parent / _ORIGINS / folder.name).read_text(encoding="utf-8")
        written, manifest = note.rstrip("\n").split("\n")
        return Origin.from_json(written) if manifest == _digest_of(folder / MANIFEST) else None
    except (OSError, ValueError, msgspec.MsgspecError):  # none, or one of another release
        return None


def _written(folder: Path) -> Mapping[str, str] | None:
    """The hash of every file that was written, by path; None where no manifest says so."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=_Manifest).files
    except (OSError, msgspec.DecodeError):
        return None


def _digest_of(path: Path | str) -> str | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # a path is slow to make, and there may be many
            return digest(file.read())
    except (OSError, UnicodeEncodeError):  # the latter of a name that this locale cannot write
        return None
