"""What LibCST does not read of the standard library changes nothing of what facts make of it."""

from dataclasses import replace

import pytest
from corpora import CORPORA

from profilec import settle
from profilec.config import Config, load_config
from profilec.package import read_package
from profilec.sources import read_sources
from profilec.specialise import Specialised, specialise

CONFIGURATION = """\
[tool.profilec]
package = "stdlib"
copy = {copied}
out = "out"

[tool.profilec.profiles.native]
facts = {{ "sys.platform" = "linux", "os.name" = "posix", "sys.version_info" = [3, 12] }}
modules = {{ _winapi = false, msvcrt = false }}

[tool.profilec.profiles.wasm]
facts = {{ "sys.platform" = "emscripten", "os.name" = "posix", "sys.byteorder" = "little", "__debug__" = true }}
modules = {{ threading = false, _socket = false, fcntl = true }}

[tool.profilec.profiles.windows]
facts = {{ "sys.platform" = "win32", "os.name" = "nt", "os.sep" = "\\\\", "sys.version_info" = [3, 14] }}
modules = {{ pwd = false, fcntl = false, termios = false, _winapi = true, "_posixsubprocess" = false }}
"""


def _specialised(config: Config) -> dict[str, Specialised]:
    sources, _ = read_sources(config)
    return dict(specialise(read_package(sources, config), config.profiles.values()))


def test_the_standard_library_is_decided_the_same_when_all_of_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    corpus = CORPORA["standard-library"]
    project = corpus.folder("standard-library")
    (project / "pyproject.toml").write_text(CONFIGURATION.format(copied=list(corpus.copied)), encoding="utf-8")
    config = load_config(project)
    found = _specialised(config)
    skipped: list[int] = []

    with monkeypatch.context() as patched:
        patched.setattr(settle, "skippable", lambda content: ())
        whole = _specialised(config)
    for name, specialised in whole.items():
        assert found[name].findings == specialised.findings
        changed = [path for path, file in specialised.tree.files.items() if found[name].tree.files[path] != file]
        assert not changed, name
