"""Sources of packages whose profiles differ, for the proof of parity."""

HEAD = "from profilec import choose, only, stub\n\nfrom shop._profile import THREADS, WASM\n\n"


def either(one: str, other: str, indent: str = "") -> str:
    """Statements of which the first stand for threads and the second without."""
    lines = [f"{indent}if THREADS:", *(f"{indent}    {line}" for line in one.split("\n"))]
    return (
        "\n".join([*lines, f"{indent}else:", *(f"{indent}    {line}" for line in other.split("\n"))]) + "\n"
    )
