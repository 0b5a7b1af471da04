"""What `--sarif` writes is valid by the schema of SARIF 2.1.0, as the package index has it."""

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from corpora import source_distribution, wheel

from profilec.diagnostics import CODES, Finding
from profilec.diagnostics.sarif import to_sarif

type Validate = Callable[[object], object]

CONFIGURATION = """\
[tool.profilec]
package = "shop"
flags = "shop._profile"

[tool.profilec.features]
threads = "threads"

[tool.profilec.profiles.native]
features = ["threads"]

[tool.profilec.profiles.wasm]
forbid = ["threading"]
"""
FILES = {
    "pyproject.toml": CONFIGURATION,
    "shop/__init__.py": "import threading\n",
    "shop/_profile.py": 'from profilec import flag\n\nTHREADS = flag("threads")\n',
    "shop/größe 1.py": "from shop._profile import THREADS\n\nx = [THREADS]\nif THREDS:\n    y = 1\n",
}


@pytest.fixture(scope="module")
def validate() -> Validate:
    (schema,) = source_distribution("sarif_om==1.0.4").glob("sarif-2.1.0*.json")
    sys.path.append(str(wheel("fastjsonschema==2.22.3")))
    import fastjsonschema

    return fastjsonschema.compile(json.loads(schema.read_text(encoding="utf-8")))


def test_the_findings_of_a_run_are_valid(tmp_path: Path, validate: Validate) -> None:
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "profilec.cli", "check", "-C", str(tmp_path), "--sarif"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    log = json.loads(ran.stdout)
    assert len(log["runs"][0]["results"]) > 1
    validate(log)


def test_a_finding_of_every_code_and_shape_is_valid(validate: Validate) -> None:
    places = ((0, 1, 1), (1, 1, 1), (3, 5, 9), (3, 5, 2))
    shapes = product(
        CODES, ("a.py", "my source/Käse%.py", "../b.py"), places, ("", "do this"), ((), ("wasm",))
    )
    validate(
        to_sarif(
            Finding(*shape[:2], *place, "it is wrong", hint, names) for *shape, place, hint, names in shapes
        )
    )


def test_a_run_without_findings_is_valid(validate: Validate) -> None:
    validate(to_sarif(()))
