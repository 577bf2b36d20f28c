"""Discs in pieces: each is a rigid sheet of its own, and the groove goes on across the cut."""
