"""What the compiler costs: ratios to named baselines in one run, by the CPU time of whole processes.

`projects` writes what is compiled, `processes` measures, `rows` says what is compared and what the goal is.
Run it with `python -m benchmarks.compiler`.
"""
