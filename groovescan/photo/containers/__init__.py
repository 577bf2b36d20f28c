"""How a file says what it holds: boxes, sizes of coded pictures, EXIF, and files decoded whole."""
