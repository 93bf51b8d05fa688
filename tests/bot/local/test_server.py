"""The server answers its own page and its own bot only, and keeps the token to itself."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from bot.local.core import BotApi
from bot.local.models import Upload, User
from bot.local.server import LocalServer, PortInUse, start

TOKEN = "4711:" + "localtoken" * 3 + "abcde"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x02\x00\x00\x00\x03\x08\x02\x00\x00\x00\x12\x16\xf1M"
    b"\x00\x00\x00\x0cIDATx\x9cc`\xa0\x1c\x00\x00\x00K\x00\x01\xc1\xc6y\x83\x00\x00\x00\x00IEND\xaeB`\x82"
)


@pytest.fixture
async def client(server: LocalServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.page_url) as made:
        yield made


async def call(client: httpx.AsyncClient, method: str, **request: Any) -> dict[str, Any]:
    response = await client.post(f"/bot{TOKEN}/{method}", **request)
    answer = response.json()
    assert isinstance(answer, dict)
    assert answer["ok"] == (response.status_code == 200)
    return answer


class Socket:
    """A page's end of the WebSocket."""

    def __init__(self, connection: WebSocketClientConnection):
        self.connection = connection

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            frame = await self.connection.read_message()
        assert frame is not None
        return dict(json.loads(frame))

    async def until(self, kind: str) -> dict[str, Any]:
        while (frame := await self.next())["type"] != kind:
            pass
        return frame

    async def ask(self, **request: Any) -> None:
        await self.connection.write_message(json.dumps(request))


async def connect(server: LocalServer, **headers: str) -> Socket:
    address = f"ws://127.0.0.1:{server.port}/chat/socket"
    return Socket(await websocket_connect(HTTPRequest(address, headers=headers)))


PLACES = ["/", "/static/chat.js", "/nothing", "/chat/file/x", f"/bot{TOKEN}/getMe", f"/file/bot{TOKEN}/x"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:1"},
        {"Host": "localhost.evil.example:{port}"},
        {"Origin": "http://evil.example"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
    ],
)
async def test_foreign_hosts_and_origins_get_403(
    client: httpx.AsyncClient, server: LocalServer, place: str, headers: dict[str, str]
) -> None:
    sent = {name: value.format(port=server.port) for name, value in headers.items()}
    response = await client.get(place, headers=sent)
    assert response.status_code == 403
    assert "getMe" not in response.text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost", "[::1]"])
async def test_own_names_are_welcome(client: httpx.AsyncClient, server: LocalServer, host: str) -> None:
    own = {"Host": f"{host}:{server.port}", "Origin": f"http://{host.lower()}:{server.port}"}
    response = await client.get("/", headers=own)
    assert response.status_code == 200
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


async def test_listens_on_the_loopback_address_only(server: LocalServer) -> None:
    bound = {sock.getsockname()[0] for sock in server._server._sockets.values()}
    assert bound == {"127.0.0.1"}


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/..%2fserver.py",
        "/static/%2e%2e/server.py",
        "/static//etc/passwd",
        "/static/%2fetc/passwd",
        "/static/....//server.py",
        f"/file/bot{TOKEN}/../server.py",
        f"/file/bot{TOKEN}/%2e%2e/%2e%2e/server.py",
        f"/file/bot{TOKEN}//etc/passwd",
        "/chat/file/..%2f..%2fserver.py",
    ],
)
async def test_no_path_leads_outside(server: LocalServer, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    assert answer.split(b" ")[1] in (b"403", b"404")
    assert b"import" not in answer
    assert b"root:" not in answer


async def test_socket_refuses_foreign_origins(server: LocalServer) -> None:
    for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}):
        with pytest.raises(HTTPClientError) as caught:
            await connect(server, **headers)
        assert caught.value.code == 403


async def test_uploads_refuse_foreign_origins(client: httpx.AsyncClient, api: BotApi) -> None:
    part = {"file": ("a.txt", b"abc")}
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        response = await client.post("/chat/upload?chat=7", files=part, headers=headers)
        assert response.status_code == 403
    assert api.history(7) == ([], False)


async def test_uploads_become_messages(client: httpx.AsyncClient, api: BotApi, server: LocalServer) -> None:
    own = {"Origin": f"http://127.0.0.1:{server.port}"}
    sent = await client.post(
        "/chat/upload?chat=7", files={"file": ("schöner.svg", b"<svg/>")}, data={"caption": "hm"}, headers=own
    )
    assert sent.json()["ok"] is True
    body = api.history(7)[0][-1].body
    assert (body["caption"], body["document"]["file_name"]) == ("hm", "schöner.svg")
    shown = await client.get(f"/chat/file/{body['document']['file_id']}")
    assert shown.headers["Content-Disposition"] == "attachment; filename*=UTF-8''sch%C3%B6ner.svg"
    assert shown.headers["Content-Type"] == "application/octet-stream"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    nothing = await client.post("/chat/upload?chat=7", data={"caption": "x"}, headers=own)
    assert (nothing.status_code, nothing.json()["text"]) == (400, "Choose a file first.")
    empty = await client.post("/chat/upload?chat=7", files={"file": ("a", b"")}, headers=own)
    assert (empty.status_code, empty.json()["text"]) == (400, "The file is empty.")
    nowhere = await client.post("/chat/upload?chat=abc", files={"file": ("a", b"b")}, headers=own)
    assert nowhere.status_code == 400


async def test_photos_are_shown_inline(client: httpx.AsyncClient, api: BotApi) -> None:
    body = api.people.upload(Upload(name="p.png", content=PNG))
    shown = await client.get(f"/chat/file/{body['photo'][0]['file_id']}")
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert (shown.headers["Content-Type"], shown.content) == ("image/png", PNG)


async def test_parameters_come_in_every_form_that_telegram_takes(client: httpx.AsyncClient) -> None:
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "y"}]]}
    as_json = await call(client, "sendMessage", json={"chat_id": 7, "text": "a", "reply_markup": markup})
    as_form = await call(client, "sendmessage", data={"chat_id": "7", "text": "é", "reply_markup": json.dumps(markup)})
    as_query = await call(client, "SENDMESSAGE?chat_id=7&text=c%26", content=b"")
    parts = {"document": ("a.txt", b"abc", "text/plain")}
    as_parts = await call(client, "sendDocument", data={"chat_id": "7", "caption": "d"}, files=parts)
    assert as_json["result"]["reply_markup"] == as_form["result"]["reply_markup"] == markup
    assert [as_form["result"]["text"], as_query["result"]["text"]] == ["é", "c&"]
    assert as_parts["result"]["document"]["file_name"] == "a.txt"


async def test_errors_have_telegrams_form(client: httpx.AsyncClient) -> None:
    assert await call(client, "makeCoffee") == {"ok": False, "error_code": 404, "description": "Not Found"}
    broken = await call(client, "sendMessage", data={"chat_id": 7, "text": "x", "reply_markup": "{"})
    assert broken["description"] == "Bad Request: can't parse reply markup JSON object"
    long = await call(
        client,
        "sendMessage",
        json={
            "chat_id": 7,
            "text": "x",
            "reply_markup": {"inline_keyboard": [[{"text": "x", "callback_data": "y" * 65}]]},
        },
    )
    assert long["description"] == "Bad Request: BUTTON_DATA_INVALID"
    wrong = await client.get(f"/bot1:{'x' * 35}/getMe")
    assert (wrong.status_code, wrong.json()["description"]) == (401, "Unauthorized")
    formless = await client.get("/botabc/getMe")
    assert (formless.status_code, formless.json()["description"]) == (404, "Not Found")
    assert (await call(client, "sendMessage", content=b"{", headers={"Content-Type": "application/json"}))[
        "error_code"
    ] == 400


async def test_a_bot_whose_connection_breaks_frees_its_place(
    server: LocalServer, api: BotApi, caplog: pytest.LogCaptureFixture
) -> None:
    async def poll() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        request = f"GET /bot{TOKEN}/getUpdates?timeout=30 HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n"
        writer.write(request.encode())
        return reader, writer

    _, writer = await poll()
    async with asyncio.timeout(5):
        while not api.online:
            await asyncio.sleep(0.005)
        writer.transport.abort()
        while api.online:
            await asyncio.sleep(0.005)
        reader, writer = await poll()
        while not api.online:
            await asyncio.sleep(0.005)
        api.people.send("hello")
        answer = await reader.readuntil(b"]}")
    writer.close()
    assert b" 200 " in answer
    assert b'"hello"' in answer
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_stopping_ends_waiting_polls_and_frees_the_port(api: BotApi) -> None:
    running = await start(api, 0, TOKEN)
    async with httpx.AsyncClient(base_url=running.page_url) as client:
        waiting = asyncio.create_task(client.get(f"/bot{TOKEN}/getUpdates?timeout=30", timeout=40))
        async with asyncio.timeout(5):
            while not api.online:
                await asyncio.sleep(0.005)
            await running.stop()
            with pytest.raises(httpx.TransportError):
                await waiting
    again = await start(api, running.port, TOKEN)
    await again.stop()


async def test_a_port_in_use_is_told_plainly(server: LocalServer, api: BotApi) -> None:
    with pytest.raises(PortInUse, match=f"Port {server.port} is already in use") as caught:
        await start(api, server.port, TOKEN)
    assert caught.value.port == server.port


async def test_the_token_is_in_no_log(client: httpx.AsyncClient, api: BotApi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.CRITICAL)
    logging.getLogger("httpcore").setLevel(logging.CRITICAL)
    await call(client, "getMe")
    await call(client, "makeCoffee")
    await client.get(f"/bot{TOKEN}/a/b/c")
    await client.put(f"/bot{TOKEN}/getMe")
    await client.post(f"/bot{TOKEN}/sendMessage?text=%ff", content=b"x=%ff")
    await client.get(f"/file/bot{TOKEN}/nothing")
    api.faults.plan(None, "getme")  # type: ignore[arg-type]
    assert (await client.get(f"/bot{TOKEN}/getMe")).status_code == 500
    assert "a request to the local server failed" in caplog.text
    assert TOKEN not in caplog.text


async def test_the_page_follows_the_chat_live(server: LocalServer, api: BotApi) -> None:
    api.call("sendMessage", {"chat_id": 7, "text": "<b>old</b>", "parse_mode": "HTML"})
    page = await connect(server, Origin=f"http://127.0.0.1:{server.port}")
    hello = await page.until("hello")
    assert hello["bot"]["username"] == "jarvis_bot"
    assert (hello["chat"], hello["more"], hello["messages"][0]["html"]) == (7, False, "<b>old</b>")
    assert (await page.until("bot_online"))["online"] is False
    await page.ask(type="send", chat=7, text="/start <x>", reply_to=None)
    mine = (await page.until("message"))["message"]
    assert (mine["out"], mine["html"]) == (True, "/start &lt;x&gt;")
    markup = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
    sent = api.call("sendMessage", {"chat_id": 7, "text": "?", "reply_markup": markup}).result
    await page.ask(type="press", id="p1", chat=7, message_id=sent["message_id"], row=0, col=0)
    query = (await until_update(api, "callback_query"))["id"]
    api.call("answerCallbackQuery", {"callback_query_id": query, "text": "ok", "show_alert": True})
    answer = await page.until("callback_answer")
    assert answer == {"type": "callback_answer", "id": "p1", "text": "ok", "show_alert": True}
    api.call("editMessageText", {"chat_id": 7, "message_id": sent["message_id"], "text": "done"})
    assert (await page.until("edited"))["message"]["text"] == "done"
    await page.ask(type="press", id="p2", chat=7, message_id=sent["message_id"], row=0, col=0)
    assert (await page.until("callback_answer"))["id"] == "p2"
    assert (await page.until("error"))["text"] == "This button is no longer there."
    api.call("deleteMessage", {"chat_id": 7, "message_id": sent["message_id"]})
    assert (await page.until("deleted"))["message_ids"] == [sent["message_id"]]
    api.call("setMyCommands", {"commands": [{"command": "add", "description": "Add"}]})
    assert (await page.until("commands"))["commands"][0]["command"] == "add"
    api.call("sendChatAction", {"chat_id": 7, "action": "typing"})
    assert (await page.until("typing"))["chat"] == 7


async def until_update(api: BotApi, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(5):
        while True:
            updates = api.call("getUpdates", {}).result
            if updates and kind in updates[-1]:
                return dict(updates[-1][kind])
            await asyncio.sleep(0.005)


async def test_the_page_sees_polls_files_and_forced_replies(server: LocalServer, api: BotApi) -> None:
    page = await connect(server)
    await page.until("bot_online")
    poll = api.call("sendPoll", {"chat_id": 7, "question": "?", "options": [{"text": "a"}, {"text": "b"}]})
    assert (await page.until("message"))["message"]["my_votes"] == []
    await page.ask(type="vote", chat=7, message_id=poll.result["message_id"], option_ids=[1])
    voted = (await page.until("edited"))["message"]
    assert (voted["my_votes"], voted["poll"]["total_voter_count"]) == ([1], 1)
    api.call("sendMessage", {"chat_id": 7, "text": "name?", "reply_markup": {"force_reply": True}})
    assert (await page.until("message"))["message"]["reply_markup"] == {"force_reply": True}
    api.people.upload(Upload(name="p.png", content=PNG))
    file = (await page.until("message"))["message"]["file"]
    assert (file["mime"], file["width"], file["height"]) == ("image/png", 2, 3)


async def test_the_page_pages_through_history(server: LocalServer, api: BotApi) -> None:
    for number in range(250):
        api.people.send(str(number))
    page = await connect(server)
    hello = await page.until("hello")
    assert (len(hello["messages"]), hello["more"]) == (200, True)
    await page.ask(type="history", chat=7, before=hello["messages"][0]["message_id"])
    older = await page.until("history")
    assert ([m["text"] for m in older["messages"]], older["more"]) == ([str(n) for n in range(50)], False)


async def test_the_page_hears_when_the_bot_comes_and_goes(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.local.pages.OFFLINE_AFTER", 0.1)
    page = await connect(server)
    assert (await page.until("bot_online"))["online"] is False
    async with httpx.AsyncClient(base_url=server.page_url) as client:
        await client.get(f"/bot{TOKEN}/getUpdates?timeout=1")
        assert (await page.until("bot_online"))["online"] is True
    assert (await page.until("bot_online"))["online"] is False


@pytest.mark.parametrize("text", ["", "{", "[]", '{"type": "nope"}', '{"type": "send", "text": 5}', '{"type": "send"}'])
async def test_nonsense_from_the_page_is_answered(server: LocalServer, text: str) -> None:
    page = await connect(server)
    await page.until("bot_online")
    await page.connection.write_message(text)
    assert "does not understand" in (await page.until("error"))["text"]


async def test_the_page_sees_only_the_visitors_chats(server: LocalServer, api: BotApi) -> None:
    page = await connect(server)
    await page.until("bot_online")
    api.people.add_user(User(id=8, first_name="Otto"))
    api.call("sendMessage", {"chat_id": 8, "text": "secret"})
    api.call("sendMessage", {"chat_id": 7, "text": "open"})
    assert (await page.until("message"))["message"]["text"] == "open"
    await page.ask(type="send", chat=8, text="intruding")
    assert "another person's" in (await page.until("error"))["text"]
