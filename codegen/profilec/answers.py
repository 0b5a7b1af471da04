"""Questions about one file each, and their answers: known from an earlier build, or worked out.

A question is a function of plain data that gives plain data, and of nothing else. So an answer is known by
the hash of what was asked, an edit asks anew only what depends on it, and a process of its own can work
an answer out. What is known, and who worked it out, never changes a build, only its cost.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from profilec.workers import Workers

_FILE = ".answers"
_WORTH_A_PROCESS = 8
"""Fewer questions for each process are worked out here: a process has to be started first."""

_encoder = msgspec.msgpack.Encoder(enc_hook=str, order="deterministic")


def encoded(about: object) -> bytes:
    """Return plain data as bytes, the same for what is the same."""
    return _encoder.encode(about)


class Answers:
    """The answers of one build, and those of the last one as long as they are asked for."""

    def __init__(self, folder: Path | None = None, release: str = "", jobs: int = 1) -> None:
        """Remember nothing, or what lies in a folder.

        Args:
            folder: where answers are kept from one build to the next; None to keep none.
            release: which compiler it is: none takes an answer from another.
            jobs: how many processes work.
        """
        self._file = folder / _FILE if folder else None
        self._release = release
        self._jobs = jobs
        self._earlier = _load(self._file, release) if self._file else {}
        self._workers: Workers | None = None
        self._asked: dict[bytes, bytes] = {}
        if jobs > 1 and not self._earlier:
            from profilec.workers import prepare  # as below

            prepare()  # all is to be asked: let what they import be read meanwhile

    def ask[C, Q, A](
        self, question: Callable[[C, Q], A], common: C, about: Sequence[Q], kind: type[A]
    ) -> list[A]:
        """Return the answer to each of some questions, in their order.

        Args:
            question: a function at the top of a module, which works an answer out.
            common: what all of them are asked with.
            about: what each of them is about.
            kind: the type of an answer.
        """
        if self._file is None:
            return list(self._work_out(partial(question, common), about))
        start = hashlib.sha256(f"{question.__module__}.{question.__qualname__}\n".encode())
        start.update(_encoder.encode(common))
        keys = [_key(start, one) for one in about]
        found = {key: self._asked.get(key) or self._earlier.get(key) for key in keys}
        missing = {key: one for key, one in zip(keys, about, strict=True) if found[key] is None}
        answers = self._work_out(partial(question, common), list(missing.values()))
        new = dict(zip(missing, answers, strict=True))
        for key in found:
            self._asked[key] = found[key] or _encoder.encode(new[key])
        decoder = msgspec.msgpack.Decoder(kind)
        return [new[key] if key in new else decoder.decode(self._asked[key]) for key in keys]

    def _work_out[Q, A](self, question: Callable[[Q], A], about: Sequence[Q]) -> list[A]:
        if self._jobs == 1 or len(about) < self._jobs * _WORTH_A_PROCESS:
            return list(map(question, about))
        if self._workers is None:
            from profilec.workers import Workers  # slow to import, and only needed where several work

            self._workers = Workers(self._jobs)
        return self._workers.map(question, about)

    def close(self) -> None:
        """Write down what was asked, and end the processes."""
        if self._workers is not None:
            self._workers.close()
            self._workers = None
        if self._file is not None and self._asked.keys() != self._earlier.keys():
            with suppress(OSError):  # the next build has more to do then
                self._write(self._file)

    def _write(self, file: Path) -> None:
        """Write in one step, so that neither a kill nor another build leaves half of each."""
        content = msgspec.msgpack.encode((self._release, self._asked))
        beside = file.with_name(f"{file.name}.{os.getpid()}")
        try:
            with beside.open("wb") as opened:
                opened.write(hashlib.sha256(content).digest())
                opened.write(content)
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)  # where the disk is full, or the write was interrupted


def _key(start: Any, about: object) -> bytes:
    total = start.copy()
    total.update(_encoder.encode(about))
    return bytes(total.digest())


def _load(file: Path, release: str) -> dict[bytes, bytes]:
    """The answers in a file; none where there is none, or where it is damaged or another compiler's."""
    try:
        content = file.read_bytes()
        if hashlib.sha256(content[32:]).digest() != content[:32]:
            return {}
        known, answers = msgspec.msgpack.decode(content[32:], type=tuple[str, dict[bytes, bytes]])
    except (OSError, msgspec.MsgspecError):
        return {}
    return answers if known == release else {}
