"""Outputs of a decode: sounds with their sidecars, the page, the displacement."""
