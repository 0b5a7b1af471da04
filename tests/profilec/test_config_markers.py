"""The marker of a profile: what its guard tests in Python, and which markers no package can test."""

import pytest

from profilec.config.marker import MarkerError, python_test


@pytest.mark.parametrize(
    ("marker", "fails"),
    [
        ("sys_platform == 'emscripten'", '_sys.platform != "emscripten"'),
        ("sys_platform != 'emscripten'", '_sys.platform == "emscripten"'),
        ("'linux' in sys_platform", '"linux" not in _sys.platform'),
        ("python_version >= '3.12'", "_sys.version_info[:2] < (3, 12)"),
        ("'3.12' <= python_version", "_sys.version_info[:2] < (3, 12)"),
        ("python_full_version < '3.12.1'", "_sys.version_info[:3] >= (3, 12, 1)"),
        (
            "os_name == 'posix' and (platform_machine == 'arm' or sys_platform == 'x')",
            '_os.name != "posix" or (_platform.machine() != "arm" and _sys.platform != "x")',
        ),
    ],
)
def test_a_marker_is_tested_in_python(marker: str, fails: str) -> None:
    assert python_test(marker).fails == fails


@pytest.mark.parametrize(
    "marker",
    [
        "",
        "linux",
        "sys_platform",
        "sys_platform ==",
        "extra == 'x'",
        "sys_platform < 'x'",
        "(os_name == 'a'",
        "a b c d",
    ],
)
def test_a_marker_that_no_package_can_test_is_refused(marker: str) -> None:
    with pytest.raises(MarkerError):
        python_test(marker)
