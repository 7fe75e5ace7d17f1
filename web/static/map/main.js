// The map page: brings data, view, lists and the live stream together.

import { BARE, lookInto } from "./basemap.js";
import { byId, h } from "./dom.js";
import { boundsOf, Features, SignedOut } from "./features.js";
import { clock, metres, place } from "./format.js";
import { listThings } from "./listing.js";
import { wayBetween } from "./grid.js";
import { Live } from "./live.js";
import { describe, nameOf } from "./panel.js";
import { Sheet } from "./sheet.js";
import { kept, listSwitches } from "./switches.js";
import { loadWords, t } from "./words.js";

const page = byId("map-page");
const FRESH_MS = 120_000; // how long a new hit stays marked
const FIRST_LOOK = { maxZoom: 15, isAnimated: false };
const night = matchMedia("(prefers-color-scheme: dark)");

class MapPage {
  constructor() {
    this.fresh = new Map();
    this.picked = null;
    this.lastUpdate = null;
    this.features = new Features(page.dataset.collections.split(" "), (...loaded) => this.loaded(...loaded));
    this.sheet = new Sheet(byId("panel"), () => this.view.resize());
  }

  async start() {
    await loadWords(page.dataset.words);
    this.bases = await this.listBases();
    await this.openView();
    this.listLayers();
    this.live = new Live({ onChange: (names) => this.refresh(names), onState: (state) => this.say(state) });
    await this.live.poll(); // from here on no change is missed
    await this.refresh(null);
    this.lookAround();
    this.isGreeting = true;
    this.live.listen();
    page.dataset.ready = "yes";
  }

  async listBases() {
    const { maps } = await (await fetch("/api/maps")).json();
    const bundled = maps.map((one) => (one.bundled ? { ...one, title: t("base_bundled") } : one));
    return [...bundled, { ...BARE, title: t("base_none") }];
  }

  async openView() {
    const options = {
      base: await this.firstReadable(), isNight: night.matches, landUrl: page.dataset.land, words: controlWords(),
      onPick: (fids) => this.pickAmong(fids), onMove: (at) => this.moved(at),
    };
    this.view = await createView(byId("map"), options);
    for (const group of kept().hidden) this.view.setVisible(group, false);
    night.addEventListener("change", () => this.view.setNight(night.matches));
  }

  /** The base map this device keeps, else the first that can be read: dropped-in ones come before the bundled. */
  async firstReadable() {
    const wish = this.bases.find((one) => one.name === kept().base);
    for (const { name } of [wish, ...this.bases].filter(Boolean)) {
      this.base = name;
      const base = await this.look(name);
      if (base.name === name) return base;
    }
    return BARE;
  }

  /** The base map by name; the bare grid, and a word why, when its file cannot be read. */
  async look(name) {
    const base = this.bases.find((one) => one.name === name) ?? BARE;
    if (!base.url) return base;
    try {
      return await lookInto(base);
    } catch {
      this.announce(t("base_broken", { name: base.title }));
      return BARE;
    }
  }

  listLayers() {
    const onBase = async (name) => {
      this.base = name;
      this.view.setBase(await this.look(name));
    };
    const onGroup = (group, isOn) => this.view.setVisible(group, isOn);
    byId("layers").replaceChildren(...listSwitches({ bases: this.bases, base: this.base, onGroup, onBase, isCanvas: page.dataset.engine === "canvas" }));
  }

  async refresh(names) {
    try {
      await this.features.refresh(names ?? undefined);
      this.isStale = false;
    } catch (error) {
      this.isStale = true;
      this.live.fail(error);
      return;
    }
    this.lastUpdate = clock();
    this.sayState();
    this.listThings();
    if (this.picked) this.describe(this.picked);
  }

  loaded(name, features, before) {
    this.view.show(name, features);
    if (name === "hits" && this.isGreeting) this.greet(features, before);
  }

  /** Marks hits that were not there before, and says so. */
  greet(hits, before) {
    const old = new Set(before.map((hit) => hit.id));
    const arrived = hits.filter((hit) => !old.has(hit.id));
    if (arrived.length === 0) return;
    for (const hit of arrived) {
      clearTimeout(this.fresh.get(hit.id));
      this.fresh.set(hit.id, setTimeout(() => this.wilt(hit.id), FRESH_MS));
    }
    this.view.setFresh([...this.fresh.keys()]);
    const first = arrived[0];
    const words = arrived.length > 1 ? t("new_hits", { count: arrived.length }) : t("new_hit", { name: nameOf(first) });
    this.announce(words, first.id);
  }

  wilt(fid) {
    this.fresh.delete(fid);
    this.view.setFresh([...this.fresh.keys()]);
    this.listThings();
  }

  /** Words in the strip over the map, read out by a screen reader; a button jumps to what they are about. */
  announce(words, fid = null) {
    const show = fid && h("button", { type: "button", on: { click: () => this.pick(fid, true) } }, t("show"));
    const close = h("button", { type: "button", class: "quiet", "aria-label": t("close"), on: { click: () => byId("news").replaceChildren() } }, "×");
    byId("news").replaceChildren(h("div", { class: "news" }, h("span", {}, words), show, close));
  }

  listThings() {
    const { leads, hits } = this.features.byName;
    byId("things").replaceChildren(...listThings(leads, hits, [...this.fresh.keys()], (fid) => this.pick(fid, true)).filter(Boolean));
    byId("count").textContent = leads.length ? ` ${leads.length}` : "";
  }

  pickAmong(fids) {
    if (fids.length === 0) this.unpick();
    else this.pick(fids[0], false, fids.slice(1));
  }

  /** Selects a feature and shows what is known of it; `others` lie at the same place. */
  pick(fid, isMoving = false, others = []) {
    const feature = this.features.find(fid);
    if (!feature) return;
    this.picked = fid;
    this.others = others;
    this.view.select(fid);
    this.describe(fid);
    this.sheet.show("details");
    history.replaceState(null, "", `#${fid.replace(":", "=")}`);
    if (isMoving && feature.geometry) this.zoom(feature);
    byId("details-title")?.focus({ preventScroll: true });
  }

  unpick() {
    this.picked = null;
    this.view.select(null);
    this.sheet.show("things");
    history.replaceState(null, "", location.pathname + location.search);
  }

  describe(fid) {
    const feature = this.features.find(fid);
    if (!feature) {
      this.unpick();
      return;
    }
    const go = { pick: (other) => this.pick(other, true), zoom: (one) => this.zoom(one) };
    const parts = describe(feature, go).filter(Boolean);
    byId("details-text").replaceChildren(...parts, ...this.alsoHere());
  }

  alsoHere() {
    const there = this.others.map((fid) => this.features.find(fid)).filter(Boolean);
    if (there.length === 0) return [];
    const button = (feature) => h("button", { type: "button", on: { click: () => this.pick(feature.id, false, [this.picked, ...this.others.filter((fid) => fid !== feature.id)]) } }, nameOf(feature));
    return [h("section", {}, h("h3", {}, t("also_here")), h("div", { class: "buttons" }, there.map(button)))];
  }

  zoom(feature) {
    const region = feature.properties.kind === "lead" ? this.features.find(`region90:${feature.properties.lead}`) : null;
    this.view.fit(boundsOf((region ?? feature).geometry), this.sheet.padding());
  }

  /** Where the page opens: what its address names, else all there is. */
  lookAround() {
    const wish = decodeURIComponent(location.hash.slice(1)).replace("=", ":"); // #lead=NAME, #hit=ID
    if (this.features.find(wish)) this.pick(wish, true);
    else if (this.features.bounds()) this.view.fit(this.features.bounds(), this.sheet.padding(), FIRST_LOOK);
  }

  say(state) {
    page.dataset.live = state;
    if (state === "signed-out") location.assign(`/login?next=${encodeURIComponent(location.pathname)}`);
    if (this.isStale && ["live", "polling"].includes(state)) this.refresh(null);
    this.sayState();
  }

  sayState() {
    const words = { "loading": "loading", "live": "state_live", "polling": "state_polling", "offline": "state_offline", "signed-out": "state_signed_out" };
    byId("state-word").textContent = t(words[page.dataset.live]);
    byId("state-time").textContent = this.lastUpdate ? t("last_update", { time: this.lastUpdate }) : "";
  }

  /** Where the pointer (or the middle of a phone's map) is, and how far from the chosen thing. */
  moved({ lat, lon, grid }) {
    const wrapped = ((((lon + 180) % 360) + 360) % 360) - 180;
    const from = this.picked ? this.features.find(this.picked) : null;
    const parts = [`${place(lat, wrapped)} WGS-84`, from?.geometry?.type === "Point" ? this.awayFrom(from, lat, wrapped) : ""];
    byId("position").textContent = parts.filter(Boolean).join(" · ");
    if (!grid) return;
    const step = grid.unit === "m" ? (grid.step < 1000 ? `${grid.step} m` : `${grid.step / 1000} km`) : `${grid.step}°`;
    byId("grid-step").textContent = t("grid_step", { step });
  }

  awayFrom(feature, lat, lon) {
    const [fromLon, fromLat] = feature.geometry.coordinates;
    const { distance, bearing } = wayBetween(fromLat, fromLon, lat, lon);
    const way = t("ways").split(" ")[Math.round(bearing / 45) % 8];
    return t("from_fix", { distance: metres(distance), way, lead: feature.properties.lead ?? nameOf(feature) });
  }
}

/** MapLibre where the browser has WebGL2 and its driver is willing, else Leaflet. `?engine=canvas` asks for the latter. */
async function createView(container, options) {
  const isAsked = new URLSearchParams(location.search).get("engine") === "canvas";
  if (!isAsked && document.createElement("canvas").getContext("webgl2")) {
    try {
      page.dataset.engine = "gl";
      return (await import("./glview.js")).createGlView(container, options);
    } catch (error) {
      console.info(`no WebGL map: ${error.message}`);
      container.replaceChildren();
    }
  }
  page.dataset.engine = "canvas";
  await import("../vendor/leaflet-1.9.4/leaflet.js");
  return (await import("./canvasview.js")).createCanvasView(container, options);
}

function controlWords() {
  return {
    "NavigationControl.ZoomIn": t("zoom_in"), "NavigationControl.ZoomOut": t("zoom_out"),
    "Map.Title": t("map_title"), "AttributionControl.ToggleAttribution": t("attribution"),
    "ScaleControl.Meters": "m", "ScaleControl.Kilometers": "km",
  };
}

for (const link of document.querySelectorAll(".languages a")) {
  link.addEventListener("click", () => { link.href = link.getAttribute("href").split("#")[0] + location.hash; });
}
const mapPage = new MapPage();
mapPage.start().catch((error) => {
  if (error instanceof SignedOut) location.assign("/login");
  else {
    byId("state-word").textContent = page.dataset.failed;
    throw error;
  }
});
