"""Runs pip as if inside WebAssembly: `python pip_inside.py MARKERS ARGUMENTS…`.

pip's `--platform` chooses wheels for another world, but the markers of what they require are still
evaluated in this one (https://github.com/pypa/pip/issues/11664): a dependency of Linux alone would be asked
for, and one of Emscripten alone forgotten. MARKERS is JSON with the values that markers have inside.
"""

import json
import runpy
import sys
from typing import Any

from pip._vendor.packaging import markers

inside: Any = json.loads(sys.argv[1])
markers.default_environment = lambda: inside
sys.argv[:] = ["pip", *sys.argv[2:]]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
