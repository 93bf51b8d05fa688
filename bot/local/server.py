"""The HTTP server of the local Telegram; it listens on the loopback address only."""

import errno

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from bot.local.core import BotApi
from bot.local.media import MAX_UPLOAD
from bot.local.pages import Pages
from bot.local.web_handlers import (
    WEB,
    ChatFileHandler,
    DownloadHandler,
    FallbackHandler,
    MethodHandler,
    PageHandler,
    Site,
    SocketHandler,
    UploadHandler,
)

_ENVELOPE = 14 * 1024 * 1024
"""Room for what is a little too large, so that it is refused with a sentence and not with a broken pipe."""
_MAX_FRAME = 1024 * 1024


class PortInUse(OSError):
    """Another program listens on the port; the text says what to do."""

    def __init__(self, port: int):
        super().__init__(
            f"Port {port} is already in use. Stop the program that uses it, or set LOCAL_CHAT_PORT to another number."
        )
        self.port = port


class LocalServer:
    """A running server; `port` is the real one, also when 0 was asked for."""

    def __init__(self, server: HTTPServer, pages: Pages, port: int):
        self._server = server
        self._pages = pages
        self.port = port

    @property
    def page_url(self) -> str:
        """Where the chat is."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def api_url(self) -> str:
        """The `base_url` for python-telegram-bot."""
        return f"http://127.0.0.1:{self.port}/bot"

    @property
    def file_url(self) -> str:
        """The `base_file_url` for python-telegram-bot."""
        return f"http://127.0.0.1:{self.port}/file/bot"

    async def stop(self) -> None:
        """Stop listening and close all connections; the `BotApi` stays usable."""
        self._pages.close()
        self._server.stop()
        await self._server.close_all_connections()


async def start(api: BotApi, port: int, token: str) -> LocalServer:
    """Serve `api` on 127.0.0.1:`port` (0: any free port) to the bot with `token` and to the page.

    Raises `PortInUse`, with a plain sentence, when another program has the port.
    """
    try:
        sockets = bind_sockets(port, "127.0.0.1")
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortInUse(port) from error
    real_port: int = sockets[0].getsockname()[1]
    pages = Pages(api)
    site = Site(api=api, token=token, pages=pages, port=real_port)
    limit = MAX_UPLOAD + _ENVELOPE
    server = HTTPServer(_application(site), max_body_size=limit, max_buffer_size=limit + _ENVELOPE)
    server.add_sockets(sockets)
    return LocalServer(server, pages, real_port)


def _application(site: Site) -> Application:
    shared = {"site": site}
    page = {"site": site, "path": str(WEB)}
    return Application(
        [
            (r"/bot([^/]+)/([^/]+)/?", MethodHandler, shared),
            (r"/file/bot([^/]+)/(.+)", DownloadHandler, shared),
            (r"/chat/socket", SocketHandler, shared),
            (r"/chat/upload", UploadHandler, shared),
            (r"/chat/file/([^/]+)", ChatFileHandler, shared),
            (r"/static/(.+)", PageHandler, page),
            (r"/()", PageHandler, {**page, "default_filename": "index.html"}),
        ],
        default_handler_class=FallbackHandler,
        default_handler_args=shared,
        log_function=_log_nothing,
        websocket_ping_interval=25,
        websocket_max_message_size=_MAX_FRAME,
    )


def _log_nothing(handler: RequestHandler) -> None:
    """Access logs would hold addresses, and addresses hold the token."""
