// GCJ-02, the shifted datum of Chinese street maps, from WGS-84. Good to a few metres; inside the mainland's box only.
// The shift is a sum of sines on the Krasovsky 1940 ellipsoid, as published by those who measured it (2010 on).

const AXIS_M = 6_378_245.0;
const ECCENTRICITY_SQUARED = 0.00669342162296594323;
const BOX = { south: 0.8293, north: 55.8271, west: 72.004, east: 137.8347 };
const WAVES = [[20, 6], [20, 2]];

export function isShifted(lat, lon) {
  return lat > BOX.south && lat < BOX.north && lon > BOX.west && lon < BOX.east;
}

/** [lat, lon] in GCJ-02; null outside the box where it is in use. */
export function toGcj02(lat, lon) {
  if (!isShifted(lat, lon)) return null;
  const [north, east] = shift(lon - 105, lat - 35);
  const sine = Math.sin(radians(lat));
  const root = 1 - ECCENTRICITY_SQUARED * sine * sine;
  const meridianM = (AXIS_M * (1 - ECCENTRICITY_SQUARED)) / root ** 1.5;
  const parallelM = (AXIS_M / Math.sqrt(root)) * Math.cos(radians(lat));
  return [lat + degrees(north / meridianM), lon + degrees(east / parallelM)];
}

/** The shift in metres north and east at (x, y) degrees from 105 E, 35 N. */
function shift(x, y) {
  const common = sines(WAVES.map(([size, rate]) => [size, rate * x]));
  const slow = Math.sqrt(Math.abs(x));
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * slow
    + common + sines([[20, y], [40, y / 3], [160, y / 12], [320, y / 30]]);
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * slow
    + common + sines([[20, x], [40, x / 3], [150, x / 12], [300, x / 30]]);
  return [north, east];
}

function sines(terms) {
  return terms.reduce((sum, [size, angle]) => sum + size * Math.sin(angle * Math.PI), 0) * (2 / 3);
}

function radians(angle) {
  return (angle * Math.PI) / 180;
}

function degrees(angle) {
  return (angle * 180) / Math.PI;
}
