"""What lies on the film, told from the groove."""
