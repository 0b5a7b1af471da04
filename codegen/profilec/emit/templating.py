"""The templates of generated files, and how values are written in Python and in TOML.

A text is an answer to a question of plain data, so that a build that renders nothing new does without Jinja2.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from profilec.answers import Answers

if TYPE_CHECKING:
    from jinja2 import Environment


def render(answers: Answers, template: str, **values: Any) -> str:
    """The text of a template, with the values that it names: plain data."""
    (text,) = answers.ask(rendered, template, [values], str)
    return text


def rendered(template: str, values: Mapping[str, Any]) -> str:
    """Render a text; a question to `answers`."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("profilec.emit"),
        undefined=StrictUndefined,
        autoescape=False,  # the templates are Python and TOML, not HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(python=_python, toml=toml, toml_key=toml_key)
    return environment


def _python(text: str) -> str:
    """A string literal with double quotes, in ASCII, so that it can stand in a file of any encoding."""
    return json.dumps(text)


def toml_key(key: str) -> str:
    """A key as TOML writes it."""
    bare = key.replace("-", "_")
    return key if bare.isascii() and bare.replace("_", "a").isalnum() else toml(key)


def toml(value: object) -> str:
    """A value as TOML writes it, tables inline."""
    match value:
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return _toml_list([toml(element) for element in value])
        case Mapping():
            pairs = ", ".join(f"{toml_key(key)} = {toml(inner)}" for key, inner in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case _:
            return str(value)


def _toml_list(elements: list[str]) -> str:
    line = f"[{', '.join(elements)}]"
    if len(line) <= 100:
        return line
    return "[\n" + "".join(f"    {element},\n" for element in elements) + "]"
