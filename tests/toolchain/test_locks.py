"""The lock files pin everything, by hash, without an address, at the same versions for both worlds."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def pins(name: str) -> dict[str, str]:
    text = (ROOT / f"requirements/{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", ["dev", "index", "peers", "wasm"])
def test_every_requirement_is_pinned_and_hashed_and_names_no_index(name: str) -> None:
    text = (ROOT / f"requirements/{name}.txt").read_text()
    requirements = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip())

    # A package may have two pins, for different versions of Python.
    assert len(requirements) == len(re.findall(r"^[a-z0-9._-]+==", text, re.MULTILINE)) > 5
    assert all("--hash=sha256:" in requirement for requirement in requirements)
    assert "://" not in text


@pytest.mark.parametrize("name", ["index", "wasm"])
def test_both_worlds_run_the_same_releases(name: str) -> None:
    of_pyodide_alone = {"micropip"}

    shared = {package: pin for package, pin in pins(name).items() if package not in of_pyodide_alone}

    assert shared.items() <= pins("dev").items()


@pytest.mark.parametrize(("profile", "name"), [("native", "dev"), ("native", "index"), ("wasm", "wasm")])
def test_what_a_profile_depends_on_is_what_is_locked_for_it(profile: str, name: str) -> None:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = set(configuration["tool"]["profilec"]["profiles"][profile]["dependencies"])

    assert wanted <= set((ROOT / f"requirements/{name}.in").read_text().splitlines())


def test_pyodide_is_locked_by_hash_and_not_by_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    installed = {path: package for path, package in packages.items() if path}

    assert installed["node_modules/pyodide"]["version"] == packages[""]["dependencies"]["pyodide"]
    assert all("integrity" in package and "resolved" not in package for package in installed.values())
