"""LTE, as far as a kit hears it: the raster now, what a modem reports of it."""
