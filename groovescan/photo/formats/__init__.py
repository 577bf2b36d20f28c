"""File formats of photographs: TIFF, PNG, JPEG, camera raw; headers, segments, quantisation."""
