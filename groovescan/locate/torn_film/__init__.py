"""A film in pieces: where its fringe jumps, and how the pieces have moved."""
