"""The documentation of the codes against the type of codes."""

import re
from pathlib import Path
from typing import get_args

from kernel_exec.diagnostics import Code

DOCUMENT = Path(__file__).parents[2] / "docs" / "flow-ir.md"


def test_every_code_and_no_other_is_documented() -> None:
    rows = re.findall(r"^\| ([A-Z][A-Z0-9, -]+) \|", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert {code.strip() for row in rows for code in row.split(",")} == set(get_args(Code))
