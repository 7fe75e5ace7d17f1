"""Takes the README's pictures of the map of the home that CATPOOL_HOME names, with its first lead opened.

CATPOOL_HOME=/tmp/town catpool demo --once
CATPOOL_HOME=/tmp/town/demo python docs/screenshots.py
"""

import os
import re
import secrets
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = "/usr/bin/chromium"
SOFTWARE_GL = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
NAME, PASSWORD = "team1", secrets.token_urlsafe(16)
CATPOOL = [sys.executable, "-m", "catpool"]


def picture(browser: Browser, url: str, device: str, target: Path) -> None:
    """Signs in, opens the first lead, waits for the map to come to rest, takes the picture."""
    width, height = SIZES[device]
    context = browser.new_context(
        viewport={"width": width, "height": height}, has_touch=device == "phone", locale="en-GB", color_scheme="light"
    )
    page = context.new_page()
    page.goto(url)
    page.fill("[name=name]", NAME)
    page.fill("[name=password]", PASSWORD)
    page.click("form .button")
    while page.evaluate("document.getElementById('map-page')?.dataset.ready") != "yes":
        time.sleep(0.1)
    if device == "phone":
        page.click("#tab-things")
    page.click(".thing")
    time.sleep(2)
    for _ in range(3):  # out from the place, until the ring is in view
        page.click("#map [class*=zoom-out]")
        time.sleep(1)
    page.screenshot(path=target / f"map-{device}.png")
    context.close()


def main() -> None:
    account = [*CATPOOL, "user", "add", NAME, "--role", "supervisor", "--password-stdin"]
    subprocess.run(account, input=PASSWORD + "\n", text=True, check=True, env={**os.environ})
    with subprocess.Popen([*CATPOOL, "serve", "--port", "0"], stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        address = re.search(r"http://\S+:\d+", server.stderr.readline())
        assert address is not None
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SOFTWARE_GL)
                for device in SIZES:
                    picture(browser, address[0], device, Path(__file__).parent)
                browser.close()
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
