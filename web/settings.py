"""Section [web] of the settings file."""

from dataclasses import dataclass
from typing import Any

from detection.settings import DetectionSettings
from sensor.settings import KitSettings, SensorSettings, setting


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Section [web]: where the screens are served, and to whom."""

    host: str = setting("127.0.0.1", 'a kit on its hotspot: "0.0.0.0"')
    port: int = setting(8440, "port of the map")
    threads: int = setting(48, "one a request; each open map holds one for its live stream")
    session_hours: float = setting(12.0, "an account signs in anew after this time")
    secure_cookies: bool = setting(False, "true where a proxy in front speaks HTTPS")


SECTIONS: dict[str, type[Any]] = {
    "kit": KitSettings,
    "sensor": SensorSettings,
    "detection": DetectionSettings,
    "web": WebSettings,
}
