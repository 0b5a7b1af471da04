"""Findings as SARIF, for code hosts and editors."""

from profilec_project import Project

from profilec.diagnostics import Finding
from profilec.diagnostics.sarif import to_sarif


def test_findings_are_written_as_sarif(project: Project) -> None:
    project.write({"src/shop/b.py": "from shop._profile import THREADS\nif THREADS:\n    print(THREAD)\n"})
    ran = project.run("check", "--sarif")
    assert ran.code == 1
    log = ran.json
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    (result,) = run["results"]
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["id"] == result["ruleId"] == "PC101"
    assert rule["help"]["markdown"].startswith("# PC101: ")  # GitHub shows no rule without
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "src/shop/b.py"
    assert location["region"] == {"startLine": 3, "startColumn": 11, "endColumn": 17}
    assert result["level"] == "error"


def test_a_wrong_configuration_is_written_as_sarif_too(project: Project) -> None:
    project.write({"pyproject.toml": "[tool.profilec]\npackage = 1\n"})
    ran = project.run("check", "--sarif")
    assert ran.code == 2
    assert {result["ruleId"] for result in ran.json["runs"][0]["results"]} == {"PC004", "PC005"}


def test_a_path_is_written_as_a_uri() -> None:
    (run,) = to_sarif([Finding("PC601", "my source/Käse.py", 1, 1, 2, "invalid syntax")])["runs"]
    (location,) = run["results"][0]["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "my%20source/K%C3%A4se.py"


def test_a_run_without_findings_is_an_empty_log() -> None:
    assert to_sarif(())["runs"][0]["results"] == []
