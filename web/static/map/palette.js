// Colours of the map by day and by night. The same hues in style sheets: see base.css.
// Hits and leads also differ in shape and dash from all else, for eyes that don't tell colours apart.

const DAY = {
  sea: "#cfe0ea", land: "#f6f4ee", coast: "#9fb3bf", border: "#8a8f98",
  grid: "#6d7885", ink: "#14181f", halo: "#ffffff",
  cell: "#1f5f99", sector: "#1f5f99", hit: "#c2410c", lead: "#86198f", place: "#86198f",
  track: "#14532d", kit: "#15803d", fresh: "#e11d48", selected: "#000000",
};
const NIGHT = {
  sea: "#0b1218", land: "#161d24", coast: "#3b4b58", border: "#56616e",
  grid: "#7f8c9a", ink: "#e8edf2", halo: "#0b1218",
  cell: "#7ab8f0", sector: "#7ab8f0", hit: "#fb923c", lead: "#e879f9", place: "#e879f9",
  track: "#4ade80", kit: "#86efac", fresh: "#fb7185", selected: "#ffffff",
};

/** Level of a burst stream, weakest to strongest, ordered in lightness too. */
export const LEVELS = ["#443983", "#31688e", "#21918c", "#5ec962", "#fde725"];

export function palette(isNight) {
  return isNight ? NIGHT : DAY;
}
