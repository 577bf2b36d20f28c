"""Tables and pages of a collection: console table, summary, index page."""
