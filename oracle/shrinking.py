"""Makes a template smaller as long as the engines differ on it in the same way."""

from __future__ import annotations

from oracle.engines import Outcome, Velocity, ours, same


def shrunk(text: str, theirs: Outcome, mine: Outcome, velocity: Velocity) -> tuple[str, Outcome, Outcome]:
    """Leaves out ever smaller stretches, until no single character can be left out.

    A template that Velocity does not end on stays as it is: each try would take as long.
    """
    size = 0 if theirs.kind == "hang" else len(text) // 2
    while size:
        smaller = _without_one(text, size, theirs, mine, velocity)
        if smaller is None:
            size //= 2
        else:
            text, theirs, mine = smaller
            size = min(size, len(text))
    return text, theirs, mine


def _without_one(
    text: str, size: int, their: Outcome, our: Outcome, velocity: Velocity
) -> tuple[str, Outcome, Outcome] | None:
    candidates = [text[:start] + text[start + size :] for start in range(0, len(text), max(size // 2, 1))]
    for candidate, theirs in list(velocity.answers(candidates)):
        if not _alike(theirs, their):
            continue
        mine = ours(candidate)
        if mine.kind == our.kind and not same(theirs, mine):
            return candidate, theirs, mine
    return None


def _alike(one: Outcome, other: Outcome) -> bool:
    return one.kind == other.kind and (one.kind == "ok" or one.text == other.text)
