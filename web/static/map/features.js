// What the server knows, by collection: GeoJSON features, each with its id as property `fid`.

const URLS = { cells: "/api/cells.geojson", hits: "/api/hits.geojson", leads: "/api/leads.geojson", tracks: "/api/tracks.geojson" };

/** The session has ended: the page has to go to the login. */
export class SignedOut extends Error {}

async function load(url) {
  const answer = await fetch(url, { headers: { Accept: "application/geo+json" } });
  if (answer.status === 401) throw new SignedOut();
  if (answer.status === 404) return [];
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const { features } = await answer.json();
  for (const feature of features) feature.properties.fid = feature.id;
  return features;
}

/** The collections on the server, kept here and loaded anew on demand. */
export class Features {
  constructor(names, onLoad) {
    this.names = names;
    this.onLoad = onLoad;
    this.byName = Object.fromEntries([...names, "places"].map((name) => [name, []]));
  }

  async refresh(names = this.names) {
    await Promise.all(names.filter((name) => URLS[name]).map((name) => this.take(name)));
    if (names.includes("leads") || names.includes("posteriors")) await this.takePlaces();
  }

  async take(name) {
    const before = this.byName[name];
    this.byName[name] = await load(URLS[name]);
    this.onLoad(name, this.byName[name], before);
  }

  async takePlaces() {
    const located = this.byName.leads.filter((lead) => lead.properties.posterior);
    const regions = await Promise.all(located.map((lead) => load(`/api/posterior/${encodeURIComponent(lead.properties.lead)}.geojson`)));
    const before = this.byName.places;
    this.byName.places = regions.flat();
    this.onLoad("places", this.byName.places, before);
  }

  find(fid) {
    return Object.values(this.byName).flat().find((feature) => feature.id === fid) ?? null;
  }

  /** What is worth a look at the start: leads, their places and hits, else cells, else tracks. */
  bounds() {
    for (const names of [["leads", "places", "hits"], ["cells"], ["tracks"]]) {
      const found = names.flatMap((name) => this.byName[name] ?? []).filter((feature) => feature.geometry);
      if (found.length) return joined(found.map((feature) => boundsOf(feature.geometry)));
    }
    return null;
  }
}

/** [west, south, east, north] of a geometry. */
export function boundsOf(geometry) {
  const flat = geometry.coordinates.flat(Infinity);
  const lons = flat.filter((_, index) => index % 2 === 0);
  const lats = flat.filter((_, index) => index % 2 === 1);
  const least = (values) => values.reduce((a, b) => Math.min(a, b));
  const most = (values) => values.reduce((a, b) => Math.max(a, b));
  return [least(lons), least(lats), most(lons), most(lats)];
}

/** [lon, lat] where a feature's name stands: a box's middle, within a ring sector's band near one end, a ring's north. */
export function namePoint(geometry) {
  if (geometry.type === "Point") return geometry.coordinates;
  const [outer, inner] = geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates[0];
  const last = outer.length - 2; // of the corners; the one after closes the ring
  const along = last < 6 ? 1 : Math.round(last / 12); // a sector's band goes out and comes back
  const [one, other] = inner ? [outer[0], inner[0]] : [outer[along], outer[last < 6 ? last : last - along]];
  return [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
}

function joined(boxes) {
  return boxes.reduce((a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])]);
}
