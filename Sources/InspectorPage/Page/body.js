// A body in three ways: laid out, as its text, as its bytes.
import { element } from "./dom.js";
import { hexDump, textOf } from "./bytes.js";
import { layOut } from "./json.js";
import { t } from "./words.js";

/** Text beyond this is shown without colours, and beyond four times as much not at all. In characters. */
const colourLimit = 100_000;

/** The tabs and what they show. */
export function bodyView(bytes) {
  if (bytes.length === 0) return element("p", {}, t("emptyBody"));
  const text = textOf(bytes);
  const views = [];
  const parts = text !== undefined && text.length <= colourLimit ? layOut(text) : null;
  if (parts) views.push(["pretty", () => coloured(parts)]);
  if (text !== undefined) views.push(["raw", () => element("pre", { dir: "auto" }, cut(text))]);
  views.push(["hex", () => element("pre", { class: "hex" }, hexDump(bytes))]);
  const panel = element("div", { role: "tabpanel", id: "body-panel", tabindex: "0" });
  const tabs = views.map(([name], index) => element("button", {
    type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "body-panel", onClick: () => choose(index),
    onKeyDown: (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = (index + step + views.length) % views.length;
      choose(next);
      tabs[next].focus();
    },
  }, t(name)));
  function choose(index) {
    tabs.forEach((tab, other) => {
      tab.setAttribute("aria-selected", String(other === index));
      // One stop for the Tab key; the arrows go from one to the next.
      tab.tabIndex = other === index ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", tabs[index].id);
    panel.replaceChildren(views[index][1]());
  }
  choose(0);
  return element("div", {}, element("div", { class: "tabs", role: "tablist", "aria-label": t("body") }, tabs), panel);
}

function coloured(parts) {
  return element("pre", {}, parts.map(([kind, text]) => (kind === "plain" ? text : element("span", { class: kind }, text))));
}

const cut = (text) => (text.length > colourLimit * 4 ? text.slice(0, colourLimit * 4) + "…" : text);
