"""Stage settings that are not enforced yet: what would change behaviour is refused, with its reason.

Nothing that a stage says may be skipped in silence. A setting leaves this table when it is enforced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gatewright.aws.errors import BadRequest
from gatewright.catalog.api import Document
from gatewright.control.rest.method_settings import path_of


@dataclass(frozen=True, slots=True)
class Refusal:
    """One setting: which values ask for nothing, what the others would do, what to leave it at."""

    harmless: Callable[[Any], bool]
    effect: str
    default: str


def _falsy(value: Any) -> bool:
    return not value


STAGE: dict[str, Refusal] = {
    "tracingEnabled": Refusal(_falsy, "it would send traces to X-Ray", "false"),
    "accessLogSettings": Refusal(_falsy, "it would write a line for each request to a log", "unset"),
}

METHOD_SETTINGS: dict[str, Refusal] = {
    "loggingLevel": Refusal(lambda level: level in (None, "OFF"), "it would write an execution log", "OFF"),
    "dataTraceEnabled": Refusal(_falsy, "it would log whole requests and responses", "false"),
}


def refuse_unenforced(stage: Document) -> None:
    """Raises BadRequest that names every setting of the stage that would not be enforced."""
    reasons = [*_of_stage(stage), *_of_method_settings(stage["methodSettings"])]
    if reasons:
        raise BadRequest(" ".join(reasons))


def _of_stage(stage: Document) -> Iterator[str]:
    for member, refusal in STAGE.items():
        if not refusal.harmless(stage.get(member)):
            yield _reason(f"/{member}", refusal)


def _of_method_settings(settings: dict[str, Document]) -> Iterator[str]:
    for key, entry in settings.items():
        for member, refusal in METHOD_SETTINGS.items():
            if not refusal.harmless(entry.get(member)):
                yield _reason(f"{path_of(key, member)} {entry[member]}", refusal)


def _reason(setting: str, refusal: Refusal) -> str:
    return f"Gatewright does not enforce {setting} yet: {refusal.effect}. Leave it {refusal.default}."
