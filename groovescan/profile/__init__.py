"""The groove's profile across its width, and how it changes where the width carries the sound."""
