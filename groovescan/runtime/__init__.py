"""How the work is run: threads, compiled loops, transforms, memory, progress."""
