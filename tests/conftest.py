"""Coroutine tests run also where the source is tested as it stands, without `--profilec`."""

import signal

pytest_plugins = ["profilec.testing.coroutines"]

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # So it is in a shell's background job, and in all that it starts: the programs that tests interrupt, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
