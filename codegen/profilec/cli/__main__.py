"""`python -m profilec.cli`, for where the command is not on the path."""

from profilec.cli import main

if __name__ == "__main__":  # the processes of `--jobs` import this too
    main()
