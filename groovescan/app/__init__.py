"""The window: a page in the browser that is served on this machine, to its user alone."""
