"""Light and camera as physics has them: what lies on the film, groove, sensor and its colours."""
