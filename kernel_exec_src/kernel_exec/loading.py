"""Reads a flow: a dict, JSON text or a file becomes a `FlowIR`, or one error that names the place.

Stands after `flow_ir`. Every source goes through the same typed decoder, and nothing reaches it that is
nested deeper than `MAX_DEPTH`: an untyped decode of very deep JSON can end the whole process.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from kernel_exec._profile import NATIVE
from kernel_exec.errors import FlowFormatError
from kernel_exec.flow_ir import FlowIR
from profilec import stub

MAX_DEPTH = 100
"""How many objects and arrays may enclose each other; the document itself is the first."""

type _Trail = tuple[_Trail, str | int] | None
"""Where a value stands: the trail of what holds it, and its key or index there. None is the root."""

_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))

# Patterns of what is wrong are compiled when something is.
_PLACE = r"(?s)(?P<reason>.*) - at `(?P<path>\$.*)`"
_BYTE = r" \(byte (?P<offset>\d+)\)"


def load_flow(source: dict[str, Any] | str | bytes | bytearray | os.PathLike[str]) -> FlowIR:
    """Read a Flow IR document; what it says is judged by `validate`, not here.

    Args:
        source: the document as a dict, as JSON text (RFC 8259, UTF-8 if bytes), or the path of a JSON file. A
            str is always text; paths are `os.PathLike`. A build without file access takes no paths.

    Raises:
        FlowFormatError: it is not JSON, is nested deeper than 100 levels, or has not the shape of Flow IR.
        OSError: the file cannot be read.
        TypeError: `source` is none of these.
    """
    match source:
        case dict():
            check_json(source, None, 1)
            return _decode(encoded(_json_of, source))
        case str():
            if NATIVE and source.endswith(".json"):  # no text of JSON ends so
                raise FlowFormatError(f"not JSON, but perhaps a path: hand load_flow Path({source!r})")
            return _decode(encoded(str.encode, source))
        case bytes() | bytearray():
            return _decode(_checked(source))
        case os.PathLike():
            return _decode(_checked(_read(source)))
    raise TypeError(f"load_flow takes a dict, JSON text or a path, not {type(source).__name__}")


@stub(
    unless=NATIVE,
    error=TypeError,
    message="this build reads no files: hand load_flow the JSON text, or a dict",
)
def _read(path: os.PathLike[str]) -> bytes:
    """Return the bytes of the file at `path`."""
    return Path(path).read_bytes()


def _decode(data: bytes) -> FlowIR:
    data = data.removeprefix(b"\xef\xbb\xbf")  # a byte order mark may be ignored (RFC 8259, section 8.1)
    _check_depth(data)
    try:
        return msgspec.json.decode(data, type=FlowIR)
    except msgspec.ValidationError as error:
        raise misshapen(str(error)) from None
    except msgspec.DecodeError as error:
        raise FlowFormatError(f"not JSON: {_with_line(str(error), data)}") from None


def encoded[T](encode: Callable[[T], bytes], source: T) -> bytes:
    """Return what `encode` makes of `source`, or say why that is no JSON.

    Raises:
        FlowFormatError: `encode` takes something in it for what JSON cannot say.
    """
    try:
        return encode(source)
    except UnicodeEncodeError as error:
        half = f"U+{ord(error.object[error.start]):04X}"
        raise FlowFormatError(f"not JSON: {half} is half of a character, which no text may hold") from None
    except (ValueError, TypeError) as error:  # an integer of thousands of digits, or a set
        raise FlowFormatError(f"not JSON: {error}") from None


def _json_of(source: dict[str, Any]) -> bytes:
    return msgspec.json.encode(source, enc_hook=_exactly)


def _exactly(value: object) -> str | int | float:
    """Return a value of a subclass of a JSON type as one of that type."""
    match value:
        case str():
            return str.__str__(value)
        case int():
            return int.__int__(value)
        case _:
            assert isinstance(value, float)  # nothing else passes the check
            return float.__float__(value)


def _checked(data: bytes | bytearray) -> bytes:
    """Refuse what is not UTF-8 here, since the decoder does not look into the fields that it ignores."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise FlowFormatError(f"not JSON: not UTF-8 at byte {error.start}") from None
    return bytes(data)


def _check_depth(data: bytes) -> None:
    """Count brackets outside of strings. Right up to the first error in `data`, where decoding ends too."""
    # Without escaped backslashes and escaped quotes, every second part between quotes is outside of strings.
    outside = data.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2]
    depth = 0
    for bracket in b"".join(outside).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise _too_deep()


def check_json(value: object, trail: _Trail, level: int) -> None:
    """Refuse what JSON cannot say. `level` bounds the recursion, and so ends a cycle too.

    Raises:
        FlowFormatError: there is such a value, or one nested too deep.
    """
    match value:
        case str() | int() | None:
            return
        case float():
            if not math.isfinite(value):
                raise _not_json(trail, f"{value} is not a JSON number")
        case dict() | list() | tuple() if level > MAX_DEPTH:
            raise _too_deep()
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise _not_json(trail, f"the key {key!r} is not a string")
                check_json(item, (trail, key), level + 1)
        case list() | tuple():
            for index, item in enumerate(value):
                check_json(item, (trail, index), level + 1)
        case _:
            raise _not_json(trail, f"{type(value).__name__} is not a JSON value")


def _not_json(trail: _Trail, reason: str) -> FlowFormatError:
    steps: list[str] = []
    while trail is not None:
        trail, step = trail
        steps.append(f".{step}" if isinstance(step, str) else f"[{step}]")
    path = "$" + "".join(reversed(steps))
    return FlowFormatError(f"{path}: {reason}", path=path)


def _too_deep() -> FlowFormatError:
    return FlowFormatError(f"objects and arrays are nested deeper than {MAX_DEPTH} levels")


def _with_line(reason: str, data: bytes) -> str:
    """Say where as an editor does: `(byte 17)` becomes `at line 2, column 5`, columns counted in bytes."""
    place = re.search(_BYTE, reason)
    if place is None:
        return reason
    before = data[: int(place["offset"])]
    line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
    return f"{reason[: place.start()]} at line {line}, column {column}"


def misshapen(message: str) -> FlowFormatError:
    """Return what is wrong with the shape of a document, from what the decoder says of it."""
    place = re.fullmatch(_PLACE, message)
    reason, path = (place["reason"], place["path"]) if place else (message, "$")
    allowed = _allowed(path) if reason.startswith("Invalid") else []
    hint = f", expected one of {', '.join(allowed)}" if allowed else ""
    return FlowFormatError(f"{path}: {reason[0].lower()}{reason[1:]}{hint}", path=path)


def _allowed(path: str) -> list[str]:
    """Return the words that the models allow at a JSON path: those of an enum, or the tags of a union."""
    types: list[msgspec.inspect.Type] = [msgspec.inspect.type_info(FlowIR)]
    for key in re.findall(r"\.(\w+)", path):
        structs = [kind for kind in types if isinstance(kind, msgspec.inspect.StructType)]
        if all(struct.tag_field == key for struct in structs):
            return [str(struct.tag) for struct in structs]
        types = [
            _element(field.type) for struct in structs for field in struct.fields if field.encode_name == key
        ]
        types = [option for kind in types for option in getattr(kind, "types", (kind,))]
    return [str(word) for kind in types for word in getattr(kind, "values", ())]


def _element(kind: msgspec.inspect.Type) -> msgspec.inspect.Type:
    return kind.item_type if isinstance(kind, msgspec.inspect.VarTupleType) else kind
