"""The contents of uploaded files: in memory, or in a folder that only its owner can read."""

import mimetypes
import os
import re
import secrets
from pathlib import Path, PurePath

from bot.local.images import dimensions, mime_of
from bot.local.models import StoredFile, Upload

_SAFE_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}")
_PREFIX = {"photos": "AgAC", "documents": "BQAC"}


class FileStore:
    """Keeps contents by `file_path`; the names on the disk are ours, never the sender's."""

    def __init__(self, folder: Path | None):
        self._folder = folder
        self._memory: dict[str, bytes] = {}
        if folder is not None:
            for part in (folder, *(folder / kind for kind in _PREFIX)):
                part.mkdir(parents=True, exist_ok=True, mode=0o700)
                part.chmod(0o700)

    def keep(self, upload: Upload, kind: str) -> StoredFile:
        """Store an upload as one of `photos` or `documents`."""
        unique = secrets.token_hex(8)
        name = PurePath(upload.name.replace("\\", "/")).name.strip() or "file"
        suffix = PurePath(name).suffix
        path = f"{kind}/file_{unique}{suffix if _SAFE_SUFFIX.fullmatch(suffix) else ''}"
        size = dimensions(upload.content) if kind == "photos" else None
        kept = StoredFile(
            file_id=_PREFIX[kind] + secrets.token_urlsafe(40),
            unique_id=f"AQAD{unique}",
            name=name,
            mime=_mime(upload, name, kind),
            size=len(upload.content),
            path=path,
            width=size[0] if size else None,
            height=size[1] if size else None,
        )
        self._write(path, upload.content)
        return kept

    def read(self, file: StoredFile) -> bytes | None:
        """The content, or None when it is gone."""
        if self._folder is None:
            return self._memory.get(file.path)
        try:
            return (self._folder / file.path).read_bytes()
        except FileNotFoundError:
            return None

    def _write(self, path: str, content: bytes) -> None:
        if self._folder is None:
            self._memory[path] = content
            return
        descriptor = os.open(self._folder / path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)


def _mime(upload: Upload, name: str, kind: str) -> str:
    if kind == "photos":
        return mime_of(upload.content) or "image/jpeg"
    return mimetypes.guess_type(name)[0] or upload.mime
