"""The camera that saw the disc: fitted to the groove, with as many terms as it shows."""
