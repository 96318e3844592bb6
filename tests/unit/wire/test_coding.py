"""Content codings on and off."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.wire.coding import BrokenCoding, CodingError, TooLarge, UnsupportedCoding, decode, encode

TEXT = b"the quick brown fox " * 50


def raw_deflate(body: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(body) + compressor.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", gzip.compress(TEXT, mtime=0)),
        (b"x-gzip", gzip.compress(TEXT, mtime=0)),
        (b"GZip", gzip.compress(TEXT, mtime=0)),
        (b"gzip", gzip.compress(TEXT[:100], mtime=0) + gzip.compress(TEXT[100:], mtime=0)),
        (b"deflate", zlib.compress(TEXT)),
        (b"deflate", raw_deflate(TEXT)),
        (b"identity", TEXT),
        (b"", TEXT),
        (b"deflate, gzip", gzip.compress(zlib.compress(TEXT), mtime=0)),
    ],
)
def test_decode(coding: bytes, body: bytes) -> None:
    assert decode(coding, body, len(TEXT)) == TEXT
    with pytest.raises(TooLarge):
        decode(coding, body, len(TEXT) - 1)


@pytest.mark.parametrize("coding", [b"gzip", b"deflate"])
def test_an_empty_text(coding: bytes) -> None:
    assert decode(coding, encode(coding, b""), 0) == b""


@pytest.mark.parametrize("coding", [b"br", b"gzip, br", b"compress"])
def test_unsupported(coding: bytes) -> None:
    with pytest.raises(UnsupportedCoding):
        decode(coding, b"x", 100)
    with pytest.raises(UnsupportedCoding):
        encode(coding, b"x")


@pytest.mark.parametrize("coding", [b"gzip", b"deflate"])
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda body: b"", id="nothing"),
        pytest.param(lambda body: body[:-1], id="cut"),
        pytest.param(lambda body: b"x" + body, id="something before"),
        pytest.param(lambda body: body[:-6] + b"\0\0\0\0\0\0", id="wrong checksum"),
    ],
)
def test_broken(coding: bytes, damage) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BrokenCoding):
        decode(coding, damage(encode(coding, TEXT)), 10_000)


def test_garbage_behind_is_broken() -> None:
    with pytest.raises(BrokenCoding):
        decode(b"gzip", gzip.compress(TEXT) + b"garbage", 10_000)


def test_a_bomb_costs_no_more_than_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    with pytest.raises(TooLarge):
        decode(b"gzip", bomb, 1000)


def test_the_members_of_a_gzip_body_are_bounded() -> None:
    assert decode(b"gzip", gzip.compress(b"") * 999 + gzip.compress(b"x"), 10) == b"x"
    with pytest.raises(BrokenCoding):
        decode(b"gzip", gzip.compress(b"") * 100_000, 10)


@given(body=st.binary(max_size=2000), coding=st.sampled_from([b"gzip", b"deflate", b"identity"]))
def test_what_is_put_on_comes_off(body: bytes, coding: bytes) -> None:
    encoded = encode(coding, body)
    assert encoded == encode(coding, body)
    assert decode(coding, encoded, len(body)) == body


@given(garbage=st.binary(max_size=200), coding=st.sampled_from([b"gzip", b"deflate"]))
def test_garbage_is_an_error_or_a_text(garbage: bytes, coding: bytes) -> None:
    try:
        assert len(decode(coding, garbage, 500)) <= 500
    except CodingError:
        pass
