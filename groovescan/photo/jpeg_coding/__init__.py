"""The segments of a JPEG file, its quantisation, and whether its Huffman codes are whole."""
