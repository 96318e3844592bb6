"""One message of an event stream: lengths, header fields and payload, with their checksums."""

from __future__ import annotations

from binascii import crc32
from struct import pack

MEDIA_TYPE = "application/vnd.amazon.eventstream"

_STRING = 7  # the type of a header field's value


def event(kind: str, payload: bytes, content_type: str) -> bytes:
    fields = b"".join(
        _field(name, value)
        for name, value in (
            (b":event-type", kind.encode()),
            (b":content-type", content_type.encode()),
            (b":message-type", b"event"),
        )
    )
    lengths = pack(">II", len(fields) + len(payload) + 16, len(fields))
    message = b"%b%b%b%b" % (lengths, pack(">I", crc32(lengths)), fields, payload)
    return message + pack(">I", crc32(message))


def _field(name: bytes, value: bytes) -> bytes:
    return pack(f">B{len(name)}sBH", len(name), name, _STRING, len(value)) + value
