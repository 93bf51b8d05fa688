"""A model on this machine that says what the script wants, in the protocols that the agent programs speak.

It asks for one shell command by whatever tool the agent offers for it, and when the result comes back it ends the turn.
Faults are scripted too. Written to the public descriptions of the four protocols: Gemini's generateContent, Anthropic's
messages, OpenAI's chat completions and responses; all of them as server-sent events.
"""

import enum
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]

SHELL_TOOL = re.compile(r"bash|shell|exec_command|run_command", re.IGNORECASE)
SUBMIT = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
"""What mini-swe-agent is told to echo when it has done its work."""
EDIT = "hello.txt\n```\nhello\n```\n"
"""What aider's whole-file format asks for instead of a tool call."""


class Fault(enum.Enum):
    """What goes wrong, at every request."""

    NONE = "none"
    ERROR_500 = "500"
    ERROR_401 = "401"
    LIMIT_429 = "429"
    STALL = "stall"
    """The answer begins and never ends."""
    HANG = "hang"
    """No answer at all."""


class Model:
    """What the endpoint does; change it between runs."""

    def __init__(self) -> None:
        self.fault = Fault.NONE
        self.command = "echo hello > hello.txt"
        self.requests: list[tuple[str, Json]] = []
        self.closing = threading.Event()


@contextmanager
def serve(model: Model) -> Iterator[str]:
    """Serve on a free port of this machine; yields the address."""

    class Handler(_Handler):
        script = model

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            model.closing.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    script: Model
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.script.requests.append((self.path, {}))
        self._json({"data": [{"id": "scripted", "object": "model"}], "models": []})

    def do_POST(self) -> None:
        body = self._body()
        self.script.requests.append((self.path, body))
        match self.script.fault:
            case Fault.ERROR_500:
                self._json({"error": {"code": 500, "message": "scripted failure", "status": "INTERNAL"}}, 500)
            case Fault.ERROR_401:
                problem = {"code": 401, "message": "API key not valid", "status": "UNAUTHENTICATED"}
                self._json({"type": "error", "error": {"type": "authentication_error", **problem}}, 401)
            case Fault.LIMIT_429:
                message = "You exceeded your current quota. Please retry in 7200s."
                problem = {"code": 429, "message": message, "status": "RESOURCE_EXHAUSTED", "type": "rate_limit_error"}
                self._json({"type": "error", "error": problem}, 429)
            case Fault.HANG:
                self.script.closing.wait(600)
            case _:
                self._answer(body)

    def _answer(self, body: Json) -> None:
        path = self.path.partition("?")[0]
        if "countTokens" in path or "count_tokens" in path:
            self._json({"totalTokens": 10, "input_tokens": 10})
        elif "enerateContent" in path:
            self._gemini(body, stream="stream" in path)
        elif path.endswith("/messages"):
            self._anthropic(body)
        elif path.endswith("/responses"):
            self._responses(body)
        elif path.endswith("/chat/completions"):
            self._chat(body)
        else:
            self._json({})

    # -- the protocols ------------------------------------------------------------------------------------------------

    def _gemini(self, body: Json, *, stream: bool) -> None:
        tools = [tool for group in body.get("tools", ()) for tool in group.get("functionDeclarations", ())]
        parts = [part for content in body.get("contents", ()) for part in content.get("parts", ())]
        call = self._call(
            tools, any("functionResponse" in part for part in parts), "parametersJsonSchema", "parameters"
        )
        part = {"functionCall": {"name": call[0], "args": call[1]}} if call else {"text": _text(tools)}
        answer = {
            "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120},
            "modelVersion": "scripted",
        }
        if stream:
            self._events([(None, answer)])
        else:
            self._json(answer)

    def _anthropic(self, body: Json) -> None:
        blocks = [
            block
            for message in body.get("messages", ())
            for block in (message["content"] if isinstance(message["content"], list) else ())
        ]
        call = self._call(
            body.get("tools", ()), any(block["type"] == "tool_result" for block in blocks), "input_schema"
        )
        usage = {"input_tokens": 100, "output_tokens": 20}
        begin: Json = {"type": "text", "text": ""}
        delta: Json = {"type": "text_delta", "text": _text(body.get("tools"))}
        if call:
            begin = {"type": "tool_use", "id": "toolu_1", "name": call[0], "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(call[1])}
        message = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": body.get("model", "scripted"),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage,
        }
        if not body.get("stream"):
            content = [{"type": "text", "text": _text(None)}]
            self._json({**message, "content": content, "stop_reason": "end_turn"})
            return
        stop = {"type": "message_delta", "delta": {"stop_reason": "tool_use" if call else "end_turn"}, "usage": usage}
        events: list[Json] = [
            {"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": begin},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            stop,
            {"type": "message_stop"},
        ]
        self._events([(event["type"], event) for event in events])

    def _responses(self, body: Json) -> None:
        done = any(item.get("type") == "function_call_output" for item in body.get("input", ()))
        call = self._call(body.get("tools", ()), done, "parameters")
        content = [{"type": "output_text", "text": _text(body.get("tools")), "annotations": []}]
        item: Json = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}
        if call:
            item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": call[0], "status": "completed"}
            item["arguments"] = json.dumps(call[1])
        usage: Json = {"input_tokens": 100, "output_tokens": 20, "total_tokens": 120}
        usage |= {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
        response = {"id": "resp_1", "object": "response", "status": "in_progress", "output": []}
        ended = {**response, "status": "completed", "output": [item], "usage": usage}
        events: list[Json] = [
            {"type": "response.created", "response": response},
            {"type": "response.output_item.added", "output_index": 0, "item": item},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": ended},
        ]
        self._events([(event["type"], event) for event in events])

    def _chat(self, body: Json) -> None:
        functions = [tool["function"] for tool in body.get("tools", ())]
        if functions and SUBMIT in str(body["messages"][0]) + str(body["messages"][1:2]):
            self._submit(body, functions[0]["name"])
            return
        done = any(message["role"] == "tool" for message in body.get("messages", ()))
        call = self._call(functions, done, "parameters")
        message: Json = {"role": "assistant", "content": _text(functions) if functions else f"Here it is.\n\n{EDIT}"}
        if call:
            function = {"name": call[0], "arguments": json.dumps(call[1])}
            message = {"role": "assistant", "content": None, "tool_calls": [{"id": "call_1", "type": "function"}]}
            message["tool_calls"][0] |= {"function": function, "index": 0}
        reason = "tool_calls" if call else "stop"
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        head = {"id": "chatcmpl-1", "created": 1, "model": body.get("model", "scripted")}
        if not body.get("stream"):
            choice = {"index": 0, "message": message, "finish_reason": reason}
            self._json({**head, "object": "chat.completion", "choices": [choice], "usage": usage})
            return
        chunks: list[tuple[str | None, Json]] = [
            (None, {**head, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": message}]}),
            (None, {**head, "object": "chat.completion.chunk", "choices": [_end(reason)], "usage": usage}),
        ]
        self._events(chunks, last="[DONE]")

    def _submit(self, body: Json, tool: str) -> None:
        """For an agent that ends with a command: first the work, then that one."""
        done = any(message["role"] == "tool" for message in body["messages"])
        arguments = json.dumps({"command": f"echo {SUBMIT}" if done else self.script.command})
        call = {"id": f"call_{done:d}", "type": "function", "function": {"name": tool, "arguments": arguments}}
        message = {"role": "assistant", "content": "The next step.", "tool_calls": [call]}
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        self._json({"id": "1", "created": 1, "object": "chat.completion", "choices": [choice], "usage": usage})

    # -- pieces -------------------------------------------------------------------------------------------------------

    def _call(self, tools: Any, answered: bool, *schemas: str) -> tuple[str, Json] | None:
        """The tool that runs shell commands, with arguments by its own schema; None when it is time to end."""
        fitting = [tool for tool in tools if SHELL_TOOL.search(tool.get("name", ""))]
        if answered or not fitting:
            return None
        tool = fitting[0]
        schema: Json = next((tool[name] for name in schemas if tool.get(name)), {})
        properties: Json = schema.get("properties", {})
        wanted = set(schema.get("required", ())) | ({"command", "cmd"} & set(properties))
        return tool["name"], {name: self._argument(name, properties.get(name, {})) for name in wanted}

    def _argument(self, name: str, about: Json) -> Any:
        kind = about.get("type")
        if kind in ("array", ["array"]):
            return ["/bin/sh", "-c", self.script.command]
        if kind in ("number", "integer"):
            return 60_000
        if kind == "boolean":
            return False
        return self.script.command if name in ("command", "cmd", "script") else "does what is asked"

    def _body(self) -> Json:
        length = int(self.headers.get("Content-Length", 0))
        data = self.rfile.read(length)
        try:
            found = json.loads(data or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _json(self, content: Json, status: int = 200) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _events(self, events: list[tuple[str | None, Json]], last: str | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for name, event in events:
            self.wfile.write((f"event: {name}\n" if name else "").encode() + f"data: {json.dumps(event)}\n\n".encode())
            self.wfile.flush()
            if self.script.fault is Fault.STALL:
                self.script.closing.wait(600)
                return
        if last:
            self.wfile.write(f"data: {last}\n\n".encode())


def _text(tools: Any) -> str:
    """The last word; a request without tools may be one for a title or a summary."""
    return "All done." if tools else '{"complexity_reasoning": "simple", "complexity_score": 10, "title": "Hello"}'


def _end(reason: str) -> Json:
    return {"index": 0, "delta": {}, "finish_reason": reason}
