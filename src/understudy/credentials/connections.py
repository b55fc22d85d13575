"""Over what a provider asks: directly for metadata services, through proxy and CA bundle for the rest."""

from __future__ import annotations

from understudy.clock import SYSTEM_CLOCK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from understudy.clock import Clock
    from understudy.config import Configuration
    from understudy.credentials.exchange import Exchange
    from understudy.flow import Connections

_CONNECT_TIMEOUT = 1.0  # seconds; a link-local service is one hop away or not there


def direct_connections(connect_timeout: float = _CONNECT_TIMEOUT) -> Connections:
    """Connections without any proxy: behind one a metadata address means another machine."""
    from understudy.client.transports import PooledConnections, Proxies, TransportSettings

    return PooledConnections(TransportSettings(connect_timeout=connect_timeout, pool_size=2, proxies=Proxies()))


def outward_connections(configuration: Configuration | None = None) -> Connections:
    """Connections to a service on the network, with the proxies and the CA bundle that an STS client would use."""
    from understudy.client.options import ClientOptions
    from understudy.client.resolution import Resolution
    from understudy.client.transports import PooledConnections

    return PooledConnections(Resolution(ClientOptions(pool_size=4), configuration).transport_settings())


def service_exchange(
    configuration: Configuration, connections: Connections | None = None, clock: Clock = SYSTEM_CLOCK
) -> Exchange:
    """For a service on the network: 10 s for an attempt, as many attempts as the configuration says (3)."""
    from understudy.credentials.exchange import Exchange

    attempts = configuration.integer("max_attempts") or 3
    return Exchange(connections or outward_connections(configuration), timeout=10.0, attempts=attempts, clock=clock)
