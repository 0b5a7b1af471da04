"""Findings as SARIF 2.1.0, the form in which code hosts and editors take the results of a checker."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from profilec.diagnostics.codes import CODES
from profilec.diagnostics.finding import Finding
from profilec.diagnostics.pages import render_page

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def to_sarif(findings: Iterable[Finding]) -> dict[str, Any]:
    """The log of one run: the rules that were broken, and where."""
    findings = tuple(findings)
    codes = sorted({finding.code for finding in findings})
    driver = {"name": "profilec", "rules": [_rule(code) for code in codes]}
    results = [_result(finding, codes.index(finding.code)) for finding in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(name: str) -> dict[str, Any]:
    code = CODES[name]
    return {
        "id": name,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": code.explanation},
        "help": {"text": code.explanation, "markdown": render_page(code)},
        "defaultConfiguration": {"level": code.severity},
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    profiles = f" [{', '.join(finding.profiles)}]" if finding.profiles else ""
    sentences = [f"{finding.message}{profiles}", finding.hint, *finding.remarks]
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(finding.path)}}
    if finding.line:
        columns = {"startColumn": finding.column, "endColumn": max(finding.end_column, finding.column)}
        location["region"] = {"startLine": finding.line, **columns}
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": CODES[finding.code].severity,
        "message": {"text": "\n".join(sentence for sentence in sentences if sentence)},
        "locations": [{"physicalLocation": location}],
    }
