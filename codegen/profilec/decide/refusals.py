"""What a stub says: the error it raises and the text of its body, rendered from a template.

Pure text. `stubs` finds out what a marker or the configuration asks for, and where the text goes.
"""

import re
import string
from functools import cache
from keyword import iskeyword
from typing import TYPE_CHECKING

from msgspec import Struct

from profilec.config import StubModule
from profilec.syntax.edit import Cause
from profilec.syntax.read import Span

if TYPE_CHECKING:
    from jinja2 import Template

_FIELD = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*|\[(0|[1-9][0-9]*)\])*")
"""A field that means in an f-string what it means to `str.format`: there, `{a[b]}` is `a["b"]`."""
_CONVERSIONS = (None, "", "a", "r", "s")


class Stub(Struct, frozen=True):
    """What is asked of the stubs of one marker, or of one configured module.

    Attributes:
        error: the exception class, as the body names it.
        module: where the body imports that class from; empty where it is in scope.
        message: a format string over the parameters; None for a sentence that names the definition.
        place: where the message is written; None in the configuration.
        cause: why there is a stub.
        is_configured: it is asked for in the configuration, where the error is a text.
    """

    error: str
    module: str
    message: str | None
    place: Span | None
    cause: Cause
    is_configured: bool = False


class Refusal(Struct, frozen=True):
    """What the body of one stub raises.

    Attributes:
        message: a Python literal, with `f` before it if it names parameters.
        fields: the parameters that are handed to the exception.
        generator: the function yields, and must go on to.
    """

    error: str
    module: str
    message: str
    fields: tuple[str, ...]
    generator: bool


def configured(stub: StubModule) -> Stub:
    """Return what the configuration asks of the stubs of a module."""
    error, module = named_error(stub.error or "NotImplementedError")
    cause = Cause(f"`{stub.module}` is a stub without `{stub.unless}`")
    return Stub(error, module, stub.message, None, cause, is_configured=True)


def names_error(text: str) -> bool:
    """Tell whether a text has the form `name` or `module:name`, with dots in both."""
    module, colon, name = text.rpartition(":")
    parts = [*name.split("."), *(module.lstrip(".").split(".") if colon else ())]
    return all(part.isidentifier() and not iskeyword(part) for part in parts)


def named_error(text: str) -> tuple[str, str]:
    """Split `module:name` into the name and the module to import it from; a bare name is in scope."""
    module, _, name = text.rpartition(":")
    return name, module


def parameters_named(template: str) -> list[str] | None:
    """List the parameters that a format string names, or None where an f-string would read it otherwise."""
    try:
        fields = [
            (field, how) for _, field, _, how in string.Formatter().parse(template) if field is not None
        ]
    except ValueError:
        return None
    if any(not _FIELD.fullmatch(field) or how not in _CONVERSIONS for field, how in fields):
        return None
    return list(dict.fromkeys(field.split(".")[0].split("[")[0] for field, _ in fields))


def parameters_in_formats(template: str) -> list[str] | None:
    """List the parameters that the formats in a format string name, `{width}` of `{name:{width}}`."""
    found: list[str] = []
    for _, _, form, _ in string.Formatter().parse(template):
        names = parameters_named(form or "")
        if names is None:
            return None
        found += names
    return found


def literal(template: str, *, formatted: bool) -> str:
    """Return the Python literal of a message: an f-string with the same fields, or plain text."""
    if formatted:
        return f"f{_quoted(template)}"
    return _quoted(template.replace("{{", "{").replace("}}", "}"))


def _quoted(text: str) -> str:
    quoted = repr(text)
    return f'"{quoted[1:-1]}"' if quoted.startswith("'") and '"' not in text else quoted


def body(refusal: Refusal) -> list[str]:
    """Return the lines of a stub's body, without indentation."""
    return _template().render(refusal=refusal).splitlines()


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined  # slow, and only needed for a stub

    environment = Environment(
        loader=PackageLoader("profilec.decide"),
        undefined=StrictUndefined,
        autoescape=False,  # it renders Python
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("stub.py.j2")
