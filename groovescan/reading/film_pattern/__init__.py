"""Patterns on the film, told from the groove."""
