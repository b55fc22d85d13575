"""TLS contexts of Python's own `ssl`, for the transports that are built on it."""

from __future__ import annotations

import ssl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.client.transports import TransportSettings


def tls_context(settings: TransportSettings) -> ssl.SSLContext:
    """Trust in the system's authorities and those of `ca_bundle`; none is asked for with ``verify=False``."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    for certificate in settings.certificates():
        context.load_verify_locations(cadata=certificate.decode("ascii"))
    return context
