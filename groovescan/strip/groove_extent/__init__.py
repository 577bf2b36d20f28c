"""How far the groove goes: turns that are sure, what continues them, and how it ends."""
