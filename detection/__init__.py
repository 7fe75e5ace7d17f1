"""What it means: readings and CDR exports in; hits, leads, places and cases out. May import sensor, never web."""
