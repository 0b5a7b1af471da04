"""The kernel beside other people's libraries: the same three shapes, each as that library's users write it.

`shapes` says what is compared and holds the kernel's own programs; `streams`, `graphs` and `schedulers` hold
the peers by family, and `rows` measures. `make bench-peers` installs them all into a venv of their own,
build/peers; `python -m benchmarks.peers` compares with those that are there.
"""
