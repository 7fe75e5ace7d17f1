// The map on MapLibre GL: needs WebGL2. canvasview.js answers to the same calls where there is none.

import * as maplibre from "../vendor/maplibre-gl-6.17.0/maplibre-gl.mjs";
import { baseStyle } from "./basemap.js";
import { gridFor } from "./grid.js";
import { groupOf, levelsOf, namesOf, ownLayers, ownSources } from "./layers.js";
import { palette } from "./palette.js";

const WORKER = new URL("../vendor/maplibre-gl-6.17.0/maplibre-gl-worker.mjs", import.meta.url).href;
const FINGER_PX = 14; // half the side of the square that a tap searches
const PICKED_LAST = ["sector", "region90", "region50", "track"]; // what is wide gives way to what is small

export function createGlView(container, options) {
  maplibre.setWorkerUrl(WORKER);
  maplibre.addProtocol("pmtiles", new pmtiles.Protocol().tile);
  return new GlView(container, options);
}

class GlView {
  constructor(container, { base, isNight, words, onPick, onMove }) {
    this.base = base;
    this.colours = palette(isNight);
    this.hidden = new Set();
    this.selected = null;
    this.fresh = [];
    this.data = {};
    this.onMove = onMove;
    this.isStyled = false;
    this.map = new maplibre.Map({
      container, locale: words, center: [104, 33], zoom: 2, maxZoom: 21, attributionControl: false,
      dragRotate: false, pitchWithRotate: false, touchPitch: false, fadeDuration: 0, style: this.style(),
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new maplibre.ScaleControl({ maxWidth: 140 }), "bottom-left");
    this.map.addControl(new maplibre.AttributionControl({ compact: true }), "bottom-right");
    this.map.on("click", (event) => onPick(this.featuresAt(event.point)));
    this.map.on("mousemove", (event) => this.point(event));
    this.map.on("moveend", () => this.moved());
    this.map.on("style.load", () => this.styled());
  }

  style() {
    const under = baseStyle(this.base, this.colours);
    const marks = { selected: this.selected, fresh: this.fresh };
    const layers = [...under.layers, ...ownLayers(this.colours, marks)].map((layer) => {
      const visibility = this.hidden.has(groupOf(layer)) ? "none" : "visible";
      return { ...layer, layout: { ...layer.layout, visibility } };
    });
    return { version: 8, sources: { ...under.sources, ...ownSources(this.data) }, layers };
  }

  /** A new ground or new colours: the whole style. */
  restyle() {
    this.map.setStyle(this.style());
  }

  styled() {
    this.isStyled = true;
    for (const [name, data] of Object.entries(this.data)) this.map.getSource(name)?.setData(data);
    this.remark();
    this.moved();
  }

  /** What is chosen, new or hidden: filters and visibility alone. */
  remark() {
    if (!this.isStyled) return;
    for (const { id, filter, layout } of this.style().layers) {
      if (!this.map.getLayer(id)) continue;
      this.map.setLayoutProperty(id, "visibility", layout.visibility);
      if (id.startsWith("selected-") || id.startsWith("fresh-")) this.map.setFilter(id, filter);
    }
  }

  /** Draws a collection's features anew. */
  show(name, features) {
    this.put(name, features);
    if (name === "tracks") this.put("levels", levelsOf(features).features);
    if (name === "hits" || name === "leads") {
      const both = ["hits", "leads"].flatMap((one) => this.data[one]?.features ?? []);
      this.put("names", namesOf(both).features);
    }
  }

  put(name, features) {
    this.data[name] = { type: "FeatureCollection", features: features.filter((feature) => feature.geometry) };
    if (this.isStyled) this.map.getSource(name)?.setData(this.data[name]);
  }

  setVisible(group, isVisible) {
    if (isVisible) this.hidden.delete(group);
    else this.hidden.add(group);
    this.remark();
  }

  select(fid) {
    this.selected = fid;
    this.remark();
  }

  setFresh(fids) {
    this.fresh = fids;
    this.remark();
  }

  setBase(base) {
    this.base = base;
    this.restyle();
  }

  setNight(isNight) {
    this.colours = palette(isNight);
    this.restyle();
  }

  /** Moves so that `bounds` [west, south, east, north] fill what the panel leaves free. */
  fit(bounds, padding, { maxZoom = 17, isAnimated = true } = {}) {
    const [west, south, east, north] = bounds;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const duration = isAnimated && !calm ? 500 : 0;
    this.map.fitBounds([[west, south], [east, north]], { padding, maxZoom, duration });
  }

  goTo(lat, lon, zoom) {
    this.map.jumpTo({ center: [lon, lat], zoom });
  }

  resize() {
    this.map.resize();
  }

  focus() {
    this.map.getCanvas().focus();
  }

  featuresAt({ x, y }) {
    const square = [[x - FINGER_PX, y - FINGER_PX], [x + FINGER_PX, y + FINGER_PX]];
    const found = this.map.queryRenderedFeatures(square).filter((feature) => feature.properties.fid);
    const exact = new Set(this.map.queryRenderedFeatures([x, y]).map((feature) => feature.properties.fid));
    const isWide = (feature) => feature.geometry.type !== "Point";
    const near = found.filter((feature) => !isWide(feature) || exact.has(feature.properties.fid) || feature.properties.kind === "track");
    near.sort((a, b) => PICKED_LAST.indexOf(a.properties.kind) - PICKED_LAST.indexOf(b.properties.kind));
    return [...new Set(near.map((feature) => feature.properties.fid))];
  }

  point(event) {
    const isOver = this.isStyled && this.featuresAt(event.point).length > 0;
    this.map.getCanvas().style.cursor = isOver ? "pointer" : "";
    this.onMove({ lat: event.lngLat.lat, lon: event.lngLat.lng, isPointer: true });
  }

  moved() {
    const box = this.map.getBounds();
    const view = { south: box.getSouth(), north: box.getNorth(), west: box.getWest(), east: box.getEast() };
    const grid = gridFor(view);
    this.put("grid", grid.features);
    const { lat, lng } = this.map.getCenter();
    this.onMove({ lat, lon: lng, zoom: this.map.getZoom(), grid });
  }
}
