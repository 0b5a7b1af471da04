"""The one likely meaning of a misspelt name."""

from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.65) -> str:
    """The hint ``did you mean `threads`?`` for the known name nearest to `name`, or the empty string.

    Case does not count, so that `Threads` finds `threads`. At `cutoff` 1 only equal names are near;
    below 0.65, `red` is near `threads`, which has its letters.
    """
    import difflib  # costs a warm build more than all the rest of this room, and only a faulty one needs it

    by_folded = {candidate.casefold(): candidate for candidate in sorted(known, reverse=True)}
    nearest = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=cutoff)
    return f"did you mean `{by_folded[nearest[0]]}`?" if nearest else ""
