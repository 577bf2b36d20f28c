"""Read the displacement of the groove, pixel by pixel, with its standard error."""
