"""Lay the groove straight and read its displacement, with its confidence."""
