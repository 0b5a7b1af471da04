"""`profilec report`: one page that stands alone and shows what became of every line."""

import re
from html.parser import HTMLParser

import pytest
from profilec_project import Project

JOBS = """
    from shop._profile import THREADS


    def run(job):
        if THREADS:
            return "<thread>"
        return job()
    """


@pytest.fixture
def shop(project: Project) -> Project:
    """A package with one file that differs between its profiles and one that does not."""
    project.write({"src/shop/jobs.py": JOBS, "src/shop/prices.py": "PRICE = 1\n"})
    return project


class Page(HTMLParser):
    """The lines of source on a page, with the profiles that keep each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.lines: list[tuple[str, list[str]]] = []
        self._in_text = False
        self._kinds: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.links += [given[name] for name in ("src", "href") if name in given]
        if given.get("class", "").startswith("line "):
            self._kinds = []
        if tag == "i":
            self._kinds.append(given["class"].split()[-1])
        self._in_text = given.get("class") == "text"
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if self._in_text:
            self._in_text = False

    def handle_data(self, data: str) -> None:
        if self._in_text:
            self.lines.append((data, self._kinds))


def test_each_line_is_shown_with_its_fate_in_each_profile(shop: Project) -> None:
    ran = shop.run("report")
    assert (ran.code, ran.out.strip().endswith("build/report.html")) == (0, True)
    page = Page(shop.read("build/report.html"))
    assert page.open == []
    kinds = {text.strip(): kinds for text, kinds in page.lines}
    assert kinds["if THREADS:"] == ["dropped", "dropped"]
    assert kinds['return "<thread>"'] == ["kept", "dropped"]
    assert kinds["return job()"] == ["dropped", "kept"]
    assert kinds["def run(job):"] == ["kept", "kept"]
    assert "PRICE = 1" not in kinds


def test_lines_are_those_of_the_file_whatever_its_encoding_and_control_characters(shop: Project) -> None:
    text = (
        "# coding: latin-1\nfrom shop._profile import THREADS\n\f\nif THREADS:\n    größe = 1\n\f\nlast = 2\n"
    )
    (shop.root / "src/shop/size.py").write_bytes(text.encode("latin-1"))
    shop.run("report")
    html = shop.read("build/report.html")
    assert "7 lines · " in html
    kinds = {text.strip(): kinds for text, kinds in Page(html).lines}
    assert kinds["größe = 1"] == ["kept", "dropped"]
    assert kinds["last = 2"] == ["kept", "kept"]


def test_the_page_needs_nothing_from_elsewhere(shop: Project) -> None:
    shop.run("report")
    html = shop.read("build/report.html")
    assert all(link.startswith("#") for link in Page(html).links)
    assert not re.search(r"https?://|@import|url\(", html)


def test_every_line_has_a_link_to_itself(shop: Project) -> None:
    shop.run("report")
    html = shop.read("build/report.html")
    places = re.findall(r'<div class="line[^"]*" id="([^"]+)"><a class="at" href="#([^"]+)">', html)
    assert len(places) == html.count('<div class="line ')
    assert len(set(places)) == len(places)
    assert all(line == link for line, link in places)


def test_the_page_says_why_and_proves(shop: Project) -> None:
    shop.run("report", "-o", "page.html")
    html = shop.read("page.html")
    assert "wasm: <code>THREADS</code> is false" in html
    assert html.count("✓") == 7
    assert not (shop.root / "build").exists()


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_page_that_cannot_be_written_is_a_finding(shop: Project, options: list[str]) -> None:
    ran = shop.run("report", "-o", "pyproject.toml/page.html", *options)
    assert ran.code == 1
    assert ran.codes == ["PC504"] if options else "PC504 the output cannot be written: " in ran.err


def test_a_project_with_findings_has_a_report_too(shop: Project) -> None:
    shop.write(
        {
            "pyproject.toml": shop.read("pyproject.toml") + 'forbid = ["threading"]\n',
            "src/shop/net.py": "import threading\n",
        }
    )
    ran = shop.run("report")
    assert ran.code == 1
    html = shop.read("build/report.html")
    assert "<code>threading</code> is forbidden" in html
    assert (html.count("✓"), html.count("✗")) == (6, 1)


def test_a_finding_leads_to_its_line_where_that_is_shown(shop: Project) -> None:
    shop.write(
        {
            "src/shop/plain.py": b"\xff\n",
            "src/shop/net.py": "from shop._profile import WASM\nif WASM:\n    print(1)\nprint(WASM)\n",
        }
    )
    shop.run("report")
    html = shop.read("build/report.html")
    (place,) = re.findall(r'<a href="#([^"]+)">src/shop/net.py:4</a>', html)
    assert re.search(rf'id="{place}">.*print\(WASM\)', html)
    assert '<div class="code">src/shop/plain.py:1</div>' in html


@pytest.mark.parametrize(
    ("setting", "code", "proof"),
    [
        ("modules = { termios = false }", "import termios\n", "Importable"),
        (
            'dependencies = ["click"]',
            "from shop._profile import THREADS\nif THREADS:\n    import click\n",
            "Dependencies",
        ),
    ],
)
def test_a_warning_of_a_proof_is_told_in_its_row(shop: Project, setting: str, code: str, proof: str) -> None:
    files = {"pyproject.toml": f"{shop.read('pyproject.toml')}{setting}\n", "src/shop/__init__.py": code}
    shop.write(files)
    shop.run("report")
    assert re.findall(r"✗</span> (\w+)", shop.read("build/report.html")) == [proof]


def test_a_proof_with_nothing_but_notes_holds(shop: Project) -> None:
    needs = 'dependencies = ["msgspec"]\nforbid = ["threading"]\n'
    shop.write(
        {
            "pyproject.toml": shop.read("pyproject.toml") + needs,
            "src/shop/net.py": "import msgspec\n",
        }
    )
    assert shop.run("report").code == 0
    html = shop.read("build/report.html")
    assert "<code>msgspec._core</code> is compiled" in html
    assert (html.count("✓"), html.count("✗")) == (7, 0)


def test_a_project_that_cannot_be_compiled_has_a_report_too(shop: Project) -> None:
    shop.write({"src/shop/b.py": "from shop._profile import THREAD\nif THREAD:\n    x = 1\n"})
    assert shop.run("report").code == 1
    html = shop.read("build/report.html")
    assert "unknown flag <code>THREAD</code>" in html
    assert "did you mean <code>THREADS</code>?" in html
    assert "✓" not in html


def test_the_report_tells_other_programs_where_it_is_and_what_it_found(shop: Project) -> None:
    shop.write({"src/shop/b.py": "from shop._profile import THREAD\nif THREAD:\n    x = 1\n"})
    ran = shop.run("report", "--json")
    assert (ran.code, ran.codes) == (1, ["PC101"])
    assert ran.json["page"].endswith("build/report.html")


def test_a_finding_names_all_of_its_lines(shop: Project) -> None:
    text = "from shop._profile import THREADS\nif THREADS:\n    x = 1\nprint(x)\nprint(x)\n"
    shop.write({"src/shop/b.py": text})
    assert shop.run("report").code == 1
    assert "<li>also in line 5</li>" in shop.read("build/report.html")


def test_the_build_does_not_mind_the_report(shop: Project) -> None:
    shop.run("build")
    shop.run("report")
    assert shop.run("build", "--check").code == 0


def test_the_page_counts_in_words_that_fit(empty_project: Project) -> None:
    empty_project.write({"pyproject.toml": '[project]\nname = "bakery"\nversion = "3"\n'})
    empty_project.write({"bakery/__init__.py": "OVENS = 1\n"})
    empty_project.run("init")
    assert empty_project.run("report").code == 0
    html = empty_project.read("build/report.html")
    assert "One source of 1 file and 1 line, 2 packages." in html
    assert "1 name is the same in all packages." in html
