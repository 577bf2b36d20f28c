"""Predict, before a photograph is read, how well it can be."""
