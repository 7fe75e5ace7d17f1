// What is known of one thing on the map, and why it was raised.

import { facts, h, section } from "./dom.js";
import { metres, megahertz, moment, number, odds, percent, place, score } from "./format.js";
import { toGcj02 } from "./gcj02.js";
import { t, word } from "./words.js";

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const SIMS_SHOWN = 12;

/** The contents of the panel for a feature: an array of elements, heading first. */
export function describe(feature, go) {
  const { kind } = feature.properties;
  const describers = { hit, lead, cell, sector: cell, track, kit, fix: region, region50: region, region90: region };
  return (describers[kind] ?? hit)(feature.properties, feature, go);
}

/** A short name for lists: a lead's name, a hit's cell and ring. */
export function nameOf({ properties }) {
  const { kind, lead: name, kit: kitName } = properties;
  if (kind === "hit") return t("hit_name", { cell: cellName(properties), ta: properties.timing_advance ?? "?" });
  if (kind === "lead") return t("lead_name", { lead: name });
  if (kind === "cell" || kind === "sector") return t("cell_name", { cell: cellName(properties) });
  if (kind === "track" || kind === "kit") return t("track_name", { kit: kitName });
  return t("place_name", { lead: name });
}

function cellName({ cell: name, ci, arfcn, bsic }) {
  return ci === null || ci === undefined ? `ARFCN ${arfcn ?? "?"} BSIC ${bsic ?? "?"}` : name;
}

function heading(feature, badge) {
  return h("h2", { tabindex: "-1", id: "details-title" }, nameOf(feature), badge ? h("span", { class: "badge" }, badge) : null);
}

function proof() {
  return h("p", { class: "proof" }, t("proof"));
}

function hit(properties, feature, go) {
  const { distance_m: ring, signature, version } = properties;
  return [
    heading(feature),
    h("p", { class: "lede" }, properties.text),
    proof(),
    facts([
      [t("odds"), odds(properties.log10_odds)],
      [t("ring"), ring ? `${number(ring[0])}–${number(ring[1])} m (TA ${properties.timing_advance})` : t("ring_unknown")],
      [t("cell"), cellName(properties)],
      ["ARFCN / BSIC", `${properties.arfcn ?? "–"} / ${properties.bsic ?? "–"}`],
      [t("first_seen"), moment(properties.first_seen)],
      [t("last_seen"), moment(properties.last_seen)],
      [t("signature"), `${signature} v${version}`],
    ]),
    feature.geometry ? null : h("p", { class: "hint" }, t("no_place_hint")),
    section(t("why"), properties.reasons),
    section(t("look_alikes"), properties.look_alikes),
    buttons(feature, go, properties.lead ? [[t("show_lead", { lead: properties.lead }), () => go.pick(`lead:${properties.lead}`)]] : []),
  ];
}

function lead(properties, feature, go) {
  const { fix, r50_radius_m: r50, r90_radius_m: r90, hits } = properties;
  const links = (hits ?? []).map((id) => [t("show_hit", { id }), () => go.pick(`hit:${id}`)]);
  return [
    heading(feature),
    h("p", { class: "lede" }, properties.text),
    proof(),
    properties.advice ? h("p", { class: "advice" }, h("strong", {}, t("advice")), " ", properties.advice) : null,
    facts([
      [t("score"), properties.score === null ? null : score(properties.score)],
      [t("form"), word("lead.form", properties.form)],
      [t("sims"), properties.sim_count ? number(properties.sim_count) : null],
      [t("imeis"), properties.imei_count ? number(properties.imei_count) : null],
      [t("region"), r90 === null ? null : t("region_text", { r50: metres(r50), r90: metres(r90) })],
      ...coordinates(fix),
      [t("first_seen"), moment(properties.first_seen)],
      [t("last_seen"), moment(properties.last_seen)],
      [t("owner"), properties.owner],
      [t("status"), word("lead.status", properties.status)],
    ]),
    feature.geometry ? null : h("p", { class: "hint" }, t("no_place_hint")),
    section(t("why"), properties.reasons),
    hoursOf(properties.active_hours),
    section(t("cells"), (properties.cells ?? []).map(leadCell)),
    section(t("sim_list"), shortened(properties.sims ?? [])),
    buttons(feature, go, links, properties.url),
  ];
}

function shortened(sims) {
  const more = sims.length - SIMS_SHOWN;
  return more > 1 ? [...sims.slice(0, SIMS_SHOWN), t("and_more", { count: more })] : sims;
}

function leadCell(one) {
  const rings = [...new Set(one.timing_advance ?? [])];
  const share = one.weight < 1 ? ` · ${percent(one.weight)}` : "";
  return `${cellName(one)}${rings.length ? ` · TA ${rings.join(", ")}` : ""}${share}`;
}

function cell(properties, feature, go) {
  const { carrier_hz: carrier, power_dbm: dbm, power_dbfs: dbfs, snr_db: snr } = properties;
  const level = dbm ?? dbfs;
  const [lon, lat] = feature.geometry?.type === "Point" ? feature.geometry.coordinates : [];
  return [
    heading(feature),
    h("p", { class: "lede" }, properties.text),
    facts([
      [t("rat"), properties.rat?.toUpperCase()],
      [t("carrier"), carrier ? megahertz(carrier) : null],
      ["ARFCN / BSIC", properties.arfcn === null ? null : `${properties.arfcn} / ${properties.bsic ?? "–"}`],
      ["EARFCN / PCI", properties.earfcn === null ? null : `${properties.earfcn} / ${properties.pci ?? "–"}`],
      [t("level"), level === null ? null : `${number(level, 1)} ${dbm === null ? "dBFS" : "dBm"}`],
      [t("snr"), snr === null ? null : `${number(snr, 1)} dB`],
      [t("azimuth"), properties.azimuth_deg === null ? null : `${number(properties.azimuth_deg)}° ± ${number((properties.beamwidth_deg ?? 120) / 2)}°`],
      [t("last_heard"), properties.heard ? moment(properties.last_heard) : t("never_heard")],
      [t("neighbours"), properties.neighbours?.join(", ")],
      ...coordinates(lat === undefined ? null : { lat, lon }),
    ]),
    buttons(feature, go),
  ];
}

function track(properties, feature, go) {
  return [
    heading(feature),
    facts([[t("from"), moment(properties.from)], [t("to"), moment(properties.to)]]),
    h("p", { class: "hint" }, t("track_hint")),
    buttons(feature, go),
  ];
}

function kit(properties, feature, go) {
  const [lon, lat] = feature.geometry.coordinates;
  return [heading(feature), facts([[t("last_seen"), moment(properties.last_seen)], ...coordinates({ lat, lon })]), buttons(feature, go)];
}

function region(properties, feature, go) {
  const { r50_radius_m: r50, r90_radius_m: r90, p_within_50m: near } = properties;
  const [lon, lat] = feature.geometry.type === "Point" ? feature.geometry.coordinates : [];
  return [
    heading(feature),
    h("p", { class: "lede" }, properties.text),
    proof(),
    facts([
      [t("region"), t("region_text", { r50: metres(r50), r90: metres(r90) })],
      [t("within_50m"), near === null ? null : percent(near)],
      ...coordinates(lat === undefined ? null : { lat, lon }),
      [t("computed"), moment(properties.computed)],
    ]),
    section(t("computed_from"), properties.inputs),
    buttons(feature, go, [[t("show_lead", { lead: properties.lead }), () => go.pick(`lead:${properties.lead}`)]]),
  ];
}

/** WGS-84, and GCJ-02 beside it where street maps are shifted, each under its name. */
function coordinates(at) {
  if (!at) return [];
  const shifted = toGcj02(at.lat, at.lon);
  return [
    ["WGS-84", place(at.lat, at.lon)],
    ["GCJ-02", shifted ? h("span", {}, place(...shifted), h("small", {}, t("gcj02_note"))) : null],
  ];
}

/** The day as 24 boxes, those with activity filled. */
function hoursOf(active) {
  if (!active?.length) return null;
  const boxes = HOURS.map((hour) => h("span", { class: active.includes(hour) ? "hour on" : "hour" }, hour % 6 === 0 ? String(hour) : ""));
  const words = t("hours_text", { hours: active.join(", ") });
  return h("section", {}, h("h3", {}, t("hours")), h("div", { class: "hours", role: "img", "aria-label": words }, boxes));
}

function buttons(feature, go, more = [], url = null) {
  const own = feature.geometry ? [[t("zoom_to"), () => go.zoom(feature)]] : [];
  const all = [...own, ...more].map(([words, act]) => h("button", { type: "button", on: { click: act } }, words));
  const page = url ? h("a", { class: "button", href: url }, t("whole_lead")) : null;
  return all.length || page ? h("div", { class: "buttons" }, all, page) : null;
}
