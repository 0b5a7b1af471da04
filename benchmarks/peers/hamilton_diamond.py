"""The diamond as a module for Hamilton: a function is a node, and its parameters name the nodes before it."""


async def entry(number: int) -> int:
    """Return what came."""
    return number


async def left(entry: int) -> int:
    """Return what came."""
    return entry


async def right(entry: int) -> int:
    """Return what came."""
    return entry


async def out(left: int, right: int) -> list[int]:
    """Return what came by either branch."""
    return [left, right]
