// What lies under everything: the bundled world, nothing but the grid, or a file of tiles the operator dropped in.
// Vector files may follow any schema; their layers are drawn by what their names say.

const FONTS = ["Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "sans-serif"];
const IS_WATER = /water|ocean|sea|river|lake/i;
const IS_GREEN = /green|park|wood|forest|landcover|landuse|nature|vegetation/i;
const IS_ROAD = /road|street|transport|highway|rail/i;
const IS_BUILDING = /building/i;
const IS_BORDER = /bound|border|admin/i;
const IS_LAND = /^(land|earth|country|countries)$/i;

/** No map below: the grid alone. */
export const BARE = { name: "none", kind: "none", url: null };

export const textFont = FONTS;

/** {sources, layers} of the style under the map's own layers. `header` and `metadata` are the PMTiles file's. */
export function baseStyle(base, colours) {
  const isDrawnOnSea = base.vectorLayers?.some((name) => IS_LAND.test(name));
  const ground = { id: "ground", type: "background", paint: { "background-color": isDrawnOnSea ? colours.sea : colours.land } };
  if (!base.url) return { sources: {}, layers: [ground] };
  const source = tileSource(base);
  if (base.isRaster) {
    const raster = { type: "raster", tileSize: 256, ...source };
    return { sources: { base: raster }, layers: [ground, { id: "base-raster", type: "raster", source: "base" }] };
  }
  const names = base.vectorLayers;
  const drawn = [...names.flatMap((name) => vectorLayers(name, colours)), ...names.flatMap((name) => labels(name, colours))];
  return { sources: { base: { type: "vector", ...source } }, layers: [ground, ...drawn] };
}

function tileSource({ kind, url, attribution, minZoom, maxZoom }) {
  const whole = `${location.origin}${url}`; // no URL object: it would escape the braces
  const credit = attribution ? { attribution } : {};
  if (kind === "pmtiles") return { url: `pmtiles://${whole}`, ...credit };
  return { tiles: [whole], minzoom: minZoom ?? 0, maxzoom: maxZoom ?? 22, ...credit };
}

function vectorLayers(name, colours) {
  const from = { source: "base", "source-layer": name };
  const area = ["==", ["geometry-type"], "Polygon"];
  const way = ["==", ["geometry-type"], "LineString"];
  if (IS_BORDER.test(name)) {
    const paint = { "line-color": colours.border, "line-width": 1, "line-dasharray": [4, 2] };
    return [{ id: `border-${name}`, type: "line", ...from, paint }];
  }
  if (IS_ROAD.test(name)) {
    const width = ["interpolate", ["exponential", 1.6], ["zoom"], 8, 0.4, 14, 2, 18, 9];
    return [{ id: `base-${name}`, type: "line", ...from, filter: way, paint: { "line-color": colours.coast, "line-width": width } }];
  }
  const fill = IS_WATER.test(name) ? colours.sea : colours.land;
  const opacity = IS_GREEN.test(name) ? 0.5 : 1;
  const layers = [{ id: `base-${name}`, type: "fill", ...from, filter: area, paint: { "fill-color": fill, "fill-opacity": opacity } }];
  if (IS_LAND.test(name) || IS_BUILDING.test(name) || IS_WATER.test(name)) {
    const paint = { "line-color": colours.coast, "line-width": IS_WATER.test(name) ? 0.6 : 1 };
    layers.push({ id: `base-${name}-edge`, type: "line", ...from, paint });
  }
  return layers;
}

function labels(name, colours) {
  if (name === "land" || name === "border") return [];
  const local = document.documentElement.lang.slice(0, 2);
  const text = ["coalesce", ["get", `name:${local}`], ["get", `name_${local}`], ["get", "name"], ""];
  return [{
    id: `label-${name}`, type: "symbol", source: "base", "source-layer": name, filter: ["has", "name"],
    layout: {
      "text-field": text, "text-font": FONTS, "text-size": 12, "symbol-placement": IS_ROAD.test(name) ? "line" : "point",
    },
    paint: { "text-color": colours.ink, "text-halo-color": colours.halo, "text-halo-width": 1.5 },
  }];
}

/** What an entry of /api/maps holds: {isRaster, vectorLayers, maxZoom, ...}; of a PMTiles file its header tells. */
export async function lookInto(base) {
  if (base.kind === "mbtiles") {
    const vectorLayers = (base.vector_layers ?? []).map((layer) => layer.id);
    return { ...base, isRaster: base.format !== "pbf", vectorLayers, minZoom: base.minzoom, maxZoom: base.maxzoom };
  }
  const archive = new pmtiles.PMTiles(base.url);
  const header = await archive.getHeader();
  const metadata = await archive.getMetadata();
  return {
    ...base,
    isRaster: ![1, 6].includes(header.tileType), // MVT, MLT: PMTiles specification 3, §3.3
    attribution: plain(metadata?.attribution),
    vectorLayers: (metadata?.vector_layers ?? []).map((layer) => layer.id),
    maxZoom: header.maxZoom,
  };
}

/** Attributions come as HTML of others: only their words are shown. */
function plain(html) {
  const words = (html ?? "").replace(/<[^>]*>/g, "").replace(/&copy;/g, "©").replace(/[<>]|&\w+;/g, " ");
  return words.trim();
}
