"""Shared by all stages: results, the photograph, geometry, a memory, files that appear whole."""
