"""What the names of one file bind and stand for, as far as its text says; the proofs ask here.

`nodes` and `modules` read a file; `scopes`, `bindings`, `listed` and `stars` say what it binds; `behind`,
`flows`, `literals` and `meanings` what an expression stands for; `references` and `reach` what it names of
others.
"""
