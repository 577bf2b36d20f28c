"""What all stages share: results, the photograph, geometry, a memory, files that appear whole."""
