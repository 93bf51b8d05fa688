"""python-telegram-bot's transport without a network: calls go straight to a `BotApi`."""

from typing import Any
from urllib.parse import unquote

import httpx
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.local.core import NOT_FOUND, BotApi
from bot.local.edge import Answer, answer, check_token
from bot.local.models import Upload


class InMemoryRequest(BaseRequest):
    """Speaks to `api` in this process; give it to `Bot(request=..., get_updates_request=...)`.

    The parameters take the same way through text as over HTTP. Withheld answers become `TimedOut`,
    broken connections `NetworkError`, as with the HTTP transport.
    """

    def __init__(self, api: BotApi, token: str):
        self._api = api
        self._token = token

    @property
    def read_timeout(self) -> float | None:
        """Answers are not waited for longer than they take."""
        return None

    async def initialize(self) -> None:
        """Nothing has to be opened."""

    async def shutdown(self) -> None:
        """Nothing has to be closed."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Answer one request as the server would; the timeouts have no meaning here."""
        if "/file/bot" in url:
            return self._download(url)
        token, _, name = url.partition("/bot")[2].rpartition("/")
        refusal = check_token(unquote(token), self._token)
        if refusal is not None:
            return refusal.status, refusal.to_bytes()
        params: dict[str, str] = request_data.json_parameters if request_data else {}
        files = _uploads(request_data) if request_data and request_data.contains_files else None
        outcome = await answer(self._api, name, params, files)
        if isinstance(outcome, Answer):
            return outcome.status, outcome.body
        if outcome.when == "after":
            raise TimedOut
        cause = httpx.RemoteProtocolError("Server disconnected without sending a response.")
        raise NetworkError(f"httpx.RemoteProtocolError: {cause}") from cause

    def _download(self, url: str) -> tuple[int, bytes]:
        token, _, path = url.partition("/file/bot")[2].partition("/")
        file = self._api.file_at(unquote(path))
        content = self._api.read_file(file) if file else None
        if check_token(unquote(token), self._token) is not None or content is None:
            return NOT_FOUND.status, NOT_FOUND.to_bytes()
        return 200, content


def _uploads(request_data: RequestData) -> dict[str, Upload]:
    uploads: dict[str, Upload] = {}
    for name, (file_name, content, mime) in request_data.multipart_data.items():
        data = content if isinstance(content, bytes) else content.read()
        uploads[name] = Upload(name=file_name, content=data, mime=mime)
    return uploads
