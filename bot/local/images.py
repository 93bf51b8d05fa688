"""How large a picture is, read from its first bytes."""

import struct


def dimensions(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG, GIF, WebP or JPEG; None when it is none of them."""
    try:
        if content.startswith(b"\x89PNG\r\n\x1a\n"):
            return _checked(struct.unpack(">II", content[16:24]))
        if content[:6] in (b"GIF87a", b"GIF89a"):
            return _checked(struct.unpack("<HH", content[6:10]))
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return _webp(content)
        if content.startswith(b"\xff\xd8"):
            return _jpeg(content)
    except (struct.error, IndexError):
        return None
    return None


def mime_of(content: bytes) -> str | None:
    """The picture's media type, or None when it is no picture that a browser shows."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return "image/jpeg" if content.startswith(b"\xff\xd8") else None


def _checked(size: tuple[int, ...]) -> tuple[int, int] | None:
    width, height = size
    return (width, height) if width and height else None


def _webp(content: bytes) -> tuple[int, int] | None:
    match content[12:16]:
        case b"VP8 ":
            width, height = struct.unpack("<HH", content[26:30])
            return _checked((width & 0x3FFF, height & 0x3FFF))
        case b"VP8L":
            (bits,) = struct.unpack("<I", content[21:25])
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            width = int.from_bytes(content[24:27], "little")
            height = int.from_bytes(content[27:30], "little")
            return width + 1, height + 1
    return None


def _jpeg(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(content):
        if content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return _checked((width, height))
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        at += 2 + length
    return None
