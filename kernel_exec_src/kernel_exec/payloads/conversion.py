"""Gives a payload the type that its handler's annotation asks for, and its JSON form to pointers.

Takes an annotation once, at instantiation, and gives a plain function for every message; msgspec does the
work, with its strict rules: no text becomes a number (decision 6).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, get_args, get_origin

import msgspec

from kernel_exec.payloads.shapes import ATOMS, layout_of


class Conversion(NamedTuple):
    """How a payload becomes what is asked for: unchanged if exactly an `accepts`, else by `convert`."""

    accepts: type[Any] | None
    convert: Callable[[Any], Any]


def conversion_to(annotation: Any) -> Conversion | None:
    """Return how to convert payloads to `annotation`, or None where it accepts anything.

    Raises:
        TypeError: msgspec cannot convert to this annotation.
        NameError: the annotation's fields name a type that does not exist.
    """
    if annotation is Any or annotation is object or isinstance(annotation, TypeVar):
        return None
    msgspec.msgpack.Decoder(annotation)  # refuses here and now what could never be converted to
    return Conversion(_accepted(annotation), _converter(annotation))


def _accepted(annotation: Any) -> type[Any] | None:
    """Return the type whose instances need no look at what they hold, if the annotation has one."""
    container = get_origin(annotation)
    if container in (dict, list) and get_args(annotation)[-1] in (Any, object):
        annotation = container
    if not isinstance(annotation, type):
        return None
    known = annotation in ATOMS or annotation in (dict, list) or layout_of(annotation) is not None
    return annotation if known else None


def _converter(annotation: Any) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if objects is not None and isinstance(value, objects):
            return value
        try:
            return msgspec.convert(value, annotation)
        except msgspec.ValidationError:
            # One struct may be asked for where another came, or where it lies deeper: its JSON form decides.
            form = json_form(value) if type(value) not in (dict, list) else _full_form(value)
            if form is value:
                raise
        return msgspec.convert(form, annotation)

    accepted = _accepted(annotation)
    objects = accepted if accepted is not None and layout_of(accepted) is not None else None
    return convert


def json_form(value: Any) -> Any:
    """Return the JSON form of the outermost level of `value`: what a pointer's next step (RFC 6901) looks at.

    A list, a dict and an atom are their own form, so that a step costs nothing; what they hold may still need
    its own. A struct or dataclass becomes a dict of the names and values that msgspec would write.
    """
    return value if layout_of(type(value)) is None else msgspec.to_builtins(value)


def _full_form(value: Any) -> Any:
    try:
        return msgspec.to_builtins(value)
    except TypeError:
        return value  # holds something that has no JSON form; the first error stands
