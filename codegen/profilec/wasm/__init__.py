"""Python inside WebAssembly, on this machine: Pyodide under Node, as `python -m profilec.wasm` and for tests.

```
interpreter (Node, Pyodide) ─► packages (what is importable inside) ─► python.mjs ─► start.py ─► the program
```

Needs nothing of the compiler, and the compiler nothing of it.
"""
