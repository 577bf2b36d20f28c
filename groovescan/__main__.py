"""``python -m groovescan``."""

from groovescan.cli import main

if __name__ == "__main__":
    main()
