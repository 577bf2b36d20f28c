"""Shared by all stages: results, the photograph, geometry, a memory, robust statistics."""
