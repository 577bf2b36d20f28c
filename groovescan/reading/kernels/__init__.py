"""Compiled loops over pixels and rows: the forward model and its normal equations."""
