"""Turns a payload into bytes and back, equal in value and in type (decision 6).

Takes payloads on their way to a spill tier or into a checkpoint, gives MessagePack. What MessagePack has no
type for travels as an extension: structs and dataclasses, integers beyond 64 bits, text with lone surrogates,
`UNSET`. A value that needs none of them, which is nearly every one, is encoded as it stands.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec.msgpack import Decoder, Encoder, Ext

from kernel_exec.payloads.shapes import (
    ATOMS,
    KEYS,
    MANY,
    MAX_DEPTH,
    Layout,
    RefusedError,
    copy_records,
    layout_of,
    refusal,
)

_OBJECT: Final = 1  # [reference to the class, state by name]
_INTEGER: Final = 2  # big-endian two's complement
_TEXT: Final = 3  # UTF-8 that may hold surrogates
_ITEMS: Final = 4  # [key, value, key, value, ...] of a dict whose keys are not all encodable
_UNSET: Final = 5  # nothing

_SMALLEST: Final = -(2**63)
_LARGEST: Final = 2**64 - 1

_encoder = Encoder(enc_hook=lambda _: Ext(_UNSET, b""))  # there is nothing else among `ATOMS` to ask it for

# Classes whose instances this process encoded, so that those without an importable name come back too.
_classes: list[type[Any]] = []
_numbers: dict[type[Any], int] = {}
_named: dict[str, type[Any]] = {}


def encode(value: object, *, portable: bool = False) -> bytes:
    """Return `value` as bytes that `decode` turns into an equal value of equal type.

    Args:
        value: a payload.
        portable: write classes by name, so that another process that has imported them can decode the bytes;
            else only this process can.

    Raises:
        PayloadError: the value, or something in it, is no payload.
    """
    try:
        try:
            if _is_plain(value, MAX_DEPTH):
                return _encoder.encode(value)
        except (OverflowError, UnicodeEncodeError):
            pass  # an integer or a text that has to travel as an extension
        return _encoder.encode(_tag(value, _name_of if portable else _number_of, MAX_DEPTH))
    except (RefusedError, RecursionError):
        raise refusal(value) from None


def decode(data: bytes) -> Any:
    """Return the value that `encode` was given.

    Raises:
        ValueError: the bytes were not written by `encode`, are damaged, or name a class that is not imported
            here.
    """
    try:
        return _decoder.decode(data)
    except ValueError:
        raise
    except Exception as error:  # damaged bytes can make anything fail on the way
        raise ValueError(f"the bytes are no encoded payload: {error!r}") from error


def _is_plain(value: Any, room: int) -> bool:
    """Tell whether `value` is JSON through and through: then encoding it directly loses no type.

    Every payload that is spilled pays for this walk, so it is plain loops: a generator costs twice the time,
    and a second frame of the stack at every level.
    """
    if not room:
        raise RefusedError
    kind = type(value)
    if kind is dict:
        for key, member in value.items():
            if type(key) is not str:
                return False
            if type(member) not in ATOMS and not _is_plain(member, room - 1):
                return False
        return True
    if kind is list:
        if len(value) >= MANY and room > 1 and copy_records(value) is not None:
            return True
        for member in value:  # noqa: SIM110 - see above
            if type(member) not in ATOMS and not _is_plain(member, room - 1):
                return False
        return True
    return kind in ATOMS


def _tag(value: Any, refer: Callable[[Layout], int | str], room: int) -> Any:
    """Return `value` with an extension in the place of everything that MessagePack has no type for."""
    kind = type(value)
    if kind is str:
        return value if _is_encodable(value) else Ext(_TEXT, value.encode("utf-8", "surrogatepass"))
    if kind is int:
        return value if _SMALLEST <= value <= _LARGEST else Ext(_INTEGER, _integer_bytes(value))
    if kind in ATOMS:
        return value
    if not room:
        raise RefusedError
    if kind is list:
        return [_tag(member, refer, room - 1) for member in value]
    if kind is dict:
        return _tag_dict(value, refer, room)
    layout = layout_of(kind)
    if layout is None:
        raise RefusedError
    state = {name: _tag(member, refer, room - 1) for name, member in layout.state(value).items()}
    return Ext(_OBJECT, _encoder.encode((refer(layout), state)))


def _tag_dict(value: dict[Any, Any], refer: Callable[[Layout], int | str], room: int) -> Any:
    if not KEYS.issuperset(map(type, value)):
        raise RefusedError
    if all(map(_is_encodable, value)):
        return {key: _tag(member, refer, room - 1) for key, member in value.items()}
    items = [_tag(part, refer, room - 1) for item in value.items() for part in item]
    return Ext(_ITEMS, _encoder.encode(items))


def _is_encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _integer_bytes(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)


def _untag(code: int, data: memoryview) -> Any:
    if code == _INTEGER:
        return int.from_bytes(data, "big", signed=True)
    if code == _TEXT:
        return str(data, "utf-8", "surrogatepass")
    if code == _ITEMS:
        items = _decoder.decode(data)
        return dict(zip(items[::2], items[1::2], strict=True))
    if code == _UNSET:
        return msgspec.UNSET
    if code == _OBJECT:
        reference, state = _decoder.decode(data)
        return _layout_named(reference).revive(state)
    raise ValueError(f"an encoded payload holds the unknown extension {code}")


_decoder: Final[Decoder[Any]] = Decoder(ext_hook=_untag)


def _number_of(layout: Layout) -> int:
    number = _numbers.get(layout.kind)
    if number is None:
        _classes.append(layout.kind)
        # Not the length of the list: the loop of another thread may have added to it meanwhile.
        number = _numbers[layout.kind] = _classes.index(layout.kind)
    return number


def _name_of(layout: Layout) -> str:
    name = f"{layout.kind.__module__}:{layout.kind.__qualname__}"
    _named[name] = layout.kind
    return name


def _layout_named(reference: int | str) -> Layout:
    """Find the class that an encoded object refers to; never import a module because data names it."""
    kind = (
        _classes[reference] if isinstance(reference, int) else _named.get(reference) or _imported(reference)
    )
    layout = layout_of(kind) if isinstance(kind, type) else None
    if layout is None:
        raise msgspec.ValidationError(
            f"an encoded payload is of the class {reference}, which is not imported here"
        )
    return layout


def _imported(name: str) -> Any:
    module, _, path = name.partition(":")
    found: Any = sys.modules.get(module)
    for step in path.split("."):  # a local class has the step `<locals>`, which nothing has
        found = getattr(found, step, None)
    return found
