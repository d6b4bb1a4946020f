"""Where a request comes from: the peer, or the client that trusted proxies say they speak for."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest


def proxy_networks(names: Iterable[str]) -> list[IPv4Network | IPv6Network]:
    """Return the addresses and networks of TRUSTED_PROXIES. Raises ImproperlyConfigured."""
    try:
        return [ip_network(name.strip()) for name in names]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"TRUSTED_PROXIES takes addresses and networks such as 10.0.0.0/8: {error}"
        ) from error


def client_address(request: HttpRequest) -> str:
    """Return the address of who asks, "" when the server does not know its peer.

    X-Forwarded-For is read from the right, and only as far as trusted proxies vouch for it: each says who spoke to it.
    What the first untrusted hop wrote is left alone; when all are trusted, the leftmost is the client.
    """
    address = _parsed(request.META.get("REMOTE_ADDR", ""))
    for hop in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        before = _parsed(hop)
        if before is None or address is None or not _is_trusted(address):
            break
        address = before
    return str(address) if address else ""


def network_of(address: str) -> str:
    """Return what one customer of a provider has: an IPv4 address, or the /64 of an IPv6 address."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed) if parsed else ""


def _parsed(hop: str) -> IPv4Address | IPv6Address | None:
    """An address, with or without a port; None for anything else. One IPv4 address has one form."""
    text = hop.strip()
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    try:
        parsed = ip_address(host.partition(":")[0] if host.count(":") == 1 else host)
    except ValueError:
        return None  # Handled: a proxy that writes "unknown" vouches for nobody.
    return (isinstance(parsed, IPv6Address) and parsed.ipv4_mapped) or parsed


def _is_trusted(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)
