"""Files that appear whole or not at all, alone or in sets, and files laid there by others."""
