"""From the plane of the disc to the image and back, whatever the film is like."""
