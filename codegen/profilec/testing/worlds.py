"""Whose interpreter runs the tests of a profile: read off what the profile declares about its world."""

import platform
import sys

from packaging.markers import Marker

from profilec.config import Profile
from profilec.wasm.environment import marker_environment


class ForeignProfileError(Exception):
    """The profile is for a world whose interpreter is not on this machine; the text says which."""


def runs_here(profile: Profile) -> bool:
    """Whether a profile is for this interpreter; it is for WebAssembly if not.

    Its environment marker decides, and what its facts, or else its wheel tag, say of `sys.platform`. A
    profile that says nothing of its world runs here.

    Raises:
        ForeignProfileError: it is for neither.
    """
    marker = Marker(profile.marker) if profile.marker else None
    declared = profile.facts.get("sys.platform", _platform_of_tag(profile.wheel_tag))
    if declared in (None, sys.platform) and (marker is None or marker.evaluate()):
        return True
    inside = marker_environment(platform.python_version())
    if declared in (None, "emscripten") and (marker is None or marker.evaluate(dict(inside))):
        return False
    world = profile.marker or f"sys_platform == '{declared}'"
    raise ForeignProfileError(
        f"the profile `{profile.name}` is for {world}, which is neither this interpreter nor WebAssembly"
    )


def _platform_of_tag(wheel_tag: str | None) -> str | None:
    """What a wheel tag says of `sys.platform`: only that of WebAssembly is told by its name alone."""
    return "emscripten" if wheel_tag is not None and "emscripten" in wheel_tag else None
