// Numbers, times and places as an officer reads them.

import { t } from "./words.js";

const language = document.documentElement.lang;
const MINUTE_MS = 60_000;

/** 16:02:11, local time of this device. */
export function clock(date = new Date()) {
  return date.toLocaleTimeString("en-GB");
}

/** 2026-11-24 16:02 +08:00: local time of this device, with its offset. */
export function moment(iso) {
  if (!iso) return "–";
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * MINUTE_MS).toISOString();
  const sign = offset < 0 ? "-" : "+";
  const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, "0");
  const minutes = String(Math.abs(offset) % 60).padStart(2, "0");
  return `${local.slice(0, 10)} ${local.slice(11, 16)} ${offset ? `${sign}${hours}:${minutes}` : "UTC"}`;
}

export function number(value, digits = 0) {
  return value.toLocaleString(language, { maximumFractionDigits: digits });
}

/** 480 m, 1.4 km */
export function metres(value) {
  return value < 1000 ? `${number(value)} m` : `${number(value / 1000, value < 10_000 ? 2 : 1)} km`;
}

export function place(lat, lon) {
  return `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
}

/** Posterior odds in words, to one digit: the model's own doubts weigh more than a second one. */
export function odds(log10) {
  if (log10 > 9) return t("odds_over");
  const ratio = Number((10 ** Math.abs(log10)).toPrecision(1));
  if (ratio <= 1) return t("odds_even");
  return t(log10 < 0 ? "odds_against" : "odds_for", { ratio: number(ratio) });
}

export function percent(share) {
  return `${number(share * 100, share < 0.1 ? 1 : 0)} %`;
}

/** 0.97; never 1: no score is certainty. */
export function score(value) {
  return value > 0.99 ? "> 0.99" : value.toFixed(2);
}

export function megahertz(hz) {
  return `${number(hz / 1e6, 4)} MHz`;
}
