"""HTTP handlers of the local server: the Bot API, file downloads, the page and its WebSocket."""

import asyncio
import logging
from collections.abc import Awaitable
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import msgspec
from tornado.web import HTTPError, RequestHandler, StaticFileHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from bot.local.core import NOT_FOUND, BotApi
from bot.local.edge import Answer, Dropped, answer, check_token
from bot.local.models import ApiResult, JsonDict, PersonError, Upload, bad_request
from bot.local.pages import Pages

WEB = Path(__file__).parent / "web"
_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_CSP = (
    "default-src 'self'; img-src 'self' blob: data:; connect-src 'self'; style-src 'self'; "
    "script-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
_log = logging.getLogger("bot.local")


class Site(msgspec.Struct, kw_only=True):
    """What all handlers share; `port` is known once the server is bound."""

    api: BotApi
    token: str
    pages: Pages
    port: int

    def knows(self, host: str) -> bool:
        """Whether a Host header, or the authority of an Origin, is this server's own."""
        names = (f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]"))
        return host.lower() in names


class Guarded(RequestHandler):
    """Refuses foreign hosts and origins, and never logs an address: it may hold the token."""

    site: Site

    def initialize(self, site: Site) -> None:
        """Take what all handlers share."""
        self.site = site

    def set_default_headers(self) -> None:
        """Send the headers that keep a browser careful."""
        self.clear_header("Server")
        self.set_header("Content-Security-Policy", _CSP)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")

    def prepare(self) -> Awaitable[None] | None:
        """Check who asks, before anything else."""
        headers = self.request.headers
        origin = headers.get("Origin")
        foreign = headers.get("Sec-Fetch-Site") in ("cross-site", "same-site") and self.is_acting
        own_origin = origin is None or (
            origin.startswith("http://") and self.site.knows(origin.removeprefix("http://"))
        )
        if foreign or not own_origin or not self.site.knows(headers.get("Host", "")):
            raise HTTPError(403)
        return None

    @property
    def is_acting(self) -> bool:
        """Whether the request may change something."""
        return self.request.method not in ("GET", "HEAD")

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Log failures of ours, without the address."""
        if not isinstance(value, HTTPError):
            _log.error("a request to the local server failed: %r", value)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """One plain sentence instead of a page."""
        sentence = {
            403: "This address belongs to a program on this computer; open it in its own browser window.",
            404: "There is nothing at this address.",
        }.get(status_code, "The local server can't do this.")
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(sentence)


class MethodHandler(Guarded):
    """`/bot<token>/<method>`: the Bot API."""

    _waiting: asyncio.Task[Answer | Dropped] | None = None

    async def get(self, token: str, method: str) -> None:
        """Answer a call whose parameters are in the address."""
        await self._answer(token, method)

    async def post(self, token: str, method: str) -> None:
        """Answer a call whose parameters are a form, multipart or JSON."""
        await self._answer(token, method)

    async def _answer(self, token: str, method: str) -> None:
        refusal = check_token(token, self.site.token)
        if refusal is not None:
            self._write(refusal)
            return
        try:
            params = self._params()
        except (ValueError, RecursionError):
            self._write(bad_request("can't parse the request's parameters").to_result())
            return
        self._waiting = asyncio.create_task(answer(self.site.api, method, params, self._uploads()))
        try:
            outcome = await self._waiting
        except asyncio.CancelledError:
            return
        if isinstance(outcome, Dropped):
            self.detach().close()
            return
        self.set_status(outcome.status)
        self.set_header("Content-Type", "application/json" if outcome.json else "text/html")
        await self.finish(outcome.body)

    def on_connection_close(self) -> None:
        """A bot that waited for updates is gone: its place is free at once."""
        if self._waiting is not None and self.path_args[1].lower() == "getupdates":
            self._waiting.cancel()

    def _write(self, result: ApiResult) -> None:
        self.set_status(result.status)
        self.set_header("Content-Type", "application/json")
        self.finish(result.to_bytes())

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Failures in Telegram's form; foreign hosts and origins get the sentence."""
        if status_code == 403:
            super().write_error(status_code, **kwargs)
        else:
            words = "Not Found" if status_code == 404 else "Internal Server Error"
            self._write(ApiResult(ok=False, error_code=status_code, description=words))

    def _params(self) -> dict[str, Any]:
        params: dict[str, Any] = {name: values[0].decode() for name, values in self.request.arguments.items() if values}
        if self.request.headers.get("Content-Type", "").startswith("application/json"):
            given = msgspec.json.decode(self.request.body or b"{}")
            if not isinstance(given, dict):
                raise ValueError("not an object")
            params.update(given)
        return params

    def _uploads(self) -> dict[str, Upload]:
        return {
            name: Upload(name=parts[0].filename, content=parts[0].body, mime=parts[0].content_type)
            for name, parts in self.request.files.items()
        }


class DownloadHandler(Guarded):
    """`/file/bot<token>/<file_path>`: files for the bot."""

    async def get(self, token: str, path: str) -> None:
        """Send the content."""
        api = self.site.api
        file = api.file_at(path)
        content = api.read_file(file) if file else None
        if check_token(token, self.site.token) is not None or content is None:
            self.set_status(404)
            self.set_header("Content-Type", "application/json")
            await self.finish(NOT_FOUND.to_bytes())
            return
        self.set_header("Content-Type", "application/octet-stream")
        await self.finish(content)


class ChatFileHandler(Guarded):
    """`/chat/file/<file_id>`: photos and documents for the page."""

    async def get(self, file_id: str) -> None:
        """Show pictures; hand everything else over for saving."""
        file = self.site.api.file(file_id)
        content = self.site.api.read_file(file) if file else None
        if file is None or content is None:
            raise HTTPError(404)
        inline = file.mime in _INLINE
        self.set_header("Content-Type", file.mime if inline else "application/octet-stream")
        way = "inline" if inline else "attachment"
        self.set_header("Content-Disposition", f"{way}; filename*=UTF-8''{quote(file.name, safe='')}")
        self.set_header("Cache-Control", "private, max-age=31536000, immutable")
        await self.finish(content)


class UploadHandler(Guarded):
    """`/chat/upload`: the visitor sends a file."""

    async def post(self) -> None:
        """Take one file with an optional caption; answers with `ok` and a sentence if it was refused."""
        parts = self.request.files.get("file", [])
        if not parts:
            self._refuse("Choose a file first.")
            return
        part = parts[0]
        upload = Upload(name=part.filename, content=part.body, mime=part.content_type)
        given = self.get_query_argument("chat", "")
        try:
            chat = int(given) if given else None
            caption = self.get_body_argument("caption", "")
            body = self.site.api.people.upload(upload, caption=caption, chat=chat)
        except PersonError as reason:
            self._refuse(str(reason))
        except ValueError:
            self._refuse("There is no such chat.")
        else:
            self.write({"ok": True, "message_id": body["message_id"]})

    def _refuse(self, sentence: str) -> None:
        self.set_status(400)
        self.write({"ok": False, "text": sentence})


class SocketHandler(Guarded, WebSocketHandler):
    """`/chat/socket`: the live connection of one page."""

    def check_origin(self, origin: str) -> bool:
        """Was checked before: `prepare` refuses foreign origins."""
        return True

    def open(self, *args: str, **kwargs: str) -> None:
        """Greet the page."""
        self.site.pages.join(self)

    def on_message(self, message: str | bytes) -> None:
        """Do what the page asks for."""
        self.site.pages.handle(self, message)

    def on_close(self) -> None:
        """Forget the page."""
        self.site.pages.leave(self)

    def show(self, frame: JsonDict) -> None:
        """Send a frame; a page that is just being closed misses nothing."""
        try:
            self.write_message(msgspec.json.encode(frame).decode())
        except WebSocketClosedError:
            self.site.pages.leave(self)


class PageHandler(Guarded, StaticFileHandler):
    """`/` and `/static/<file>`: the files of the page, never anything outside their folder."""

    def initialize(  # type: ignore[override]
        self, site: Site, path: str, default_filename: str | None = None
    ) -> None:
        """Take what all handlers share, the folder, and the file that stands for the folder."""
        Guarded.initialize(self, site)
        StaticFileHandler.initialize(self, path, default_filename)

    def set_extra_headers(self, path: str) -> None:
        """A new version shows at once."""
        self.set_header("Cache-Control", "no-cache")


class FallbackHandler(Guarded):
    """Every other address."""

    async def prepare(self) -> None:
        """Refuse strangers, then say that nothing is here, in the form a bot understands."""
        super().prepare()
        self.set_status(404)
        if self.request.path.startswith(("/bot", "/file/bot")):
            self.set_header("Content-Type", "application/json")
            await self.finish(NOT_FOUND.to_bytes())
        else:
            self.write_error(404)
