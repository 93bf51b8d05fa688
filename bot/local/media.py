"""Photos and documents: uploads, `attach://`, file ids, and the methods that send them."""

from typing import Any

from bot.local.backend import Backend
from bot.local.images import dimensions
from bot.local.messages import read_caption, send
from bot.local.models import ApiError, JsonDict, StoredFile, Upload, bad_request
from bot.local.params import Params
from bot.local.records import FileKept

MAX_UPLOAD = 50 * 1024 * 1024
MAX_PHOTO = 10 * 1024 * 1024
MAX_DOWNLOAD = 20 * 1024 * 1024
_FOLDER = {"photo": "photos", "document": "documents"}


def send_photo(backend: Backend, params: Params) -> JsonDict:
    """Method sendPhoto."""
    content = {**media_content(read_file(backend, params, "photo", "photo"), "photo"), **read_caption(params)}
    if params.flag("has_spoiler"):
        content["has_media_spoiler"] = True
    return send(backend, params, content)


def send_document(backend: Backend, params: Params) -> JsonDict:
    """Method sendDocument."""
    file = read_file(backend, params, "document", "document")
    return send(backend, params, {**media_content(file, "document"), **read_caption(params)})


def send_media_group(backend: Backend, params: Params) -> list[JsonDict]:
    """Method sendMediaGroup, for photos and documents."""
    items = params.sequence("media", "InputMedia") or []
    if not 2 <= len(items) <= 10:
        raise bad_request("group send failed: 2-10 media must be given")
    contents = [read_media(backend, params, item) for item in items]
    group = str(backend.state.last_message + 1) + str(backend.now())
    shared = params.without("reply_markup")
    return [send(backend, shared, {"media_group_id": group, **content}) for content in contents]


def read_media(backend: Backend, params: Params, item: Any) -> JsonDict:
    """An `InputMediaPhoto` or `InputMediaDocument` as message content."""
    if not isinstance(item, dict) or str(item.get("type")) not in _FOLDER:
        raise bad_request("can't parse InputMedia: only photo and document are known to the local server")
    kind = item["type"]
    nested = Params({**item, kind: item.get("media")}, params.files)
    return {**media_content(read_file(backend, nested, kind, kind), kind), **read_caption(nested)}


def get_file(backend: Backend, params: Params) -> JsonDict:
    """Method getFile."""
    file = backend.state.files.get(params.text("file_id"))
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if file.size > MAX_DOWNLOAD:
        raise bad_request("file is too big")
    return {**_identity(file), "file_path": file.path}


def keep_upload(backend: Backend, upload: Upload, kind: str) -> StoredFile:
    """Store a `photo` or `document`; raises `ApiError` when Telegram would refuse it."""
    if not upload.content:
        raise bad_request("file must be non-empty")
    if len(upload.content) > MAX_UPLOAD:
        raise ApiError(413, "Request Entity Too Large")
    if kind == "photo":
        _check_photo(upload)
    kept = backend.files.keep(upload, _FOLDER[kind])
    backend.commit(FileKept(file=kept))
    return kept


def _check_photo(upload: Upload) -> None:
    if len(upload.content) > MAX_PHOTO:
        raise bad_request(f"file of size {len(upload.content)} bytes is too big for a photo")
    size = dimensions(upload.content)
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if sum(size) > 10_000 or max(size) > 20 * min(size):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def read_file(backend: Backend, params: Params, field: str, kind: str) -> StoredFile:
    """The file that a parameter names or brings."""
    upload = params.files.get(field)
    given = params.text(field)
    if given.startswith("attach://"):
        upload = params.files.get(given.removeprefix("attach://"))
    if upload is not None:
        return keep_upload(backend, upload, kind)
    if not given or given.startswith("attach://"):
        raise bad_request(f"there is no {kind} in the request")
    if given.startswith(("http://", "https://")):
        raise bad_request("the local server does not fetch files from the web; upload the file instead")
    file = backend.state.files.get(given)
    if file is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if not file.path.startswith(_FOLDER[kind]):
        raise bad_request(f"can't use file of another type as {kind.capitalize()}")
    return file


def media_content(file: StoredFile, kind: str) -> JsonDict:
    """What a message says about its file."""
    if kind == "photo":
        return {"photo": [{**_identity(file), "width": file.width, "height": file.height}]}
    return {"document": {**_identity(file), "file_name": file.name, "mime_type": file.mime}}


def file_of(backend: Backend, body: JsonDict) -> StoredFile | None:
    """The file of a message, or None."""
    sizes = body.get("photo")
    media = sizes[-1] if sizes else body.get("document")
    return backend.state.files.get(media["file_id"]) if media else None


def _identity(file: StoredFile) -> JsonDict:
    return {"file_id": file.file_id, "file_unique_id": file.unique_id, "file_size": file.size}
