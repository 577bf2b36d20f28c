"""Which photographs a collection has, and what is told of each."""
