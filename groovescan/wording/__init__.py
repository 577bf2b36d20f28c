"""What was found, and what would help, as text for people and numbers for programs."""
