"""Figures of single results."""
