"""The forward model itself: lathe, film, wear, light, sensor."""
