"""Who decodes which photograph when: workers on this machine or many, within its memory."""
