"""Who sees it: map, API, exports and reports. Writes what people say and do."""
