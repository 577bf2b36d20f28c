"""Findings and advice, as text for people and numbers for programs."""
