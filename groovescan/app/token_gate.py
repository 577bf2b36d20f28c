"""Who comes in: only who knows the address, which nobody can guess, and only by this machine."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

#: The browser loads nothing from elsewhere, whatever stands on the page.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' {sockets}; media-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


def new_token() -> str:
    """A secret that nobody can guess, as a part of an address.

    Returns
    -------
    str
        43 letters, 256 bits.
    """
    return secrets.token_urlsafe(32)


class TokenGate:
    """Lets those through whose address begins with the secret; all others get an empty answer.

    The secret is part of the address and not a cookie, since browsers send the cookies of one
    server of a machine to all others of it, whoever they belong to.

    Parameters
    ----------
    app : Application
        What is behind it.
    token : str
        The secret.
    hosts : frozenset of str
        What the browser may call this machine. Anything else is a page from elsewhere that has
        had its name made to mean this machine.
    """

    def __init__(self, app: Application, token: str, hosts: frozenset[str]) -> None:
        self.app = app
        self._token, self._hosts = token.encode(), hosts
        # some browsers do not count sockets as their own server
        policy = _POLICY.format(sockets=" ".join(sorted(f"ws://{host}" for host in hosts)))
        self._headers = [(b"content-security-policy", policy.encode()), *_HEADERS]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif not self._known(scope):
            await _turn_away(scope, receive, send)
        else:
            await self.app(scope, receive, _guarded(send, self._headers))

    def _known(self, scope: Scope) -> bool:
        headers = dict(scope["headers"])
        first = scope["path"].lstrip("/").partition("/")[0].encode()
        if not hmac.compare_digest(first, self._token):
            return False
        origin = headers.get(b"origin", b"").decode("latin-1")
        host = headers.get(b"host", b"").decode("latin-1")
        return host in self._hosts and (not origin or origin == f"http://{host}")


def _guarded(send: Send, headers: list[tuple[bytes, bytes]]) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        """Send a message with the headers that guard the page."""
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *headers]
        await send(message)

    return sending


async def _turn_away(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
