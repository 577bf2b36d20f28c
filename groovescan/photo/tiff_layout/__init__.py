"""The pages of a TIFF file, and their strips and tiles."""
