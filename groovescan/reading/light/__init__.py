"""The light of the land and the contrast of the groove along it."""
