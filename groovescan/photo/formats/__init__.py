"""What files say: TIFF, PNG, JPEG, camera raw; their headers, segments and quantisation."""
