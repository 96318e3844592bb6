"""Request ids: their forms, and that no two are alike."""

from __future__ import annotations

import re
import uuid

import pytest

from gatewright.gateway.ids import BATCH, RequestIds, new_trace_root


def test_ids_have_the_services_forms_and_do_not_repeat() -> None:
    ids = RequestIds()
    pairs = [ids.next() for _ in range(2 * BATCH + 1)]
    assert len({pair[0] for pair in pairs}) == len({pair[1] for pair in pairs}) == len(pairs)
    for request_id, extended in pairs:
        parsed = uuid.UUID(request_id.decode())
        assert (parsed.version, parsed.variant, str(parsed)) == (4, uuid.RFC_4122, request_id.decode())
        assert re.fullmatch(rb"[A-Za-z0-9_-]{15}=", extended)


def test_a_trace_root_holds_the_second() -> None:
    assert re.fullmatch(rb"Root=1-66ab5aa0-[0-9a-f]{24}", new_trace_root(0x66AB5AA0 + 0.9))


def test_a_client_may_name_its_request() -> None:
    ids = RequestIds()
    own = b"7B0c3e0e-5d0c-1c55-9d8e-0c5b0a4f6f11"
    request_id, extended = ids.named(own)
    assert request_id == own
    assert re.fullmatch(rb"[A-Za-z0-9_-]{15}=", extended)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        b"",
        b"be-id",
        b"7b0c3e0e5d0c1c559d8e0c5b0a4f6f11",
        b"7b0c3e0e-5d0c-1c55-9d8e-0c5b0a4f6f1",
        b"7b0c3e0e-5d0c-1c55-9d8e-0c5b0a4f6f11\n",
        b"{7b0c3e0e-5d0c-1c55-9d8e-0c5b0a4f6f11}",
    ],
)
def test_what_is_no_uuid_names_nothing(sent: bytes | None) -> None:
    request_id, _ = RequestIds().named(sent)
    assert request_id != sent
    assert uuid.UUID(request_id.decode()).version == 4
