"""The embedded upstream: moto's server on a loopback port, in a thread of this process (the extra ``s3``)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from understudy.errors import ConfigurationError
from understudy.identity import AWSCredentials
from understudy.server.guard.upstream import Upstream

if TYPE_CHECKING:
    from understudy.clock import Clock

REGION = "us-east-1"
_running: set[int] = set()
"""The upstreams of this process, which share what moto stores; the first one begins with nothing."""


def is_taken_by_moto(bucket: str) -> bool:
    """Whether moto's server reads a path that begins with this name as something else than a bucket.

    It would let anybody who may create the bucket see or reset everything that is stored.
    """
    return bucket.startswith("moto-api") or bucket in ("latest", "v20180820")


class EmbeddedUpstream:
    """Starts moto's server and stops it. It answers for S3 and for other services.

    moto keeps what it stores for the process, so that upstreams which run at the same time share it; one that starts
    while no other runs begins with nothing.

    moto is imported by `start`. It checks no signature: whoever reaches its port may do everything, so it listens on
    the loopback address only.
    """

    def __init__(self) -> None:
        self._server: Any = None

    def start(self, clock: Clock) -> Upstream:
        """Start the server on a free port; raises `ConfigurationError` when moto is not installed."""
        try:
            from moto.core.base_backend import BackendDict
            from moto.server import ThreadedMotoServer
        except ImportError:
            raise ConfigurationError(
                "the embedded upstream needs moto", hint="pip install 'understudy[s3]', or name an upstream of your own"
            ) from None
        # its server writes a line for each request to stderr, which the guard's own log has already
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        if not _running:
            BackendDict.reset()
        _running.add(id(self))
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        return Upstream(f"http://{host}:{port}", AWSCredentials("upstream", "upstream"), REGION, clock)

    def stop(self) -> None:
        """Stop the server and free its port; nothing happens when it does not run."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()
            _running.discard(id(self))
