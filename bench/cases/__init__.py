"""The cases; each file holds one, or a few that belong together."""
