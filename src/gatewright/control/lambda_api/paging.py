"""Pages of Lambda's listings: `Marker` in, `NextMarker` out."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence

from gatewright.catalog.api import Document
from gatewright.control.operation import Params
from gatewright.functions.names import InvalidParameterValue

PAGE = 50  # what Lambda answers at most, whatever MaxItems says

Order = tuple[str, int]  # a name, and a number that orders what has the same name


def page(
    member: str, items: Sequence[Document], params: Params, order: Callable[[Document], Order]
) -> Document:
    """One page of `items`, which are sorted by `order`.

    The marker is the order of the last item shown: deletes between pages neither skip nor repeat any.
    """
    after = _read_marker(params.get("Marker"))
    rest = [item for item in items if after is None or order(item) > after]
    shown = rest[: min(params.get("MaxItems") or PAGE, PAGE)]
    answer: Document = {member: shown}
    if len(rest) > len(shown):
        name, number = order(shown[-1])
        answer["NextMarker"] = urlsafe_b64encode(f"{name}/{number}".encode()).decode()
    return answer


def _read_marker(marker: str | None) -> Order | None:
    if not marker:
        return None
    try:
        name, _, number = urlsafe_b64decode(marker.encode()).decode().rpartition("/")
        return name, int(number)
    except (binascii.Error, ValueError):
        raise InvalidParameterValue(
            f"Invalid Marker '{marker[:100]}': pass the NextMarker of the previous page"
        ) from None
