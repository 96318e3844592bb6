"""The PROXY protocol, versions 1 and 2: the client's address, said by a load balancer in front of us.

Pure reading of bytes; `accept` does the sockets. The source of the rules is HAProxy's proxy-protocol.txt.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import Final

SIGNATURE_V2: Final = b"\r\n\r\n\x00\r\nQUIT\n"

LONGEST_V1: Final = 107
"""The longest version 1 line, CRLF included."""

SHORTEST: Final = 15
"""The shortest header there is, `PROXY UNKNOWN` and CRLF: so much may be read before its version is known."""

LONGEST_V2: Final = 4096
"""Ours: addresses take 216 bytes at most, what follows are type-length-value records that we read over."""


class NotProxiedError(Exception):
    """The connection does not begin with a PROXY header, or with a malformed one."""


Client = tuple[str, int]


def wanted(header: bytes) -> int:
    """How many more bytes surely belong to the header, given its beginning; 0 when it is complete.

    -1 for a version 1 line: everything up to the next LF. Raises `NotProxiedError`.
    """
    if len(header) < SHORTEST:
        if header[:6] != b"PROXY "[: len(header)] and header[:12] != SIGNATURE_V2[: len(header)]:
            raise NotProxiedError("the connection begins with neither PROXY nor the signature of version 2")
        return SHORTEST - len(header)
    if header.startswith(b"PROXY "):
        if header.endswith(b"\n"):
            return 0
        if len(header) >= LONGEST_V1:
            raise NotProxiedError("the PROXY line is too long")
        return -1
    if not header.startswith(SIGNATURE_V2):
        raise NotProxiedError("the connection begins with neither PROXY nor the signature of version 2")
    if len(header) < 16:
        return 16 - len(header)
    length = int.from_bytes(header[14:16], "big")
    if length > LONGEST_V2:
        raise NotProxiedError(f"the PROXY header announces {length} bytes, more than {LONGEST_V2}")
    return 16 + length - len(header)


def read_header(header: bytes) -> Client | None:
    """The client's address and port in a complete header. None where it says UNKNOWN or LOCAL (a health
    check): then the connection's own peer counts. Raises `NotProxiedError`."""
    return _read_v1(header) if header.startswith(b"PROXY ") else _read_v2(header)


def _read_v1(header: bytes) -> Client | None:
    if not header.endswith(b"\r\n"):
        raise NotProxiedError("the PROXY line does not end with CRLF")
    words = header[:-2].decode("latin-1").split(" ")
    if words[1] == "UNKNOWN":
        return None
    version = {"TCP4": 4, "TCP6": 6}.get(words[1])
    try:
        _, _, source, destination, source_port, destination_port = words
        addresses = ipaddress.ip_address(source), ipaddress.ip_address(destination)
        ports = _port(source_port), _port(destination_port)
    except ValueError as error:
        raise NotProxiedError("the PROXY line is malformed") from error
    if any(address.version != version for address in addresses):
        raise NotProxiedError("the addresses of the PROXY line are not of its family")
    return source, ports[0]


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else -1
    if not 0 <= port <= 65_535:
        raise ValueError(text)
    return port


def _read_v2(header: bytes) -> Client | None:
    version, command = header[12] >> 4, header[12] & 15
    if version != 2 or command > 1:
        raise NotProxiedError("the PROXY header is of an unknown version or command")
    family, addresses = header[13], header[16:]
    if command == 0:
        return None
    if family == 0x11 and len(addresses) >= 12:
        return str(ipaddress.IPv4Address(addresses[:4])), struct.unpack_from("!H", addresses, 8)[0]
    if family == 0x21 and len(addresses) >= 36:
        return str(ipaddress.IPv6Address(addresses[:16])), struct.unpack_from("!H", addresses, 32)[0]
    if family in (0x11, 0x21):
        raise NotProxiedError("the PROXY header is shorter than its addresses")
    return None
