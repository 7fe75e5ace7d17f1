"""How the bundled base map is made; what it makes lies in static/basemap/."""
