// A grid in metres (near) or degrees (far), so that distances can be seen where the base map shows no streets.

const METRES_PER_DEGREE = 111_195; // mean radius 6,371,008.8 m, IUGG; a grid to look at, not to measure by
const STEPS_M = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
const STEPS_DEG = [0.2, 0.5, 1, 2, 5, 10, 20, 30];
const WISHED_LINES = 8;

/**
 * Lines for a view {south, west, north, east} in degrees: {step, unit, features}.
 * Metre grids hang on a whole tenth of a degree, so that they stand still while the map is moved.
 */
export function gridFor(view) {
  const height = view.north - view.south;
  const wish = (height * METRES_PER_DEGREE) / WISHED_LINES;
  const stepM = STEPS_M.find((step) => step >= wish);
  if (stepM) return metreGrid(view, stepM);
  const step = STEPS_DEG.find((candidate) => candidate >= height / WISHED_LINES) ?? STEPS_DEG.at(-1);
  return degreeGrid(view, step);
}

function metreGrid(view, step) {
  const lat0 = Math.round(((view.south + view.north) / 2) * 10) / 10;
  const lon0 = Math.round(((view.west + view.east) / 2) * 10) / 10;
  const perLat = step / METRES_PER_DEGREE;
  const perLon = perLat / Math.max(0.05, Math.cos((lat0 * Math.PI) / 180));
  return { step, unit: "m", features: linesOf(view, lat0, lon0, perLat, perLon, () => "") };
}

function degreeGrid(view, step) {
  return { step, unit: "deg", features: linesOf(view, 0, 0, step, step, (value) => `${Number(value.toFixed(1))}°`) };
}

function linesOf(view, lat0, lon0, perLat, perLon, label) {
  const south = Math.max(-85, view.south);
  const north = Math.min(85, view.north);
  const lines = [];
  for (const lat of steps(south, north, lat0, perLat)) lines.push(line([[view.west, lat], [view.east, lat]], label(lat)));
  for (const lon of steps(view.west, view.east, lon0, perLon)) lines.push(line([[lon, south], [lon, north]], label(lon)));
  return lines;
}

function* steps(from, to, origin, step) {
  const last = Math.floor((to - origin) / step);
  for (let index = Math.ceil((from - origin) / step); index <= last; index += 1) yield origin + index * step;
}

function line(coordinates, label) {
  return { type: "Feature", properties: { kind: "grid", label }, geometry: { type: "LineString", coordinates } };
}

/** Metres and degrees clockwise from north from one place to another, on a flat earth: for distances of a few km. */
export function wayBetween(lat1, lon1, lat2, lon2) {
  const north = (lat2 - lat1) * METRES_PER_DEGREE;
  const east = (lon2 - lon1) * METRES_PER_DEGREE * Math.cos((((lat1 + lat2) / 2) * Math.PI) / 180);
  const bearing = ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360;
  return { distance: Math.hypot(north, east), bearing };
}
