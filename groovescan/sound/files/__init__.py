"""Sound files, their metadata, and the sidecar beside them."""
