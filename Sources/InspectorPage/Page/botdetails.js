// One bot: its addresses, who is connected where, its tokens, and what can be done with it.
import { element, isNarrow, pairs } from "./dom.js";
import { ago, number } from "./bottable.js";
import { t } from "./words.js";

const button = (word, onClick, attributes = {}) => element("button", { type: "button", onClick, ...attributes }, t(word));
const table = (words, rows) => element("table", {},
  element("thead", {}, element("tr", {}, words.map((word) => element("th", { scope: "col" }, word ? t(word) : "")))),
  element("tbody", {}, rows));

/** How many events a socket has not had; a dash where that is not known. */
const lagOf = ({ offset }, { events }) => number(offset == null || events == null ? null : Math.max(0, events - offset));

/** The pane of a bot; `actions` are called with its name. */
export class BotDetails {
  constructor(pane, actions) {
    this.pane = pane;
    this.actions = actions;
  }

  close() {
    this.pane.hidden = true;
    this.pane.replaceChildren();
    this.shown = this.counted = "";
  }

  /**
   * Shows a bot. Nothing is touched where nothing changed, so that a button under the pointer stays, and so does a text that
   * was selected to be copied: what changes with every event stands by itself.
   */
  show({ status: known, ...bot }) {
    const status = known ?? {};
    const language = document.documentElement.lang;
    const shown = JSON.stringify([bot, language]);
    if (shown !== this.shown) {
      this.shown = shown;
      this.counted = "";
      this.build(bot);
    }
    const counted = JSON.stringify([status, Math.floor(Date.now() / 10_000)]);
    if (counted === this.counted) return;
    this.counted = counted;
    this.traffic.replaceChildren(
      pairs([[t("events"), number(status.events)], [t("lag"), number(status.lag)], [t("lastEvent"), ago(status.last_event)],
        [t("secretState"), t(bot.rotating ? "bothSecrets" : "oneSecret")]]),
      element("h3", {}, t("connectedWhere", { count: number(status.sockets) })), this.sockets(status));
  }

  build(bot) {
    const focused = this.pane.contains(document.activeElement) ? document.activeElement.id : "";
    const { actions } = this;
    const isOpened = this.pane.hidden;
    this.pane.hidden = false;
    this.traffic = element("div", {});
    this.pane.replaceChildren(
      element("header", {}, element("h2", {}, bot.name), button("close", actions.close, { class: "quiet", id: "details-close" })),
      element("div", { class: "actions" },
        button("rotate", () => actions.rotate(bot), { id: "rotate" }),
        bot.rotating && button("endRotation", () => actions.endRotation(bot), { id: "end-rotation" }),
        button("addToken", () => actions.addToken(bot), { id: "add-token" }),
        button("removeBot", () => actions.remove(bot), { id: "remove" })),
      element("h3", {}, t("addresses")),
      pairs([[t("webhook"), bot.webhook], [t("socket"), bot.socket], [t("appID"), bot.appid], [t("channel"), bot.channel]], "pairs mono"),
      element("h3", {}, t("traffic")), this.traffic,
      element("h3", {}, t("tokens")), this.tokens(bot));
    // Where the details cover the table, the focus must not stay behind them.
    if (isOpened && isNarrow()) this.pane.focus();
    else if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  sockets(status) {
    if (status.nodes == null) return element("p", {}, t("connectedUnknown"));
    const rows = status.nodes.flatMap((sheet) => [
      ...sheet.sockets.map((socket) => element("tr", {},
        element("td", {}, sheet.node), element("td", {}, socket.protocol), element("td", {}, ago(socket.since)),
        element("td", {}, socket.token ?? t("bySecret")),
        element("td", { class: "number" }, lagOf(socket, status)))),
      sheet.count > sheet.sockets.length && element("tr", {},
        element("td", {}, sheet.node), element("td", { colspan: 4 }, t("andMore", { count: sheet.count - sheet.sockets.length }))),
    ]).filter(Boolean);
    if (!rows.length) return element("p", {}, t("nobody"));
    return table(["node", "protocol", "since", "token", "lag"], rows);
  }

  tokens(bot) {
    if (!bot.tokens.length) return element("p", {}, t("noTokens"));
    return table(["token", "scopes", "expires", ""], bot.tokens.map((token) => element("tr", { "data-token": token.name },
      element("td", {}, token.name), element("td", {}, token.scopes.join(", ")),
      element("td", { class: token.expired ? "bad" : "" }, token.expires ? new Date(token.expires).toLocaleDateString() : t("never")),
      element("td", {}, button("revoke", () => this.actions.revoke(bot, token.name), { id: "revoke-" + token.name })))));
  }
}
