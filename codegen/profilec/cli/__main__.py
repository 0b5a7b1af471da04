"""`python -m profilec.cli`, for where the command is not on the path."""

from profilec.cli import main

main()
