"""How the command line speaks: help, photographs that are named, lines for logs and pipes."""
