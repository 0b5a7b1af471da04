"""What LibCST does not read of the standard library changes nothing of what facts make of it."""

import pytest
from corpora import CORPORA

from profilec.config import Config, load_config
from profilec.sources import read_sources
from profilec.specialise import Specialised, specialise
from profilec.specialise.package import read_package
from profilec.syntax import outline

CONFIGURATION = """\
[tool.profilec]
package = "stdlib"
copy = ["stdlib/*/**", "stdlib/[!s-z]*.py"]  # reading all of the library takes most of an hour
out = "out"

[tool.profilec.profiles.wasm]
facts = { "sys.platform" = "emscripten", "os.name" = "posix", "sys.byteorder" = "little" }
modules = { threading = false, _socket = false, fcntl = true }

[tool.profilec.profiles.windows]
facts = { "sys.platform" = "win32", "os.name" = "nt", "os.sep" = "\\\\", "sys.version_info" = [3, 14] }
modules = { pwd = false, fcntl = false, termios = false, _winapi = true }
"""


def specialised(config: Config) -> dict[str, Specialised]:
    """Return what each profile makes of the package."""
    sources, _ = read_sources(config)
    return specialise(read_package(sources, config), config.profiles.values())


def test_the_standard_library_is_decided_the_same_when_all_of_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = CORPORA["standard-library"].folder("standard-library")
    (project / "pyproject.toml").write_text(CONFIGURATION, encoding="utf-8")
    config = load_config(project)
    found = specialised(config)
    monkeypatch.setattr(outline, "skippable", lambda content, body: ())
    for name, whole in specialised(config).items():
        assert len(whole.decisions) > 10
        assert found[name].findings == whole.findings
        assert found[name].tree == whole.tree
