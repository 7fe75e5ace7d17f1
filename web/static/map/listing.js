// The lists to jump from: leads first, then hits that belong to no lead.

import { h } from "./dom.js";
import { metres, moment, odds, score } from "./format.js";
import { nameOf } from "./panel.js";
import { t, word } from "./words.js";

/** The contents of the list: leads by score, loose hits by odds. `fresh` are the ids of new hits. */
export function listThings(leads, hits, fresh, pick) {
  const loose = hits.filter((hit) => !hit.properties.lead || fresh.includes(hit.id));
  if (leads.length + loose.length === 0) return [h("p", { class: "hint" }, t("nothing_yet"))];
  return [
    leads.length ? h("h2", {}, t("leads_heading", { count: leads.length })) : null,
    h("ol", { class: "things" }, [...leads].sort((a, b) => b.properties.score - a.properties.score).map((lead) => row(lead, leadLine(lead), pick))),
    loose.length ? h("h2", {}, t("hits_heading", { count: loose.length })) : null,
    h("ol", { class: "things" }, [...loose].sort((a, b) => b.properties.log10_odds - a.properties.log10_odds).map((hit) => row(hit, hitLine(hit), pick, fresh.includes(hit.id)))),
  ];
}

function row(feature, line, pick, isFresh = false) {
  const { kind } = feature.properties;
  const badge = isFresh ? h("span", { class: "badge" }, t("new")) : null;
  const away = feature.geometry ? null : h("small", {}, t("no_place"));
  const choose = { click: () => pick(feature.id) };
  return h("li", {}, h("button", { type: "button", class: `thing ${kind}`, "data-fid": feature.id, on: choose }, h("b", {}, nameOf(feature), badge), h("span", {}, line), away));
}

function leadLine({ properties }) {
  const { score: worth, form, sim_count: sims, r90_radius_m: r90 } = properties;
  const parts = [`${t("score")} ${score(worth)}`, word("lead.form", form), sims ? t("sim_count", { count: sims }) : null, r90 === null ? null : t("within", { r90: metres(r90) })];
  return parts.filter(Boolean).join(" · ");
}

function hitLine({ properties }) {
  return `${odds(properties.log10_odds)} · ${moment(properties.last_seen)}`;
}
