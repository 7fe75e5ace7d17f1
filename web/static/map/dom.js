// Elements by call: words go in as text, never as HTML.

/** An element; attributes that are null or false are left out, `on` holds listeners. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  const { on = {}, ...rest } = attributes;
  for (const [name, value] of Object.entries(rest)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A list with a heading; nothing when there are no lines. */
export function section(title, lines) {
  if (!lines?.length) return null;
  return h("section", {}, h("h3", {}, title), h("ul", {}, lines.map((line) => h("li", {}, line))));
}

/** Pairs of name and value; those without a value are left out. */
export function facts(pairs) {
  const told = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return told.length ? h("dl", {}, told.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])) : null;
}

export const byId = (id) => document.getElementById(id);
