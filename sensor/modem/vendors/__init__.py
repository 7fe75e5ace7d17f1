"""One file a vendor; to add one, write its file and its line here."""

from sensor.modem.vendors import quectel, simcom

VENDORS = (simcom.VENDOR, quectel.VENDOR)
