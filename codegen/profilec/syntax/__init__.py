"""One file as text and as syntax: what stands where, which name means what, and how text is cut.

Nothing here knows of profiles. `read` turns bytes into a `Syntax`, `scopes` says what its names stand for,
`edit` splices what is left.
"""
