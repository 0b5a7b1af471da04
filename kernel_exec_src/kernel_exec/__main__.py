# profilec: only CLI
"""Lets `python -m kernel_exec` be the `kernel-exec` command."""

from kernel_exec.cli import main

main(prog_name="kernel-exec")
