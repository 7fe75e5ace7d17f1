// The words of the map, from the server's catalogue in the language in use.

let texts = {};

export async function loadWords(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`words: ${answer.status}`);
  texts = await answer.json();
}

/** The text of map.KEY with its {fields} filled in; the key itself where the catalogue lacks it. */
export function t(key, fields = {}) {
  const text = texts[`map.${key}`] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => fields[name] ?? whole);
}

/** The word for a value that data brings along ("lead.form_" + "car"); the value itself where there is none. */
export function word(family, value) {
  return texts[`${family}_${String(value).toLowerCase().replace(/[ -]/g, "_")}`] ?? value;
}
