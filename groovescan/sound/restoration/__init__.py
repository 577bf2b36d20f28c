"""The listening copy: clicks, noise and rumble."""
