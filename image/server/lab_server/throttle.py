"""How long the answer to a wrong token waits. Pure: the clock is passed in."""

from __future__ import annotations

import ipaddress

# So many wrong ones from one address are answered at once; after that, one each so many seconds.
_BURST = 10
_INTERVAL_S = 1.0
# No connection is held for longer: beyond that, the answer is that there were too many.
LONGEST_S = 30.0
_MOST_ADDRESSES = 10_000


class Throttle:
    """Spreads the answers to wrong tokens over time, for each address by itself.

    Units: seconds of `time.monotonic`. Source: generic cell rate algorithm (ITU-T I.371).
    """

    def __init__(self) -> None:
        self._due: dict[str, float] = {}

    def delay(self, address: str, now: float) -> float | None:
        """Return how long the next wrong answer to an address has to wait, None if for too long."""
        network = _network(address)
        due = max(now, self._due.pop(network, now)) + _INTERVAL_S
        wait = due - now - _BURST * _INTERVAL_S
        is_refused = wait > LONGEST_S
        self._due[network] = due - _INTERVAL_S if is_refused else due
        while len(self._due) > _MOST_ADDRESSES:
            del self._due[next(iter(self._due))]  # the one that has been quiet for longest
        return None if is_refused else max(0.0, wait)


def _network(address: str) -> str:
    """Return what one person can have of an address: all of it, or of IPv6 a /64."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address  # of a Unix socket
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return address
