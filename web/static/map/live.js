// Keeps the page fresh: server-sent events, and polling while they don't come through.

import { SignedOut } from "./features.js";

const POLL_MS = 5_000;
const GATHER_MS = 300; // changes that come together are loaded together

/**
 * Calls onChange(names or null for all) when something changed, onState("live" | "polling" | "offline" | "signed-out")
 * when the way it comes changes.
 */
export class Live {
  constructor({ onChange, onState }) {
    this.onChange = onChange;
    this.onState = onState;
    this.seq = null;
    this.waiting = new Set();
    this.timer = null;
    this.poller = null;
    this.isStopped = false;
  }

  listen() {
    if (this.isStopped) return;
    const stream = new EventSource(`/events${this.seq ? `?since=${encodeURIComponent(this.seq)}` : ""}`);
    stream.addEventListener("hello", () => this.heard());
    stream.addEventListener("change", (event) => {
      this.heard();
      this.take(JSON.parse(event.data));
    });
    stream.addEventListener("error", () => this.lost(stream));
    this.stream = stream;
  }

  heard() {
    if (this.isStopped) return;
    clearInterval(this.poller);
    this.poller = null;
    this.onState("live");
  }

  lost(stream) {
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => this.listen(), POLL_MS);
    if (this.poller || this.isStopped) return;
    this.poll();
    this.poller = setInterval(() => this.poll(), POLL_MS);
  }

  async poll() {
    try {
      const answer = await fetch(`/api/changes${this.seq ? `?since=${encodeURIComponent(this.seq)}` : ""}`);
      if (answer.status === 401) throw new SignedOut();
      if (!answer.ok) throw new Error(String(answer.status));
      this.take(await answer.json());
      if (this.poller) this.onState("polling");
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error) {
    if (!(error instanceof SignedOut)) {
      this.onState("offline");
      return;
    }
    this.stop();
    this.onState("signed-out");
  }

  take({ seq, changes, complete }) {
    this.seq = seq;
    const names = complete ? Object.keys(changes) : [null];
    if (names.length === 0) return;
    names.forEach((name) => this.waiting.add(name));
    this.timer ??= setTimeout(() => this.tell(), GATHER_MS);
  }

  tell() {
    const names = this.waiting.has(null) ? null : [...this.waiting];
    this.waiting.clear();
    this.timer = null;
    this.onChange(names);
  }

  stop() {
    this.isStopped = true;
    clearInterval(this.poller);
    this.stream?.close();
  }
}
