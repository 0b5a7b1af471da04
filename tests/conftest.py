"""Coroutine tests run also where the source is tested as it stands, without `--profilec`."""

pytest_plugins = ["profilec.testing.coroutines"]
