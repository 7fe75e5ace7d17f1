"""Modems asked for cells over AT commands. Only what the allow-list holds is ever sent."""
