// One request in full.
import { element, isNarrow, pairs } from "./dom.js";
import { bodyView } from "./body.js";
import { bodyOf, isProven, requestOf } from "./event.js";
import { exactBytes } from "./exactbytes.js";
import { replyState, replyView } from "./reply.js";
import { timeText } from "./timetext.js";
import { t } from "./words.js";

export class Details {
  /** - actions: what the buttons do, by name. */
  constructor(panel, actions, secret) {
    this.panel = panel;
    this.actions = actions;
    this.secret = secret;
    this.entry = null;
  }

  get isOpen() {
    return this.entry !== null;
  }

  /** Shows an entry. One that is shown stays as it is, with what is being typed, until the language is another. */
  open(entry) {
    const language = document.documentElement.lang;
    if (entry === this.entry && language === this.language) return;
    // Where the details cover the list, the focus must not stay behind them.
    const takesFocus = this.panel.contains(document.activeElement) || isNarrow();
    this.close();
    this.entry = entry;
    this.language = language;
    this.receivers = this.timing = this.replyBox = null;
    this.request = requestOf(entry);
    this.panel.hidden = false;
    this.panel.replaceChildren(...this.parts());
    this.showReply();
    this.panel.scrollTop = 0;
    if (takesFocus) this.panel.focus();
  }

  close() {
    this.entry = null;
    clearInterval(this.timer);
    this.panel.hidden = true;
    this.panel.replaceChildren();
  }

  /** Something more became known of an entry. */
  changed(entry) {
    if (entry !== this.entry) return;
    this.receivers?.replaceChildren(...this.receiverParts());
    this.timing?.replaceChildren(this.timingPairs());
    this.showReply();
  }

  parts() {
    const { entry } = this;
    const isRefused = entry.kind === "refused";
    return [
      element("header", {},
        element("h2", {}, isRefused ? t("refused") + ": " + entry.reason : entry.type || entry.platform),
        element("button", { type: "button", class: "quiet", id: "close-details", onClick: this.actions.close }, t("close"))),
      isRefused ? element("p", { class: "bad" }, entry.text) : null,
      this.buttons(isRefused),
      (this.replyBox = isRefused ? null : element("div", { id: "reply-part" })),
      entry.text && !isRefused ? [heading("message"), element("p", { class: "said", id: "said" }, entry.text)] : null,
      heading("fields"), this.attributes(),
      isRefused ? null : [heading("timing"), (this.timing = element("div", { id: "timing" }, this.timingPairs()))],
      isRefused ? null : [heading("receivers"), (this.receivers = element("div", { id: "receivers" }, ...this.receiverParts()))],
      heading("request"), element("p", { class: "line", id: "request-line" }, this.requestLine()),
      pairs(this.request.headers, "pairs mono"),
      heading("body"), this.body(),
    ].flat().filter(Boolean);
  }

  buttons(isRefused) {
    const button = (name, id) => element("button", { type: "button", id, onClick: () => this.actions[name](this.entry) }, t(name));
    return element("div", { class: "actions" },
      isRefused ? null : [button("replay", "replay"), button("replayEdited", "replay-edited")],
      button("copyCurl", "copy-curl"), button("copyJSON", "copy-json"));
  }

  attributes() {
    const { all } = this.request;
    const entry = this.entry;
    return pairs([
      [t("check"), checkText(entry)],
      [t("time"), entry.kind === "refused" ? timeText(entry.time) : ""],
      [t("reason"), entry.reason], [t("platform"), entry.platform], [t("type"), entry.type],
      [t("sender"), entry.sender], [t("conversation"), all.conversation],
      [t("identity"), entry.kind === "event" ? all.id : ""], [t("position"), all.position],
      [t("replayOf"), entry.replayOf], [t("attempt"), all.attempt > 1 ? String(all.attempt) : ""],
    ]);
  }

  requestLine() {
    const { method, path, query } = this.request;
    return `${method} …${path}${query ? "?" + query : ""}`;
  }

  /** The body; where the stream may have changed its line breaks, the relay is asked for the bytes. */
  body() {
    const { entry } = this;
    const { bytes, isExact } = bodyOf(entry, this.request.all);
    const place = element("div", { id: "body" }, isExact ? bodyView(bytes) : element("p", {}, t("fetching")));
    if (isExact) return place;
    exactBytes(entry, this.secret())
      .then(({ bytes, flaw }) => place.replaceChildren(bodyView(bytes), ...(flaw ? [element("p", { id: "flaw" }, flaw)] : [])))
      .catch((error) => place.replaceChildren(element("p", { class: "bad" }, t("failed") + error.message)));
    return place;
  }

  timingPairs() {
    const { entry } = this;
    const row = (name, time) => (time ? [t(name), `${timeText(time)}  ${time === entry.time ? "" : t("after", { ms: signed(Math.round(time - entry.time)) })}`] : [t(name), ""]);
    const reached = entry.receipts.map((receipt) => receipt.reached).filter(Boolean);
    const written = entry.receipts.map((receipt) => receipt.at).filter(Boolean);
    return pairs([
      row("receivedAt", entry.time),
      row("publishedAt", reached.length ? Math.min(...reached) : 0),
      row("deliveredAt", written.length ? Math.min(...written) : 0),
      row("shownAt", entry.shownAt),
    ]);
  }

  receiverParts() {
    const rows = this.entry.receipts.flatMap((receipt) => receipt.clients.map((client) => [
      t("protocol." + client.protocol) + (client.consumer ? ` · ${client.consumer}` : "") + (client.filtered ? ` · ${t("filtered")}` : ""),
      `${client.count > 1 ? client.count + " × · " : ""}${t("node")} ${receipt.node} · ${timeText(receipt.at)}`,
    ]));
    return rows.length ? [pairs(rows)] : [element("p", {}, t("nobody"))];
  }

  /** Shows how the request was answered; a text that is being typed stays while the request waits. */
  showReply() {
    if (!this.replyBox) return;
    const state = replyState(this.entry);
    if (state === "open" && this.replyBox.dataset.state === "open") return;
    clearInterval(this.timer);
    this.replyBox.dataset.state = state;
    const view = replyView(this.entry, state, (entry) => this.actions.answered(entry));
    this.timer = view.timer;
    this.replyBox.replaceChildren(view.node);
  }
}

/** How the request was checked. A replay never was, and its body may be another: it says so of the one that it repeats. */
function checkText(entry) {
  if (entry.replayOf) return t(isProven(entry) ? "replayOfVerified" : "replayOfAccepted");
  return t("checkOf." + entry.check);
}

const signed = (number) => (number < 0 ? "−" : "+") + Math.abs(number);

const heading = (name) => element("h3", {}, t(name));
