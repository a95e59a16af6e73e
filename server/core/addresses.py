"""Where messages to foreign servers may go: the form of a URL, and the addresses that are nobody's business.

Decisions:
- A URL is taken only in its plainest form: ASCII, a host name in letters or a whole IP address, nothing that two
  readers could read differently. So there is no second opinion of which host is meant.
- An address is refused unless it is an ordinary one of the internet; what an administrator allows by network comes
  before. Addresses that carry another one within (mapped, 6to4, Teredo, NAT64) are refused whatever they carry.
- A host name that stands for several addresses is refused as soon as one of them is.
"""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST = 2_000
USUAL = {"https": 443, "http": 80}
URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<target>[/?][A-Za-z0-9._~!$&'()*+,;=:@/?%-]*)?"
)
LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
NUMERIC = re.compile(r"(?:0[xX][0-9A-Fa-f]*|[0-9]+)")
"""A last label that some readers take for a part of an IPv4 address."""

DENIED: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",            # this network
        "10.0.0.0/8",           # private
        "100.64.0.0/10",        # carriers' NAT
        "127.0.0.0/8",          # loopback
        "169.254.0.0/16",       # link-local, clouds' metadata
        "172.16.0.0/12",        # private
        "192.0.0.0/24",         # protocol assignments
        "192.0.2.0/24",         # documentation
        "192.31.196.0/24",      # AS112
        "192.52.193.0/24",      # AMT
        "192.88.99.0/24",       # 6to4 relays
        "192.168.0.0/16",       # private
        "192.175.48.0/24",      # AS112
        "198.18.0.0/15",        # benchmarks
        "198.51.100.0/24",      # documentation
        "203.0.113.0/24",       # documentation
        "224.0.0.0/4",          # multicast
        "240.0.0.0/4",          # reserved, and the broadcast address
        "168.63.129.16/32",     # a cloud's own services
        "::/8",                 # unspecified, loopback, IPv4-compatible and -mapped, translated
        "64:ff9b::/96",         # NAT64
        "64:ff9b:1::/48",       # NAT64 of a site
        "100::/64",             # discarded
        "2001::/23",            # Teredo, ORCHID, benchmarks, protocol assignments
        "2001:db8::/32",        # documentation
        "2002::/16",            # 6to4
        "2620:4f:8000::/48",    # AS112
        "3fff::/20",            # documentation
        "5f00::/16",            # segment routing
        "fc00::/7",             # unique local
        "fe80::/10",            # link-local
        "fec0::/10",            # site-local
        "ff00::/8",             # multicast
    )
)  # fmt: skip
"""After the IANA registries of special-purpose addresses."""
INTERNET = ip_network("2000::/3")
"""All IPv6 addresses that have been given out so far."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads: `host` as it is resolved and certified, `address` where it is one, `path` with its query."""

    secure: bool
    host: str
    port: int
    path: str
    address: Address | None = None

    @property
    def named(self) -> str:
        """The host and port as the header Host has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == USUAL["https" if self.secure else "http"] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be reached. `allow`: networks that may be, although nobody else may; `ports` beside 80 and 443."""

    allow: tuple[Network, ...] = ()
    ports: frozenset[int] = field(default_factory=frozenset)
    http: bool = False

    def target(self, url: str) -> Target | str:
        """Where the URL leads, or why it is refused."""
        found = URL.fullmatch(url) if len(url) <= LONGEST else None
        if found is None:
            return _refusal(url)
        scheme, host = found["scheme"], found["host"].lower()
        if scheme == "http" and not self.http:
            return "must begin with https://"
        port = int(found["port"] or USUAL[scheme])
        if port not in self.ports | set(USUAL.values()):
            return "only ports 443 and 80, and those of the setting hooks.ports"
        path = found["target"] or "/"
        path = path if path.startswith("/") else "/" + path
        address = literal(host)
        if isinstance(address, str):
            return address
        if address is not None and not self.allows(address):
            return "leads to an address that messages are not sent to; the setting hooks.allow can allow it"
        return Target(scheme == "https", str(address) if address is not None else host, port, path, address)

    def allows(self, address: Address) -> bool:
        """Whether messages may go to an address."""
        if any(address in network for network in self.allow if network.version == address.version):
            return True
        if getattr(address, "scope_id", None):
            return False
        if isinstance(address, IPv6Address) and address not in INTERNET:
            return False
        return not any(address in network for network in DENIED if network.version == address.version)


def literal(host: str) -> Address | str | None:
    """The address that a host is, None where it is a name, or why it is refused."""
    try:
        if host.startswith("["):
            return IPv6Address(host[1:-1])
        if NUMERIC.fullmatch(host.rpartition(".")[2]):
            return IPv4Address(host)
    except ValueError:
        return "the host is no whole IP address"
    labels = host.split(".")
    if len(host) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        return "the host is no name"
    return None


def address(text: str) -> Address | None:
    """The address of a text as resolvers give it; None where it is none."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def networks(text: str) -> tuple[Network, ...]:
    """The networks of a list such as "10.1.0.0/16, fd00:1::/64"; raises ValueError for anything else."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"must be networks such as 10.1.0.0/16, separated by commas: {error}") from error


def port_numbers(text: str) -> frozenset[int]:
    """The ports of a list such as "8443, 9000"; raises ValueError for anything else."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(re.fullmatch(r"[1-9][0-9]{0,4}", part) and int(part) <= 65_535 for part in parts):
        raise ValueError("must be ports (1 to 65535), separated by commas")
    return frozenset(map(int, parts))


def _refusal(url: str) -> str:
    if len(url) > LONGEST:
        return f"too long (max {LONGEST} characters)"
    if not url.startswith(("https://", "http://")):
        return "must begin with https://"
    if not url.isascii():
        return "only ASCII: write other characters as xn--… in the host and as %XX elsewhere"
    if "@" in re.split(r"[/?#\\]", url.partition("://")[2], maxsplit=1)[0]:
        return "must not hold a user name or password"
    if "#" in url:
        return "must not hold a fragment (#)"
    return "is not an address of the form https://host/path"
