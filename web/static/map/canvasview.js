// The map on Leaflet's canvas, for browsers without WebGL2: the same layers, a coarser base, no rotation, no vector tiles.

import { namePoint } from "./features.js";
import { gridFor } from "./grid.js";
import { COLLECTIONS, levelsOf } from "./layers.js";
import { LEVELS, palette } from "./palette.js";

const DRAWN = ["base", "grid", "sectors", "hits", "leads", "places", "tracks", "cells", "marks"];
const FINGER_PX = 14;
const MOST_NAMES = 80; // each is an element of the page

export async function createCanvasView(container, options) {
  const land = await (await fetch(options.landUrl)).json();
  return new CanvasView(container, options, land);
}

class CanvasView {
  constructor(container, { base, isNight, words, onPick, onMove }, land) {
    this.land = land;
    this.base = base;
    this.colours = palette(isNight);
    this.data = {};
    this.selected = null;
    this.fresh = [];
    this.onMove = onMove;
    this.map = L.map(container, { preferCanvas: true, zoomControl: false, maxZoom: 21, zoomSnap: 0.25 });
    L.control.zoom({ position: "topright", zoomInTitle: words["NavigationControl.ZoomIn"], zoomOutTitle: words["NavigationControl.ZoomOut"] }).addTo(this.map);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(this.map);
    this.map.attributionControl.setPrefix(false);
    this.renderer = L.canvas({ tolerance: FINGER_PX, padding: 0.3 });
    this.groups = Object.fromEntries(DRAWN.map((name) => [name, L.layerGroup().addTo(this.map)]));
    this.map.on("moveend", () => this.moved());
    this.map.on("mousemove", ({ latlng }) => onMove({ lat: latlng.lat, lon: latlng.lng, isPointer: true }));
    this.map.on("click", ({ latlng }) => onPick(this.featuresAt(latlng)));
    this.map.setView([33, 104], 2);
    this.setBase(base);
  }

  show(name, features) {
    this.data[name] = features.filter((feature) => feature.geometry);
    this.draw();
  }

  draw() {
    const of = (name, kinds) => (this.data[name] ?? []).filter((feature) => !kinds || kinds.includes(feature.properties.kind));
    const { colours } = this;
    this.fill("sectors", of("cells", ["sector"]), () => ({ color: colours.sector, weight: 1, fillOpacity: 0.05 }));
    this.fill("hits", of("hits"), () => ({ color: colours.hit, weight: 2.5, fillOpacity: 0.22 }));
    this.fill("leads", of("leads"), () => ({ color: colours.lead, weight: 2.5, dashArray: "8 5", fillOpacity: 0.1 }));
    this.fill("places", of("places"), ({ properties: { kind } }) => ({
      color: colours.place, weight: 2.5, dashArray: kind === "region90" ? "5 5" : null, fillOpacity: kind === "region90" ? 0.14 : 0.28,
    }));
    this.fill("tracks", of("tracks"), () => ({ color: colours.track, weight: 3 }));
    this.fill("cells", of("cells", ["cell"]), () => ({ color: colours.cell }));
    this.drawLevels();
    this.drawMarks();
  }

  fill(group, features, style) {
    this.groups[group].clearLayers();
    const shape = { style, interactive: false, renderer: this.renderer, pointToLayer: (feature, at) => this.dot(feature, at) };
    this.groups[group].addLayer(L.geoJSON({ type: "FeatureCollection", features }, shape));
    if (features.length <= MOST_NAMES) for (const feature of features) this.name(group, feature);
  }

  dot(feature, at) {
    const { kind, heard } = feature.properties;
    const { colours } = this;
    const looks = {
      cell: { radius: 6, weight: 2.5, color: colours.cell, fillColor: heard ? colours.cell : colours.halo, fillOpacity: 1 },
      lead: { radius: 8, weight: 3, color: colours.halo, fillColor: colours.lead, fillOpacity: 1 },
      fix: { radius: 13, weight: 3, color: colours.place, fill: false },
      kit: { radius: 7, weight: 2, color: colours.ink, fillColor: colours.kit, fillOpacity: 1 },
    };
    const marker = L.circleMarker(at, { renderer: this.renderer, interactive: false, ...looks[kind] });
    marker.setStyle = () => marker; // the dot's own look, not its group's
    return marker;
  }

  name(group, { properties, geometry }) {
    const { kind, lead, ci, kit, timing_advance: ring } = properties;
    const name = { lead, cell: ci, kit, hit: ring === null ? null : `TA ${ring}` }[kind];
    if (name === null || name === undefined) return;
    const tip = L.tooltip({ permanent: true, direction: "bottom", className: `map-name ${kind}`, offset: [0, 6] });
    const words = document.createElement("span");
    words.textContent = name;
    this.groups[group].addLayer(tip.setLatLng([...namePoint(geometry)].reverse()).setContent(words));
  }

  drawLevels() {
    const levels = levelsOf(this.data.tracks ?? []).features;
    for (const { properties, geometry } of levels) {
      const look = { radius: 3, stroke: false, fillColor: LEVELS[properties.step], fillOpacity: 1, interactive: false, renderer: this.renderer };
      this.groups.tracks.addLayer(L.circleMarker([...geometry.coordinates].reverse(), look));
    }
  }

  drawMarks() {
    const all = COLLECTIONS.flatMap((name) => this.data[name] ?? []);
    const marked = all.filter(({ properties: { fid } }) => fid === this.selected || this.fresh.includes(fid));
    this.groups.marks.clearLayers();
    for (const feature of marked) {
      const color = feature.properties.fid === this.selected ? this.colours.selected : this.colours.fresh;
      const look = { color, weight: 5, fill: false, interactive: false, renderer: this.renderer };
      const ring = (one, at) => L.circleMarker(at, { ...look, radius: 17 });
      this.groups.marks.addLayer(L.geoJSON(feature, { style: look, pointToLayer: ring, interactive: false }));
    }
  }

  setVisible(group, isVisible) {
    const drawn = this.groups[group];
    if (!drawn) return;
    if (isVisible) drawn.addTo(this.map);
    else drawn.remove();
  }

  select(fid) {
    this.selected = fid;
    this.drawMarks();
  }

  setFresh(fids) {
    this.fresh = fids;
    this.drawMarks();
  }

  setBase(base) {
    this.base = base;
    this.groups.base.clearLayers();
    this.map.getContainer().style.background = base.url && !base.isRaster ? this.colours.sea : this.colours.land;
    if (base.isRaster) this.groups.base.addLayer(rasterLayer(base));
    else if (base.url) {
      const look = { color: this.colours.coast, weight: 1, fillColor: this.colours.land, fillOpacity: 1 };
      this.groups.base.addLayer(L.geoJSON(this.land, { style: look, interactive: false, renderer: this.renderer, attribution: "Natural Earth" }));
    }
    this.draw();
  }

  setNight(isNight) {
    this.colours = palette(isNight);
    this.setBase(this.base);
    this.moved();
  }

  fit([west, south, east, north], { top, right, bottom, left }, { maxZoom = 17, isAnimated = true } = {}) {
    const room = { paddingTopLeft: [left, top], paddingBottomRight: [right, bottom], maxZoom, animate: isAnimated };
    this.map.fitBounds([[south, west], [north, east]], room);
  }

  goTo(lat, lon, zoom) {
    this.map.setView([lat, lon], zoom, { animate: false });
  }

  resize() {
    this.map.invalidateSize();
  }

  focus() {
    this.map.getContainer().focus();
  }

  featuresAt(at) {
    const pixel = this.map.latLngToContainerPoint(at);
    const order = ["leads", "places", "hits", "cells", "tracks"].flatMap((name) => this.data[name] ?? []);
    const found = order.filter(({ geometry }) => this.isAt(geometry, at, pixel));
    const isPoint = (feature) => (feature.geometry.type === "Point" ? 0 : 1);
    const isSector = (feature) => (feature.properties.kind === "sector" ? 1 : 0);
    found.sort((a, b) => isPoint(a) - isPoint(b) || isSector(a) - isSector(b));
    return [...new Set(found.map((feature) => feature.properties.fid))];
  }

  isAt(geometry, at, pixel) {
    const near = ([lon, lat]) => this.map.latLngToContainerPoint([lat, lon]).distanceTo(pixel) <= FINGER_PX + 6;
    if (geometry.type === "Point") return near(geometry.coordinates);
    if (geometry.type === "LineString") return geometry.coordinates.some(near);
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    return polygons.some((rings) => rings.filter((ring) => holds(ring, at.lng, at.lat)).length % 2 === 1);
  }

  moved() {
    const box = this.map.getBounds();
    const grid = gridFor({ south: box.getSouth(), north: box.getNorth(), west: box.getWest(), east: box.getEast() });
    this.groups.grid.clearLayers();
    const look = { color: this.colours.grid, weight: 1, opacity: 0.4 };
    this.groups.grid.addLayer(L.geoJSON({ type: "FeatureCollection", features: grid.features }, { style: look, interactive: false, renderer: this.renderer }));
    const { lat, lng } = this.map.getCenter();
    this.onMove({ lat, lon: lng, zoom: this.map.getZoom(), grid });
  }
}

function rasterLayer({ kind, url, maxZoom, attribution }) {
  const options = { maxNativeZoom: maxZoom, maxZoom: 21, attribution };
  return kind === "pmtiles" ? pmtiles.leafletRasterLayer(new pmtiles.PMTiles(url), options) : L.tileLayer(url, options);
}

/** Whether a ring of [lon, lat] goes round the point: counts the edges that a line to the east crosses. */
function holds(ring, lon, lat) {
  let isInside = false;
  for (let index = 1; index < ring.length; index += 1) {
    const [lon1, lat1] = ring[index - 1];
    const [lon2, lat2] = ring[index];
    if (lat1 > lat !== lat2 > lat && lon < lon1 + ((lat - lat1) / (lat2 - lat1)) * (lon2 - lon1)) isInside = !isInside;
  }
  return isInside;
}
