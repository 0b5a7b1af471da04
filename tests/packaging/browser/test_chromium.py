"""In a real browser, micropip takes the wasm wheel from the index, and the page shows what the flow gave."""

import json
from pathlib import Path

from loopback import serving
from tools.browser_suite import browse

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SECONDS = 120


def test_micropip_in_a_browser_takes_the_wasm_wheel_and_the_page_shows_the_result(
    offered: list[Path], flow_after: str, tmp_path: Path
) -> None:
    what = tmp_path / "what.json"
    pages = {
        "/": HERE / "install.html",
        "/install.mjs": HERE.parent / "install.mjs",
        "/pyodide/": ROOT / "node_modules/pyodide",
        "/what.json": what,
    }
    with serving(offered, pages) as index:
        program = flow_after.replace("INDEX", index.simple)
        what.write_text(json.dumps({"micropip": index.url_of("micropip"), "program": program}))
        browser = browse(f"{index.address}/", str(tmp_path / "profile"))
        try:
            shown = index.reports.get(timeout=SECONDS).decode()
        finally:
            browser.terminate()
            browser.wait()

    assert json.loads(shown) == {
        "result": "Value(value='7.50')",
        "platform": "emscripten",
        "tag": "py3-none-pyemscripten_2026_0_wasm32",
    }
    assert "kernel_exec-0.1.0-py3-none-pyemscripten_2026_0_wasm32.whl" in index.fetched
