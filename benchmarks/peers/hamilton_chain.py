"""The chain as a module for Hamilton: a function is a node, and its parameter names the node before it."""


async def n0(number: int) -> int:
    """Return what came."""
    return number


async def n1(n0: int) -> int:
    """Return what came."""
    return n0


async def n2(n1: int) -> int:
    """Return what came."""
    return n1


async def n3(n2: int) -> int:
    """Return what came."""
    return n2


async def n4(n3: int) -> int:
    """Return what came."""
    return n3


async def n5(n4: int) -> int:
    """Return what came."""
    return n4


async def n6(n5: int) -> int:
    """Return what came."""
    return n5


async def n7(n6: int) -> int:
    """Return what came."""
    return n6


async def n8(n7: int) -> int:
    """Return what came."""
    return n7


async def n9(n8: int) -> int:
    """Return what came."""
    return n8
