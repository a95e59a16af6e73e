"""Our own protocol for our own screens (docs/device-protocol.md): plan, news, heartbeat, and acts at the glass."""
