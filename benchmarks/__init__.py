"""How fast the kernel is: ratios of two programs in one process, never a time by itself.

`baseline` is the kernel that everybody would write, `cases` says what is compared, `timing` how; run it with
`python -m benchmarks`, natively or through `tools/wasm-python`.
"""
