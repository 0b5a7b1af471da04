"""The pages of the codes in Markdown; `python -m profilec.diagnostics.pages DIR` writes them."""

import sys
from collections.abc import Mapping
from pathlib import Path

from profilec.diagnostics.codes import CODES, FAMILIES, Code

_LANGUAGES = {"[": "toml", "$": "console"}
"""The language of an example by its first character; Python for all others."""


def render_pages() -> Mapping[str, str]:
    """The text of every page by its file name."""
    return {"index.md": _index()} | {f"{code.name}.md": render_page(code) for code in CODES.values()}


def _index() -> str:
    lines = [
        "# Diagnostics",
        "",
        "Errors refuse a build, warnings do not, and notes are told only by `audit` and the report. "
        "`profilec explain CODE` shows these pages too.",
    ]
    for family in FAMILIES:
        lines += [
            "",
            f"## {(family.__doc__ or '').strip().rstrip('.')}",
            "",
            "| code | meaning | |",
            "| --- | --- | --- |",
        ]
        lines += [
            f"| [{code.name}]({code.name}.md) | {code.title} | {code.severity} |" for code in family.CODES
        ]
    return "\n".join(lines) + "\n"


def render_page(code: Code) -> str:
    """The page of one code: what it means, an example, and what to write instead."""
    text = f"# {code.name}: {code.title}\n\n*{code.severity.capitalize()}.* {code.explanation}\n"
    for heading, example in (("Example", code.example), ("Write instead", code.instead)):
        if example:
            text += f"\n## {heading}\n\n```{_LANGUAGES.get(example[0], 'python')}\n{example}\n```\n"
    return text


def main(folder: Path) -> None:
    """Write the pages, and remove those of codes that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = render_pages()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    for file in folder.glob("*.md"):
        if file.name not in pages:
            file.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
