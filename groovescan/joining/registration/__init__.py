"""Where photographs of one disc lie on it, told by the groove and by what is recorded in it."""
