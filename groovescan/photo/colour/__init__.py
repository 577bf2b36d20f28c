"""From the samples of a pixel to luminance: tone, inks, and the channel that shows the groove."""
