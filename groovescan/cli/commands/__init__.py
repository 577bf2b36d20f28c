"""Commands beside decode."""
