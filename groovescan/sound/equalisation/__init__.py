"""Recording curves and the treble that blur takes, undone."""
