"""Reads a body under a cap, whether it comes plain or compressed.

A few kilobytes of gzip can unfold to gigabytes, so what counts is what comes out, and
decompression stops at the cap as well.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable
from typing import Final, Protocol

from workflow.http.failures import NetworkFailure

ACCEPTED: Final = "gzip, identity"


class _Decoder(Protocol):
    def feed(self, chunk: bytes, room: int) -> bytes: ...

    def end(self) -> bool: ...


class _Plain:
    def feed(self, chunk: bytes, room: int) -> bytes:
        return chunk[:room]

    def end(self) -> bool:
        return True


class _Zlib:
    def __init__(self, window: int) -> None:
        self._inflate = zlib.decompressobj(window)

    def feed(self, chunk: bytes, room: int) -> bytes:
        return self._inflate.decompress(chunk, room)

    def end(self) -> bool:
        return self._inflate.eof


_WINDOWS: Final = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": 15}


async def read_body(chunks: AsyncIterable[bytes], encoding: str, cap: int, whose: str) -> bytes:
    """Collect `chunks`, decoded, up to `cap` bytes.

    Raises NetworkFailure ``too_large`` beyond that, without reading on, and ``decode`` for an
    encoding that was not asked for or that is broken. `whose` names the request in the sentence.
    """
    decoder = _decoder(encoding.strip().lower(), whose)
    parts: list[bytes] = []
    size = 0
    broken = NetworkFailure("decode", f"The answer to {whose} is not valid {encoding}.", sent=True)
    async for chunk in chunks:
        try:
            part = decoder.feed(chunk, cap + 1 - size)
        except zlib.error:
            raise broken from None
        size += len(part)
        if size > cap:
            raise NetworkFailure(
                "too_large", f"The answer to {whose} is larger than {_size(cap)}.", sent=True
            )
        parts.append(part)
    if size and not decoder.end():
        raise broken
    return b"".join(parts)


def _size(cap: int) -> str:
    return f"{cap >> 20} MiB" if cap >= 1 << 20 else f"{cap} bytes"


def _decoder(encoding: str, whose: str) -> _Decoder:
    if encoding in {"", "identity"}:
        return _Plain()
    window = _WINDOWS.get(encoding)
    if window is None:
        raise NetworkFailure(
            "decode",
            f"The answer to {whose} is encoded as {encoding[:40]}, which was not asked for.",
            sent=True,
        )
    return _Zlib(window)
