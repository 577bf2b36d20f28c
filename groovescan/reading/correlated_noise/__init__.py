"""What becomes of the readings where the noise of neighbouring pixels goes together."""
