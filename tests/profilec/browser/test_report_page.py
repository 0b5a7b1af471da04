"""The report in Chromium: nothing goes wrong in it, and what it shows can be seen, light, dark and narrow."""

import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from png import colours
from tools.browser_suite import command

from profilec.cli import run

PYPROJECT = """
[tool.profilec]
package = "shop"
flags = "shop._profile"

[tool.profilec.features]
threads = "run jobs on threads"

[tool.profilec.profiles.native]
features = ["threads"]

[tool.profilec.profiles.wasm]
forbid = ["socket"]

[tool.profilec.profiles.tiny]
"""
FILES = {
    "pyproject.toml": PYPROJECT,
    "shop/__init__.py": "",
    "shop/_profile.py": "from profilec import flag\n\nTINY = flag('tiny')\nTHREADS = flag('threads')\n",
    "shop/jobs.py": (
        "from shop._profile import THREADS, TINY\n\n\n"
        "def run(job):\n    if THREADS:\n        return '<b>' + job\n    if TINY:\n        return None\n"
        "    return job()\n"
    ),
    "shop/net.py": "import socket\n\nHOST = socket.gethostname()\n",
    "shop/prices.py": "PRICE = 1\n",
}
PROBE = """
<script>
const seen = [...document.querySelectorAll(".line")].map((line) => ({
  text: line.querySelector(".text").textContent,
  why: line.querySelector(".why")?.textContent ?? "",
  background: getComputedStyle(line).backgroundColor,
  bars: [...line.querySelectorAll(".in i")].map((bar) => getComputedStyle(bar).backgroundColor),
}));
const shown = () => [...document.querySelectorAll("#f2 .line")].filter((line) => line.offsetHeight).map(
  (line) => line.querySelector(".text").textContent);
const as = Object.fromEntries([...document.querySelectorAll(".reader button")].map((button) => {
  button.click();
  return [button.textContent, shown()];
}));
document.querySelector(".reader button").click();
const text = document.querySelector("main").innerText;
const links = [...document.querySelectorAll("nav a")].filter((link) => link.offsetHeight);
const told = {
  seen, as, text,
  tree: links.map((link) => link.innerText),
  dead: links.filter((link) => link.hash && !document.querySelector(link.hash)).length,
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
};
const note = document.createElement("script");
note.type = "application/json";
note.id = "told";
note.textContent = JSON.stringify(told).replaceAll("<", "\\\\u003c");
document.body.append(note);
</script>
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for path, text in FILES.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    assert run(["-C", str(folder), "report", "-o", "report.html"]) == 1  # `socket` is reached
    return folder / "report.html"


def chromium(page: Path, *options: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        start = [*command(profile), "--hide-scrollbars", "--enable-logging=stderr", *options, page.as_uri()]
        return subprocess.run(start, capture_output=True, text=True, timeout=120, check=True)


def told(page: Path, *options: str) -> dict[str, Any]:
    """Open the page with a script that notes what a reader sees, and return that."""
    probed = page.with_name("probed.html")
    probed.write_text(page.read_text().replace("</body>", f"{PROBE}</body>"))
    ran = chromium(probed, "--dump-dom", *options)
    assert "CONSOLE" not in ran.stderr, ran.stderr
    found = re.search(r'<script type="application/json" id="told">(.*?)</script>', ran.stdout, re.DOTALL)
    assert found, ran.stdout[-2000:]
    result: dict[str, Any] = json.loads(found[1])
    return result


def test_lines_are_coloured_by_profile_and_say_why(page: Path) -> None:
    seen = {line["text"].strip(): line for line in told(page, "--window-size=1400,900")["seen"]}
    everywhere, native, tiny = seen["def run(job):"], seen["return '<b>' + job"], seen["return None"]
    nowhere = "rgba(0, 0, 0, 0)"
    assert [bar != nowhere for bar in everywhere["bars"]] == [True, True, True]
    assert len(set(everywhere["bars"])) == 3
    assert [bar != nowhere for bar in native["bars"]] == [True, False, False]
    assert [bar != nowhere for bar in tiny["bars"]] == [False, False, True]
    assert nowhere not in (native["background"], tiny["background"])
    assert native["background"] != tiny["background"]
    assert everywhere["background"] == nowhere
    assert "wasm, tiny: THREADS is false" in native["why"]


def test_the_source_can_be_read_as_each_profile(page: Path) -> None:
    as_ = told(page)["as"]
    assert [line.strip() for line in as_["native"]] == ["def run(job):", "return '<b>' + job"]
    assert [line.strip() for line in as_["tiny"]] == ["def run(job):", "return None"]
    assert [line.strip() for line in as_["wasm"]] == ["def run(job):", "return job()"]
    assert len(as_["the source"]) == 9


@pytest.mark.parametrize("size", ["1400,900", "480,900"])
def test_the_tree_the_proofs_and_their_chains_are_there_on_wide_and_narrow_screens(
    page: Path, size: str
) -> None:
    found = told(page, f"--window-size={size}")
    assert (found["dead"], found["overflow"]) == (0, 0)
    assert any(line.startswith("jobs.py") for line in found["tree"])
    assert any(line.startswith("prices.py") for line in found["tree"])
    for words in ("✓ Nothing left", "✗ Forbidden", "socket is forbidden", "Public names", "bytes"):
        assert words in found["text"], words


def test_it_is_not_blank_and_follows_the_scheme_of_colours(page: Path, tmp_path: Path) -> None:
    papers = []
    for number, options in enumerate(([], ["--force-dark-mode"])):
        picture = tmp_path / f"{number}.png"
        chromium(page, "--window-size=900,700", f"--screenshot={picture}", *options)
        found = colours(picture)
        assert sum(found.values()) == 900 * 700
        assert len(found) > 50
        papers.append(max(found, key=found.__getitem__))
    light, dark = papers
    assert min(light) > 200
    assert max(dark) < 60
