"""Several photographs of one disc: where each lies on it, and one reading from all of them."""
