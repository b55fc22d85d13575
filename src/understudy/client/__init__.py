"""Client owns the call: from a command to a typed output or a typed error, with all that lies between."""
