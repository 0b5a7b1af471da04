"""PC1xx: flags and conditions."""

from profilec.diagnostics.codes.code import Code

CODES: tuple[Code, ...] = ()
