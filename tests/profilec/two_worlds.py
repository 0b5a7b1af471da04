"""A project of two worlds for the tests of what is emitted."""

from collections.abc import Callable

from profilec_project import Project

from profilec.tree import EmittedFile

HEAD = '[tool.profilec]\nsource = "src"\npackage = "shop"\n'


TWO_WORLDS = """
[tool.profilec.profiles.native]
dependencies = ["click>=8", "uvloop; os_name == 'posix'"]
marker = "sys_platform != 'emscripten'"
scripts = { shop = "shop.cli:main" }

[tool.profilec.profiles.wasm]
dependencies = ["micropip"]
marker = "sys_platform == 'emscripten'"
wheel-tag = "py3-none-pyemscripten_2026_0_wasm32"
"""


type Configured = Callable[[str], Project]


def unchanged(text: str, path: str = "shop/__init__.py") -> EmittedFile:
    return EmittedFile(path, text.encode(), False)
