"""PC6xx: source files that cannot be read."""

from profilec.diagnostics.codes.code import Code

CODES: tuple[Code, ...] = ()
