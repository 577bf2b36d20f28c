"""Find the groove field, the camera that saw it, and where each turn runs."""
