"""Find the groove field, its centre and pitch, and follow its fringe into a first groove map."""
