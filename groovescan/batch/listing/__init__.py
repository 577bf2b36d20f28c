"""What a run shows of a collection: console table, summary, index page."""
