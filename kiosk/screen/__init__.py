"""The panel's local page: served on loopback to the browser on the same machine."""
