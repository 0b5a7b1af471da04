"""Every golden case: what each profile makes of a source, and what is refused."""

from pathlib import Path

import pytest
from case_files import MODULE, all_cases, compile_case, project_of, read_case, shown

from profilec.syntax.read import Text, parse

CASES = all_cases()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path, tmp_path: Path) -> None:
    case = read_case(path)
    config = project_of(case, tmp_path)
    compiled = compile_case(config)
    findings = [finding for finding in compiled.findings if finding.path in {"pyproject.toml", *case.files}]
    found = [shown(finding, len(config.profiles)) for finding in findings]
    assert found == case.errors, "\n".join(finding.message for finding in findings)
    if any(finding.is_error for finding in compiled.findings):
        return
    for profile, tree in compiled.trees.items():
        for file in case.files:
            expected = case.outputs.get((profile, file), case.files[file])
            emitted = tree.files.get(file)
            assert (emitted.data.decode() if emitted else None) == expected, f"{file} for {profile}"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_is_emitted_is_python_and_has_nothing_left_to_decide(path: Path, tmp_path: Path) -> None:
    case = read_case(path)
    compiled = compile_case(project_of(case, tmp_path))
    if any(finding.is_error for finding in compiled.findings):
        return
    for tree in compiled.trees.values():
        emitted = tree.files.get(MODULE)
        if emitted is not None:
            parse(Text(MODULE, MODULE, emitted.data.decode()))
            assert len(emitted.lines) in (0, emitted.data.count(b"\n") + (not emitted.data.endswith(b"\n")))
