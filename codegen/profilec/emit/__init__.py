"""Last room: a proved tree becomes a folder that pip can install.

`package` is pure: from a tree to the bytes of every file of the folder. `folder` is the one place that
writes.
"""
