"""The look of the groove by the direction in which it runs, as lamps make it."""
