"""Specialises urllib3, which never heard of profilec, for CPython and WebAssembly: `specialise.py FOLDER`.

Nothing of urllib3 lies here. pip fetches its source distribution, `profilec.toml` is appended to the
`pyproject.toml` in it, and `profilec build` writes both trees below `FOLDER/urllib3-2.8.0/build`. Then the
difference of each tree from the source is printed, and what `profilec audit` finds that the tree for
WebAssembly still reaches of sockets and threads.
"""

import difflib
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
NAME = "urllib3-2.8.0"


def fetch(folder: Path) -> Path:
    """Fetch and unpack the source distribution, and return its folder.

    Raises:
        subprocess.CalledProcessError: pip could not fetch it, or it is not what was pinned.
    """
    archive = folder / f"{NAME}.tar.gz"
    if not archive.exists():
        pip = [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", "download"]
        pinned = [
            "--no-deps",
            "--no-binary",
            "urllib3",
            "--require-hashes",
            "-r",
            str(HERE / "requirements.txt"),
        ]
        subprocess.run([*pip, *pinned, "-d", str(folder)], check=True)
    shutil.rmtree(folder / NAME, ignore_errors=True)
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder / NAME


def configure(project: Path, *parts: str) -> None:
    """Append parts of the configuration to the `pyproject.toml` of a project."""
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.writelines((HERE / part).read_text(encoding="utf-8") for part in parts)


def profilec(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the compiler on a project."""
    command = [sys.executable, "-m", "profilec.cli", "-C", str(project), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def difference(source: Path, tree: Path) -> Iterator[str]:
    """Yield the lines that tell a tree from the source, and the files that it lacks."""
    for before in sorted(file for file in source.rglob("*") if file.is_file()):
        path = before.relative_to(source)
        after = tree / path
        if not after.exists():
            yield f"- {path} (the whole file)\n"
        elif before.read_bytes() != after.read_bytes():
            yield from difflib.unified_diff(_lines(before), _lines(after), str(path), str(path), n=2)


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines(keepends=True)


def main(folder: Path) -> int:
    """Fetch, build, and print what was made."""
    folder.mkdir(parents=True, exist_ok=True)
    project = fetch(folder)
    configure(project, "profilec.toml")
    built = profilec(project, "build")
    if built.returncode != 0:
        sys.stderr.write(built.stdout + built.stderr)
        return built.returncode
    for profile in ("native", "wasm"):
        print(f"\n=== {profile}")
        sys.stdout.writelines(difference(project / "src/urllib3", project / "build" / profile / "urllib3"))
    configure(project, "forbid.toml")
    print("\n=== what the tree for WebAssembly still reaches\n")
    print(profilec(project, "audit").stdout)
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: specialise.py FOLDER")
    sys.exit(main(Path(sys.argv[1])))
