"""PC2xx: annotations in the wrong place."""

from profilec.diagnostics.codes.code import Code

CODES: tuple[Code, ...] = ()
