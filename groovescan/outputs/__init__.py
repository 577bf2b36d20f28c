"""What a decode writes: sounds with their sidecars, the page, the displacement."""
