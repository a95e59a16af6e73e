"""What this machine is: a serial number that staff may have in a list, and the name of its model.

A Raspberry Pi has its number in the device tree. Where there is none it is made of the machine's id, which systemd
draws at the first start and which is to stay on the machine: so only a digest of it is told.
"""

import hashlib
import platform
from pathlib import Path

from kiosk.settings import SERIAL

TREE = Path("/sys/firmware/devicetree/base")
DMI = Path("/sys/class/dmi/id/product_name")
MACHINE_ID = Path("/etc/machine-id")
LONGEST = 100


def serial(*, tree: Path = TREE, machine_id: Path = MACHINE_ID) -> str:
    """Up to 64 letters and digits; "" for a machine that has neither."""
    said = _read(tree / "serial-number")
    if SERIAL.fullmatch(said) and said.strip("0"):
        return said
    id_ = _read(machine_id)
    return hashlib.sha256(f"lintel serial\n{id_}".encode()).hexdigest()[:16] if id_ else ""


def model(*, tree: Path = TREE, dmi: Path = DMI) -> str:
    """As the maker calls it, else the kind of its processor."""
    return (_read(tree / "model") or _read(dmi) or platform.machine())[:LONGEST]


def _read(path: Path) -> str:
    try:
        text = path.read_text("utf-8", errors="replace")
    except OSError:
        return ""
    return "".join(char for char in text if char.isprintable()).strip()
