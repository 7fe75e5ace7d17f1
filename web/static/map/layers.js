// The map's own layers, bottom to top, as MapLibre style layers. A layer's group is what the reader switches.

import { namePoint } from "./features.js";
import { LEVELS } from "./palette.js";
import { textFont } from "./basemap.js";

export const GROUPS = ["leads", "places", "hits", "cells", "sectors", "tracks", "grid", "borders"];
export const COLLECTIONS = ["cells", "hits", "leads", "tracks", "places"];
const BOLD = ["Sans Bold", "sans-serif"]; // the first name sets the weight, the second is found
const FROM_ZOOM = { "cell-label": 11, "kit-label": 9, "hit-label": 11, "track-level": 9 }; // farther off they only hide one another
const NOTHING = { type: "FeatureCollection", features: [] };

/** GeoJSON sources, empty unless `data` holds features by collection. */
export function ownSources(data = {}) {
  return Object.fromEntries(
    [...COLLECTIONS, "levels", "names", "grid"].map((name) => [name, { type: "geojson", data: data[name] ?? NOTHING }]),
  );
}

export function groupOf(layer) {
  if (layer.id.startsWith("border-")) return "borders";
  return layer.metadata?.group ?? null;
}

export function ownLayers(colours, { selected, fresh }) {
  return [
    ...gridLayers(colours),
    ...sectorLayers(colours),
    ...hitLayers(colours),
    ...leadAreaLayers(colours),
    ...placeLayers(colours),
    ...trackLayers(colours),
    ...markLayers(colours, selected, fresh),
    ...pointLayers(colours),
  ];
}

function layer(group, id, type, source, filter, paint, layout = {}) {
  const spec = { id, type, source, paint, layout, minzoom: FROM_ZOOM[id] ?? 0, metadata: { group } };
  return filter ? { ...spec, filter } : spec;
}

const isKind = (...kinds) => ["in", ["get", "kind"], ["literal", kinds]];
const isPoint = ["==", ["geometry-type"], "Point"];
const isArea = ["==", ["geometry-type"], "Polygon"];

function text(field, extra = {}) {
  return { "text-field": field, "text-font": textFont, "text-size": 14, ...extra };
}

function halo(colour, colours) {
  return { "text-color": colour, "text-halo-color": colours.halo, "text-halo-width": 2 };
}

function gridLayers(colours) {
  const along = { "symbol-placement": "line", "symbol-spacing": 300 };
  return [
    layer("grid", "grid-line", "line", "grid", null, { "line-color": colours.grid, "line-width": 1, "line-opacity": 0.3 }),
    layer("grid", "grid-label", "symbol", "grid", ["!=", ["get", "label"], ""], halo(colours.grid, colours), text(["get", "label"], { ...along, "text-size": 11 })),
  ];
}

function sectorLayers(colours) {
  return [
    layer("sectors", "sector-fill", "fill", "cells", isKind("sector"), { "fill-color": colours.sector, "fill-opacity": 0.05 }),
    layer("sectors", "sector-line", "line", "cells", isKind("sector"), { "line-color": colours.sector, "line-width": 1, "line-opacity": 0.6 }),
  ];
}

function hitLayers(colours) {
  return [
    layer("hits", "hit-fill", "fill", "hits", null, { "fill-color": colours.hit, "fill-opacity": ["interpolate", ["linear"], ["zoom"], 13, 0.22, 16, 0.07] }),
    layer("hits", "hit-line", "line", "hits", null, { "line-color": colours.hit, "line-width": 2.5 }),
    layer("hits", "hit-label", "symbol", "names", isKind("hit"), halo(colours.hit, colours), text(["get", "name"])),
  ];
}

function leadAreaLayers(colours) {
  return [
    layer("leads", "lead-fill", "fill", "leads", isArea, { "fill-color": colours.lead, "fill-opacity": 0.1 }),
    layer("leads", "lead-line", "line", "leads", isArea, { "line-color": colours.lead, "line-width": 2.5, "line-dasharray": [3, 2] }),
  ];
}

function placeLayers(colours) {
  return [
    layer("places", "region90-fill", "fill", "places", isKind("region90"), { "fill-color": colours.place, "fill-opacity": 0.14 }),
    layer("places", "region90-line", "line", "places", isKind("region90"), { "line-color": colours.place, "line-width": 2, "line-dasharray": [2, 2] }),
    layer("places", "region50-fill", "fill", "places", isKind("region50"), { "fill-color": colours.place, "fill-opacity": 0.28 }),
    layer("places", "region50-line", "line", "places", isKind("region50"), { "line-color": colours.place, "line-width": 2.5 }),
  ];
}

function trackLayers(colours) {
  const level = ["match", ["get", "step"], ...LEVELS.flatMap((colour, step) => [step, colour]), LEVELS[0]];
  const shape = { "line-join": "round", "line-cap": "round" };
  return [
    layer("tracks", "track-line", "line", "tracks", isKind("track"), { "line-color": colours.track, "line-width": 3, "line-opacity": 0.75 }, shape),
    layer("tracks", "track-level", "circle", "levels", null, { "circle-color": level, "circle-radius": ["interpolate", ["linear"], ["zoom"], 11, 1.5, 15, 3, 17, 5] }),
    layer("tracks", "kit-point", "circle", "tracks", isKind("kit"), { "circle-color": colours.kit, "circle-radius": 7, "circle-stroke-color": colours.ink, "circle-stroke-width": 2 }),
    layer("tracks", "kit-label", "symbol", "tracks", isKind("kit"), halo(colours.ink, colours), text(["get", "kit"], { "text-offset": [0, 1.2] })),
  ];
}

function markLayers(colours, selected, fresh) {
  const isFresh = ["in", ["get", "fid"], ["literal", fresh]];
  const isSelected = ["==", ["get", "fid"], selected ?? ""];
  const wide = (colour) => ({ "line-color": colour, "line-width": 5 });
  const marks = [layer("hits", "fresh-hits", "line", "hits", isFresh, wide(colours.fresh))];
  for (const source of COLLECTIONS) {
    marks.push(layer(null, `selected-${source}`, "line", source, ["all", isSelected, ["!", isPoint]], wide(colours.selected)));
    const ring = { "circle-color": "rgba(0,0,0,0)", "circle-radius": 17, "circle-stroke-color": colours.selected, "circle-stroke-width": 4 };
    marks.push(layer(null, `selected-point-${source}`, "circle", source, ["all", isSelected, isPoint], ring));
  }
  return marks;
}

function pointLayers(colours) {
  const heard = ["case", ["get", "heard"], colours.cell, colours.halo];
  const name = { "text-offset": [0, 1.6], "text-anchor": "top", "text-size": 16, "text-font": BOLD };
  return [
    layer("cells", "cell-point", "circle", "cells", isKind("cell"), { "circle-color": heard, "circle-radius": 6, "circle-stroke-color": colours.cell, "circle-stroke-width": 2.5 }),
    layer("cells", "cell-label", "symbol", "cells", isKind("cell"), halo(colours.cell, colours), text(["to-string", ["coalesce", ["get", "ci"], ""]], { "text-variable-anchor": ["top", "left", "right", "bottom"], "text-radial-offset": 0.9, "text-padding": 0, "text-size": 12 })),
    layer("places", "fix-point", "circle", "places", isKind("fix"), { "circle-color": "rgba(0,0,0,0)", "circle-radius": 13, "circle-stroke-color": colours.place, "circle-stroke-width": 3 }),
    layer("leads", "lead-point", "circle", "leads", isPoint, { "circle-color": colours.lead, "circle-radius": 8, "circle-stroke-color": colours.halo, "circle-stroke-width": 3 }),
    layer("leads", "lead-label", "symbol", "names", isKind("lead"), halo(colours.lead, colours), text(["get", "name"], name)),
  ];
}

/** A point with the name of each hit (its ring) and lead: names of areas would be drawn once a tile. */
export function namesOf(features) {
  const named = features.flatMap(({ properties: { kind, lead, timing_advance: ring }, geometry }) => {
    const name = { hit: ring === null ? null : `TA ${ring}`, lead }[kind];
    if (!geometry || name === null || name === undefined) return [];
    return [{ type: "Feature", properties: { kind, name }, geometry: { type: "Point", coordinates: namePoint(geometry) } }];
  });
  return { type: "FeatureCollection", features: named };
}

/**
 * A point for each vertex of the tracks at which bursts were heard, its `step` 0 (weakest fifth) to 4 (strongest):
 * levels depend on gain and crowd together, so that fixed steps would show one colour.
 */
export function levelsOf(tracks) {
  const heard = tracks.flatMap(({ properties, geometry }) => {
    const levels = properties.levels_dbfs ?? [];
    const vertices = geometry?.type === "LineString" ? geometry.coordinates : [];
    return vertices.map((coordinates, index) => ({ coordinates, level: levels[index] ?? null }));
  }).filter(({ level }) => level !== null);
  const sorted = heard.map(({ level }) => level).sort((a, b) => a - b);
  const bounds = LEVELS.slice(1).map((_, step) => sorted[Math.floor((sorted.length * (step + 1)) / LEVELS.length)]);
  const features = heard.map(({ coordinates, level }) => {
    const step = bounds.filter((bound) => level >= bound).length;
    return { type: "Feature", properties: { level_dbfs: level, step }, geometry: { type: "Point", coordinates } };
  });
  return { type: "FeatureCollection", features };
}
