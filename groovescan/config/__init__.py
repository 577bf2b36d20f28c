"""Settings of every stage: fields that know their bounds, and what describes them."""
