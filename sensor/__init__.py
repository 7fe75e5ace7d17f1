"""What the kit hears: IQ samples, AT lines and NMEA in, readings out. Imports neither detection nor web."""
