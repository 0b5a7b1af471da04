"""A stripped wheel: what only readers need is gone, and the program is the same."""

import ast
import textwrap

import pytest

from profilec.emit.strip import strip
from profilec.tree import EmittedFile


def stripped(text: str) -> str:
    return strip(EmittedFile("module.py", text.encode(), changed=False)).data.decode()


def test_comments_blank_lines_and_blanks_that_no_word_needs_go() -> None:
    before = textwrap.dedent("""\
        #!/usr/bin/env python3
        # Copyright of the shop.

        # Prices are in cents.
        import json  # to read them

        # The table.

        TABLE = {  # fmt: skip
            # fruit
            "apple": 30,  # each
            "color": "# red",

            # none left
        }


        def load(text):  # noqa: D103
            # first
            if text:  # not empty
                return json.loads(text)  # type: ignore[no-any-return]
                # never
            # then
            return f"{text!r:#>8}"  # nothing
        # the end
        """)

    assert stripped(before) == textwrap.dedent("""\
        #!/usr/bin/env python3
        # Copyright of the shop.
        # Prices are in cents.
        import json
        TABLE={"apple":30,"color":"# red",}
        def load(text):
         if text:
          return json.loads(text)
         return f"{text!r:#>8}"
        """)


@pytest.mark.parametrize(
    "text",
    [
        'TEXT = """ \n    a # b\n\n  c"""\n',
        'def f(x):\n    return f"""\n    {x  # why\n    }\n\n    # {x:>{\n    3}}"""\n',
        "x = 1 \\\n\ny = 2 \\\n    + 3\n",
        "if x: y = (\n        1,\n\n        2)\nelse:\n\ty = 3\n",
        "class A:\r\n    # one\r\n    x = '''\r\n    '''\r\n",
        "\x0cdef f():\n    pass\n\x0c\nx = 1\n",
        'x = [\n    """{\n# of the text\n""", # why\n    y if z\n    else 1,\n]\n',
        "# only this",
        "\n\n",
        "",
        "def f():\n    return 1\n    # the last line",
        "try:\n    pass\nexcept* OSError:\n    x = rb'\\\n    # no comment'\n",
        "x = 1 .real + 1. .imag + 0x1 .real + a . b [1] . c + - 1 - - 1 ** - 1\n",
        "y = 1 if 1 else 2 if x in (1 ,) else {}\n",
        "from . . a import (b , c as d)\nfrom ... import e\n",
        "x = '' 'a' \"\" + f\"{x !r} {x = } { {1 : 2} [1] }\" f'' 'b' \n",
        "x = [* a , b] [1 : : 2 , ... , : 3]\n",
        "print (lambda * a , ** b : - 1 , not 'a' , 1 if 'b' else u'c')\n",
        "def f ( a : int = 1 , / , * , b : 'x' = ... ) -> int : pass\n",
        "def f():\n    return (yield - a) , not b , await_ @ b , ~ a\n",
        "match x :\n    case { 'a' : 1 | - 1 , ** rest } : pass\n    case [ * _ ] if (y := 1) : pass\n",
        "with a as b , c ( ) as d : del b , d\nassert a < b >= - c , 'd'\nraise A ( ) from 'b'\n",
        "x : int = 1 ; y : 'z'\nx += 1 ; x //= 2 ; x = x << 1 >> - 1 ; x @= y ; é = π + 'ß'\n",
    ],
)
def test_the_program_is_the_same_and_every_line_is_told_where_it_comes_from(text: str) -> None:
    file = strip(EmittedFile("module.py", text.encode(), changed=False))

    assert ast.dump(ast.parse(file.data)) == ast.dump(ast.parse(text))
    source = text.replace("\r\n", "\n").split("\n")
    kept = file.data.decode().splitlines()
    for line, origin in zip(kept, file.lines, strict=True):
        written, here = "".join(source[origin - 1].split()), "".join(line.split())
        assert written.startswith(here) or here.startswith(written)


FOR_TYPES = """\
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # for annotations
    from shop.prices import (
        Price,
    )

    type Prices = list[Price]

x = 1
"""


def test_what_only_type_checkers_read_goes() -> None:
    assert stripped(FOR_TYPES) == "from typing import TYPE_CHECKING\nx=1\n"


@pytest.mark.parametrize(
    "text",
    [
        "TYPE_CHECKING=True\nif TYPE_CHECKING:\n import a\n",
        "import typing\nif typing.TYPE_CHECKING:\n import a\nelse:\n b=1\n",
        "from typing import TYPE_CHECKING\nx=1;y='''\n'''\nif TYPE_CHECKING or x:pass\n",
        "from typing import TYPE_CHECKING\ndef f():\n if TYPE_CHECKING:return 1\n",
    ],
)
def test_what_a_run_may_come_to_stays(text: str) -> None:
    assert stripped(text) == text


def test_the_encoding_stays_that_of_the_file() -> None:
    data = "# -*- coding: latin-1 -*-\n\nNAME = 'é'  # é\n".encode("latin-1")

    file = strip(EmittedFile("module.py", data, changed=False))

    assert file.data == "# -*- coding: latin-1 -*-\nNAME='é'\n".encode("latin-1")


def test_lines_of_a_changed_file_lead_to_its_source() -> None:
    file = strip(EmittedFile("module.py", b"a = 1\n\n# b\nb = 2\n", changed=True, lines=(3, 4, 7, 8)))

    assert (file.data, file.lines) == (b"a=1\nb=2\n", (3, 8))


@pytest.mark.parametrize(
    "text", ["x = 1  # one\nprint 'x'\n", "\\\n\n\nprint()\n", "if x:\n    \\\n  y()\n    z()\n"]
)
def test_what_this_python_cannot_parse_and_lone_backslashes_stay_as_they_are(text: str) -> None:
    assert stripped(text) == text
