"""PC3xx: what removal would change in what remains."""

from profilec.diagnostics.codes.code import Code

CODES: tuple[Code, ...] = ()
