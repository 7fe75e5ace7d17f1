// The panel beside the map; on a phone a sheet at its foot that opens half or fully.

import { byId } from "./dom.js";

const SWIPE_PX = 30;
const HEIGHTS = ["peek", "half", "full"];
const narrow = matchMedia("(max-width: 799px)");
const MARGIN_PX = 48;

export class Sheet {
  constructor(panel, onResize) {
    this.panel = panel;
    this.onResize = onResize;
    this.back = "things";
    for (const tab of panel.querySelectorAll("[role=tab]")) {
      tab.addEventListener("click", () => this.choose(tab.getAttribute("aria-controls")));
      tab.addEventListener("keydown", (event) => this.turn(event));
    }
    byId("back").addEventListener("click", () => this.close());
    panel.addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(); });
    this.pullable(byId("handle"));
    narrow.addEventListener("change", () => onResize());
  }

  /** Shows "things", "layers" or "details"; opens the sheet of a phone at least half. */
  show(name) {
    for (const id of ["things", "layers", "details"]) byId(id).hidden = id !== name;
    if (name !== "details") this.back = name;
    for (const tab of this.panel.querySelectorAll("[role=tab]")) {
      const isShown = tab.getAttribute("aria-controls") === this.back;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
    }
    if (name === "details" && this.height() === "peek") this.setHeight("half");
    byId("panel-body").scrollTop = 0;
  }

  choose(name) {
    const isOpenHere = !byId(name).hidden && this.height() !== "peek";
    this.show(name);
    if (this.height() === "peek") this.setHeight("half");
    else if (isOpenHere && narrow.matches) this.setHeight("peek");
  }

  close() {
    this.show(this.back);
    byId(`tab-${this.back}`).focus();
  }

  turn(event) {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const name = this.back === "things" ? "layers" : "things";
    this.show(name);
    byId(`tab-${name}`).focus();
  }

  height() {
    return this.panel.dataset.height;
  }

  setHeight(height) {
    this.panel.dataset.height = height;
    byId("handle").setAttribute("aria-expanded", String(height !== "peek"));
  }

  /** The handle: a tap opens and shuts, a swipe goes one step. */
  pullable(handle) {
    let start = null;
    handle.addEventListener("pointerdown", (event) => { start = event.clientY; handle.setPointerCapture(event.pointerId); });
    handle.addEventListener("pointerup", (event) => {
      const way = start === null ? 0 : start - event.clientY;
      start = null;
      if (Math.abs(way) < SWIPE_PX) return;
      this.wasSwiped = true;
      const step = HEIGHTS.indexOf(this.height()) + Math.sign(way);
      this.setHeight(HEIGHTS[Math.max(0, Math.min(HEIGHTS.length - 1, step))]);
    });
    handle.addEventListener("click", () => {
      if (!this.wasSwiped) this.setHeight(this.height() === "peek" ? "half" : "peek");
      this.wasSwiped = false;
    });
  }

  /** Pixels at each side of the map that panel and controls cover. */
  padding() {
    const padding = { top: MARGIN_PX, right: MARGIN_PX, bottom: MARGIN_PX, left: MARGIN_PX };
    if (narrow.matches) {
      const map = byId("map").getBoundingClientRect();
      const covered = Math.max(0, map.bottom - this.panel.getBoundingClientRect().top);
      padding.bottom += Math.min(covered, map.height * 0.55);
    }
    return padding;
  }
}
