"""Documents of identity providers, fetched with bounds: size, time, no redirects, HTTPS that is trusted or pinned.

A thumbprint is the SHA-1 of the last certificate that the provider presents. Certificates of the machine's trust
store need none; for others the pinned certificate becomes the only anchor of a second, fully verified connection,
because a chain that merely contains a public certificate proves nothing. Source: "Obtain the thumbprint for an OpenID
Connect identity provider", IAM User Guide.
"""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import ssl
import time
from collections.abc import Collection
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import SplitResult, urlsplit


class FetchFailed(Exception):
    """The document could not be had; the message says why."""


class ThumbprintMismatch(FetchFailed):
    """The certificate is neither trusted nor one of those that the provider's thumbprints name."""


class Fetch(Protocol):
    """Gets one document; raises `FetchFailed`."""

    async def __call__(self, url: str, *, thumbprints: Collection[str] = (), ca_bundle: str | None = None) -> bytes: ...


class HTTPSFetch:
    """Gets documents over HTTPS, and over plain HTTP from loopback where `loopback_http` says so.

    `timeout` is seconds for a whole document (the service gives a provider five), `limit` its size in bytes.
    `ca_bundle` of a call (PEM text) replaces the machine's trust store.
    """

    def __init__(self, *, timeout: float = 5.0, limit: int = 262_144, loopback_http: bool = True) -> None:
        self._timeout = timeout
        self._limit = limit
        self._loopback_http = loopback_http
        self._context: ssl.SSLContext | None = None

    async def __call__(self, url: str, *, thumbprints: Collection[str] = (), ca_bundle: str | None = None) -> bytes:
        target = self._checked(url)
        try:
            return await asyncio.wait_for(
                asyncio.to_thread(self._fetch, target, thumbprints, ca_bundle), self._timeout + 1
            )
        except (OSError, http.client.HTTPException, TimeoutError, ValueError) as error:
            raise FetchFailed(f"{url!r} cannot be fetched: {type(error).__name__}: {error}") from None

    def _checked(self, url: str) -> SplitResult:
        try:
            target = urlsplit(url)
            _ = target.port
        except ValueError:
            raise FetchFailed(f"{url!r} is not a URL") from None
        plain = target.scheme == "http" and self._loopback_http and is_loopback(target.hostname or "")
        if not target.hostname or not (target.scheme == "https" or plain) or target.username is not None:
            raise FetchFailed(f"{url!r} is not an https URL")
        if any(character <= " " or character > "~" for character in url):
            raise FetchFailed(f"{url!r} holds characters that a URL must escape")
        return target

    def _fetch(self, target: SplitResult, thumbprints: Collection[str], ca_bundle: str | None) -> bytes:
        if target.scheme == "http":
            return self._get(target, None)
        try:
            return self._get(target, self._trusting(ca_bundle))
        except ssl.SSLCertVerificationError:
            if not thumbprints:
                raise
        return self._get(target, self._pinned(target, {given.lower() for given in thumbprints}))

    def _trusting(self, ca_bundle: str | None) -> ssl.SSLContext:
        if ca_bundle is not None:
            return ssl.create_default_context(cadata=ca_bundle)
        if self._context is None:
            self._context = ssl.create_default_context()
        return self._context

    def _pinned(self, target: SplitResult, thumbprints: set[str]) -> ssl.SSLContext:
        anchor = self._presented(target)[-1]
        if hashlib.sha1(anchor, usedforsecurity=False).hexdigest() not in thumbprints:
            raise ThumbprintMismatch(f"the certificate of {target.netloc!r} matches none of the thumbprints")
        context = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(anchor))
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return context

    def _presented(self, target: SplitResult) -> list[bytes]:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = self._connection(target, context)
        try:
            connection.connect()
            return _chain(connection.sock)
        finally:
            connection.close()

    def _connection(self, target: SplitResult, context: ssl.SSLContext | None) -> http.client.HTTPConnection:
        host = target.hostname or ""
        if context is None:
            return http.client.HTTPConnection(host, target.port, timeout=self._timeout)
        return http.client.HTTPSConnection(host, target.port, timeout=self._timeout, context=context)

    def _get(self, target: SplitResult, context: ssl.SSLContext | None) -> bytes:
        deadline = time.monotonic() + self._timeout
        connection = self._connection(target, context)
        try:
            path = (target.path or "/") + (f"?{target.query}" if target.query else "")
            connection.request("GET", path, headers={"accept": "application/json", "connection": "close"})
            response = connection.getresponse()
            if response.status != 200:
                raise FetchFailed(f"{target.geturl()!r} answers with status {response.status}")
            return self._read(response, deadline)
        finally:
            connection.close()

    def _read(self, response: http.client.HTTPResponse, deadline: float) -> bytes:
        content = bytearray()
        while chunk := response.read1(65_536):
            content += chunk
            if len(content) > self._limit:
                raise FetchFailed(f"the document is larger than {self._limit} bytes")
            if time.monotonic() > deadline:
                raise FetchFailed(f"the document did not arrive within {self._timeout:g} seconds")
        return bytes(content)


def is_loopback(host: str) -> bool:
    """Whether a host name can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _chain(connected: Any) -> list[bytes]:
    # Public since Python 3.13; the same method stood on the inner object before.
    if hasattr(connected, "get_unverified_chain"):
        return list(connected.get_unverified_chain())
    inner: Any = getattr(connected, "_sslobj", None)
    if hasattr(inner, "get_unverified_chain"):
        return [ssl.PEM_cert_to_DER_cert(presented.public_bytes()) for presented in inner.get_unverified_chain()]
    return [connected.getpeercert(binary_form=True)]
