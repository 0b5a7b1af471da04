"""Last room: a proved tree becomes a folder that pip can install.

`package` is pure: from a tree to the bytes of every file of the folder. `folder` is the one place that
writes.
"""

from profilec.emit.folder import Output, OutputError, digest, drift, inspect, replace_folders, same_inputs
from profilec.emit.package import EmitError, Emitted, render_package
from profilec.emit.source_map import MAP_FILE, SourceMap, read_map

__all__ = [
    "MAP_FILE",
    "EmitError",
    "Emitted",
    "Output",
    "OutputError",
    "SourceMap",
    "digest",
    "drift",
    "inspect",
    "read_map",
    "render_package",
    "replace_folders",
    "same_inputs",
]
