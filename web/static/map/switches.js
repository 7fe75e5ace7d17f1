// Legend, layer switches and the choice of base map in one list. What was chosen is kept on this device.

import { h } from "./dom.js";
import { GROUPS } from "./layers.js";
import { LEVELS } from "./palette.js";
import { t } from "./words.js";

const KEPT = "catpool.map";

/** What this device keeps: {hidden: [groups], base: name}. Nothing where storage is shut. */
export function kept() {
  try {
    return { hidden: [], base: null, ...JSON.parse(localStorage.getItem(KEPT)) };
  } catch {
    return { hidden: [], base: null };
  }
}

function keep(change) {
  try {
    localStorage.setItem(KEPT, JSON.stringify({ ...kept(), ...change }));
  } catch {
    // a private window keeps nothing
  }
}

/** The contents of the layers list. `bases` are {name, title}. */
export function listSwitches({ bases, base, onGroup, onBase, isCanvas }) {
  const { hidden } = kept();
  const groups = GROUPS.filter((group) => !(isCanvas && group === "borders"));
  return [
    h("fieldset", {}, h("legend", {}, t("layers")), groups.map((group) => groupSwitch(group, !hidden.includes(group), onGroup))),
    h("fieldset", {}, h("legend", {}, t("base_map")), bases.map((one) => baseSwitch(one, one.name === base, onBase))),
    h("p", { class: "hint" }, t("base_hint")),
    h("p", { class: "hint" }, t("datum_hint")),
    ...(isCanvas ? [h("p", { class: "hint" }, t("canvas_hint"))] : []),
  ];
}

function groupSwitch(group, isOn, onGroup) {
  const toggle = ({ target }) => {
    const { hidden } = kept();
    keep({ hidden: target.checked ? hidden.filter((name) => name !== group) : [...hidden, group] });
    onGroup(group, target.checked);
  };
  const box = h("input", { type: "checkbox", name: `layer-${group}`, checked: isOn, on: { change: toggle } });
  return h("label", { class: "switch" }, box, swatch(group), h("span", {}, t(`layer_${group}`), h("small", {}, t(`legend_${group}`))));
}

function swatch(group) {
  if (group !== "tracks") return h("i", { class: `swatch ${group}`, "aria-hidden": "true" });
  return h("i", { class: "swatch tracks", "aria-hidden": "true" }, LEVELS.map((_, step) => h("i", { class: `level-${step}` })));
}

function baseSwitch({ name, title }, isOn, onBase) {
  const choose = () => {
    keep({ base: name });
    onBase(name);
  };
  const dot = h("input", { type: "radio", name: "base", value: name, checked: isOn, on: { change: choose } });
  return h("label", { class: "switch" }, dot, h("span", {}, title));
}
