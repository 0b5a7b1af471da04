"""The table of codes. One file per family; a new code is an entry in its family's file."""

from profilec.diagnostics.codes import annotations, conditions, configuration, inputs, output, proofs, removal
from profilec.diagnostics.codes.code import Code

FAMILIES = (configuration, conditions, annotations, removal, proofs, output, inputs)

CODES: dict[str, Code] = {code.name: code for family in FAMILIES for code in family.CODES}

__all__ = ["CODES", "FAMILIES", "Code"]
