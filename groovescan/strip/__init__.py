"""A coarse strip of the groove laid straight: groove or land, and how the groove ends."""
