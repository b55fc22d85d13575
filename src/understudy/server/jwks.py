"""The verification keys of identity providers: inline or fetched, cached, rotated, with back-off.

An unknown key id makes the cache look again, at most once in `rotation_interval` seconds, so that a stranger's tokens
cannot make the stand-in hammer a provider. A provider that fails is asked again after a second, then two, up to a
minute; meanwhile keys that were fetched before serve on, for at most a day.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from understudy.clock import SYSTEM_CLOCK

from . import jws
from .fetching import Fetch, FetchFailed, HTTPSFetch, ThumbprintMismatch
from .strict_json import NotStrictJSON, parse_object

if TYPE_CHECKING:
    from understudy.clock import Clock

Keys = tuple[jws.Key, ...]

MAXIMUM_KEYS = 200
"""The service reads up to 100 RSA and 100 EC keys of a provider."""
_LONGEST_BACK_OFF = 60.0
_MOST_PROVIDERS = 1000


class NoKey(Exception):
    """No key for the token; `pinned` tells a certificate that did not match from everything else."""

    def __init__(self, why: str, *, pinned: bool = False) -> None:
        super().__init__(why)
        self.pinned = pinned


class TrustedProvider(Protocol):
    """An OpenID Connect provider of an account.

    `url` with its scheme, as the issuer says it; `jwks` (JSON text) replaces all fetching, `ca_bundle` (PEM text) the
    machine's trust store.
    """

    @property
    def arn(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def client_ids(self) -> Collection[str]: ...
    @property
    def thumbprints(self) -> Collection[str]: ...
    @property
    def jwks(self) -> str | None: ...
    @property
    def ca_bundle(self) -> str | None: ...


class KeySource(Protocol):
    """Where verification keys come from; raises `NoKey`. An empty answer means that no key has this id."""

    async def find(self, provider: TrustedProvider, key_id: str | None) -> Sequence[jws.Key]: ...


class _Entry:
    __slots__ = ("failures", "fetched_at", "keys", "next_attempt", "pending", "why")

    def __init__(self) -> None:
        self.keys: Keys | None = None
        self.fetched_at = 0.0
        self.next_attempt = 0.0
        self.failures = 0
        self.why = NoKey("not fetched yet")
        self.pending: asyncio.Task[None] | None = None


class ProviderKeys:
    """The cache of fetched keys, by issuer and by what its certificate is trusted for. Times are seconds."""

    def __init__(
        self,
        fetch: Fetch | None = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
        fresh_for: float = 3600.0,
        stale_for: float = 86_400.0,
        rotation_interval: float = 10.0,
    ) -> None:
        self._fetch: Fetch = fetch or HTTPSFetch()
        self._clock = clock
        self._fresh_for = fresh_for
        self._stale_for = stale_for
        self._rotation_interval = rotation_interval
        self._entries: dict[tuple[str, frozenset[str], str | None], _Entry] = {}

    async def find(self, provider: TrustedProvider, key_id: str | None) -> Keys:
        """The keys with this id; the only key where the token names none. Raises `NoKey`."""
        if provider.jwks is not None:
            return chosen(_inline(provider.jwks), key_id)
        entry = self._entry(provider)
        if self._wants(entry, key_id):
            await self._refresh(entry, provider)
        if entry.keys is None or self._clock.monotonic() - entry.fetched_at > self._stale_for:
            raise entry.why
        return chosen(entry.keys, key_id)

    def _entry(self, provider: TrustedProvider) -> _Entry:
        place = provider.url, frozenset(provider.thumbprints), provider.ca_bundle
        entry = self._entries.get(place)
        if entry is None:
            if len(self._entries) >= _MOST_PROVIDERS:
                del self._entries[next(iter(self._entries))]
            entry = self._entries[place] = _Entry()
        return entry

    def _wants(self, entry: _Entry, key_id: str | None) -> bool:
        now = self._clock.monotonic()
        if entry.keys is None or entry.failures or now - entry.fetched_at >= self._fresh_for:
            return now >= entry.next_attempt or entry.pending is not None
        unknown = key_id is not None and not chosen(entry.keys, key_id)
        return unknown and now - entry.fetched_at >= self._rotation_interval

    async def _refresh(self, entry: _Entry, provider: TrustedProvider) -> None:
        # One fetch for all who wait, which goes on when one of them gives up.
        if entry.pending is None:
            entry.pending = asyncio.create_task(self._load(entry, provider))
            entry.pending.add_done_callback(lambda _: setattr(entry, "pending", None))
        await asyncio.shield(entry.pending)

    async def _load(self, entry: _Entry, provider: TrustedProvider) -> None:
        try:
            entry.keys = await self._discover(provider)
        except (FetchFailed, NotStrictJSON, NoKey) as error:
            entry.failures += 1
            entry.why = NoKey(str(error), pinned=isinstance(error, ThumbprintMismatch))
            entry.next_attempt = self._clock.monotonic() + min(2.0 ** (entry.failures - 1), _LONGEST_BACK_OFF)
        else:
            entry.failures = 0
            entry.fetched_at = self._clock.monotonic()

    async def _discover(self, provider: TrustedProvider) -> Keys:
        # OpenID Connect Discovery 1.0, sections 4.1 (where) and 4.3 (the issuer must be the one asked for).
        address = f"{provider.url.rstrip('/')}/.well-known/openid-configuration"
        document = await self._document(address, provider)
        if document.get("issuer") != provider.url:
            raise NoKey(f"the discovery document of {provider.url!r} names the issuer {document.get('issuer')!r}")
        jwks_uri = document.get("jwks_uri")
        if not isinstance(jwks_uri, str):
            raise NoKey(f"the discovery document of {provider.url!r} has no jwks_uri")
        if jwks_uri.startswith("http:") and not provider.url.startswith("http:"):
            raise NoKey(f"the jwks_uri {jwks_uri!r} is not an https URL")
        return read_keys(await self._document(jwks_uri, provider))

    async def _document(self, url: str, provider: TrustedProvider) -> dict[str, Any]:
        return parse_object(await self._fetch(url, thumbprints=provider.thumbprints, ca_bundle=provider.ca_bundle))


def read_keys(jwks: Mapping[str, Any]) -> Keys:
    """The keys of a set that could verify a token; symmetric and unknown ones are passed over. Raises `NoKey`."""
    listed = jwks.get("keys")
    if not isinstance(listed, list | tuple):
        raise NoKey("the key set has no list of keys")
    if len(listed) > MAXIMUM_KEYS:
        raise NoKey(f"the key set holds more than {MAXIMUM_KEYS} keys")
    return tuple(
        key
        for key in listed
        if isinstance(key, Mapping) and key.get("kty") in ("RSA", "EC") and key.get("use", "sig") == "sig"
    )


@lru_cache(maxsize=256)
def _inline(text: str) -> Keys:
    try:
        return read_keys(parse_object(text))
    except NotStrictJSON as error:
        raise NoKey(f"the provider's own key set is {error}") from None


def chosen(keys: Keys, key_id: str | None) -> Keys:
    """The keys that a token with this key id may mean: a token may only do without where there is one key."""
    if key_id is None:
        return keys if len(keys) == 1 else ()
    return tuple(key for key in keys if key.get("kid") == key_id)
