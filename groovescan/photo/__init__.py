"""Reading photographs as luminance."""

from groovescan.photo.read import as_photograph, read_photograph

__all__ = ["as_photograph", "read_photograph"]
