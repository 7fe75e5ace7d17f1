"""What a box does on the air. A file is a signature; `registry.py` has a line for each."""
