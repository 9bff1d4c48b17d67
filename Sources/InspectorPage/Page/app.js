// The page: who is connected, what is shown, which key does what.
import { byId, copy, element, notice, noticeOver } from "./dom.js";
import { requestOf } from "./event.js";
import { curlCommand } from "./curl.js";
import { Details } from "./details.js";
import { closeDialogs, editReplay, testEvent } from "./dialogs.js";
import { exactBytes } from "./exactbytes.js";
import { Feed } from "./feed.js";
import { List } from "./list.js";
import { canTravel, counts, replay, sendTestEvent } from "./relay.js";
import { exportText, Store } from "./store.js";
import { switchTheme, themeWord } from "./theme.js";
import { fillWords, switchLanguage, t } from "./words.js";

const store = new Store();
/** What the page kept when the list was paused, and how much has come since; null while it runs. */
let frozen = null;
let heldCount = 0;
let feed = null;
/** The bot's secret: in memory, and in the tab's own storage where the box is ticked. */
let secret = null;
let state = "off";

const list = new List(byId("scroll"), byId("space"), { onOpen: (entry) => details.open(entry) });
const details = new Details(byId("details"), {
  close: closeDetails,
  replay: (entry) => attempt(() => publishAgain(entry, {})),
  replayEdited: (entry) => attempt(async () => editReplay((await exactBytes(entry, secret)).bytes, (change) => publishAgain(entry, change))),
  copyCurl: (entry) => attempt(async () => {
    const { bytes, flaw } = await exactBytes(entry, secret);
    tellCopied(await copy(curlCommand(requestOf(entry), bytes)), flaw);
  }),
  copyJSON: (entry) => attempt(async () => tellCopied(await copy(entry.raw))),
  answered: (entry) => noted(entry),
}, () => secret);

// What comes

function show(entries) {
  const before = store.all.length + store.dropped;
  const added = store.add(entries);
  if (frozen) {
    heldCount += store.all.length + store.dropped - before;
    return tellPaused();
  }
  list.show(store.shown, added);
  tellKept();
}

function noted(entry) {
  details.changed(entry);
  list.ask();
}

function find(key) {
  return store.byKey.get(key) ?? store.byToken.get(key);
}

// What is said

/** Says why the relay lets nobody in for now, until it does. */
function tellWaiting(text) {
  if (text) notice(text, "waiting");
  else noticeOver("waiting");
}

/** Says whether it was copied, and what is wrong with it. */
function tellCopied(isCopied, flaw = "") {
  notice(isCopied ? [t("copied"), flaw].filter(Boolean).join(": ") : t("failed") + "clipboard");
}

function tellKept() {
  const dropped = store.dropped ? " · " + t("dropped", { count: store.dropped }) : "";
  byId("kept").textContent = t("kept", { shown: list.entries.length, all: (frozen ?? store.all).length }) + dropped;
  byId("empty").textContent = list.entries.length ? "" : t(store.all.length ? "emptyFilter" : "empty");
  tellTypes();
}

function tellTypes() {
  const select = byId("type");
  const choices = ["", "refused", ...[...store.types.keys()].sort().map((name) => "type:" + name)];
  // What is chosen stays to be seen when the last of its type is gone: the list is still narrowed by it.
  if (!choices.includes(store.choice)) choices.push(store.choice);
  const known = JSON.stringify(choices);
  if (select.dataset.choices === known && select.lang === document.documentElement.lang) return;
  select.dataset.choices = known;
  select.lang = document.documentElement.lang;
  select.replaceChildren(...choices.map((choice) => element("option", { value: choice },
    choice === "" ? t("allTypes") : choice === "refused" ? t("refusedOnly") : choice.slice(5))));
  select.value = store.choice;
}

/** Says in the form what is wrong with the secret in it; true where nothing is. */
function tellSecret() {
  const text = byId("secret").value;
  const isFit = text === "" || canTravel(text);
  byId("door-error").textContent = isFit ? "" : t("secretCharacters");
  return isFit;
}

function tellState(name) {
  state = name;
  byId("status").dataset.state = name;
  byId("status-text").textContent = t(name);
  if (name === "live") tellCounts();
}

function tellPaused() {
  const button = byId("pause");
  button.setAttribute("aria-pressed", String(frozen !== null));
  button.textContent = t(frozen ? "resume" : "pause") + (heldCount ? ` · ${t("waitingWhilePaused", { count: heldCount })}` : "");
}

async function tellCounts() {
  if (document.hidden) return;
  try {
    const known = await counts();
    const parts = [[known.sockets, t("socketsCount")], [known.events_delivered, t("deliveredCount")], [known.bots_connected, t("botsCount")]];
    byId("counts").textContent = secret ? parts.map(([count, word]) => `${word} ${count.toLocaleString()}`).join(" · ") : "";
    byId("tiles").replaceChildren(...parts.map(([count, word]) => element("div", {},
      element("dt", {}, word), element("dd", {}, count.toLocaleString()))));
  } catch {
    // The relay is away: the status says so.
  }
}

// What is done

function connect(text) {
  secret = text;
  byId("door").hidden = true;
  byId("desk").hidden = byId("leave").hidden = false;
  notice("");
  feed = new Feed(secret, {
    show,
    note: noted,
    state: tellState,
    lost: (reason) => notice(t("lost", { reason })),
    waiting: tellWaiting,
    refused: (text, wasLive) => wasLive ? stop(text) : turnAway(text),
  }, find);
  list.show(store.shown);
  tellKept();
  tellCounts();
  byId("scroll").focus();
}

/** What came while the secret was good stays to be read and exported, until its reader leaves. */
function stop(text) {
  feed.end();
  tellState("ended");
  notice(t("refusedByRelay") + text);
}

function turnAway(text) {
  leave();
  byId("door-error").textContent = t("refusedByRelay") + text;
}

function leave() {
  feed?.close();
  closeDialogs();
  feed = secret = null;
  keepSecret(null);
  store.clear();
  frozen = null;
  heldCount = 0;
  closeDetails();
  list.select(null);
  // Nothing of what came stays in the document either.
  byId("search").value = byId("type").value = "";
  filter();
  notice("");
  byId("desk").hidden = byId("leave").hidden = true;
  byId("door").hidden = false;
  byId("counts").textContent = "";
  tellPaused();
  tellState("off");
  byId("secret").focus();
}

/** The tab's storage ends with the tab; null forgets. */
function keepSecret(text) {
  try {
    if (text === null) sessionStorage.removeItem("hookwire.secret");
    else sessionStorage.setItem("hookwire.secret", text);
  } catch {
    // Storage may be off.
  }
}

async function attempt(work) {
  try {
    await work();
  } catch (error) {
    notice(t("failed") + error.message);
  }
}

async function publishAgain(entry, change) {
  const { position } = await replay({ position: entry.key, ...change }, secret);
  notice(t("replaySent", { position }));
}

function pause() {
  frozen = frozen ? null : [...store.all];
  heldCount = 0;
  tellPaused();
  list.show(frozen ? list.entries.slice() : store.shown);
  tellKept();
}

function filter() {
  store.filter(byId("search").value, byId("type").value);
  list.show(frozen ? frozen.filter((entry) => store.matches(entry)) : store.shown);
  byId("scroll").scrollTop = 0;
  tellKept();
}

function exportJSON() {
  const blob = new Blob([exportText(list.entries)], { type: "application/json" });
  const link = element("a", { href: URL.createObjectURL(blob), download: "hookwire-events.json" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function closeDetails() {
  details.close();
  byId("scroll").focus();
}

// Keys

const keys = {
  j: () => list.move(1), ArrowDown: () => list.move(1), k: () => list.move(-1), ArrowUp: () => list.move(-1),
  PageDown: () => list.move(10), PageUp: () => list.move(-10), Home: () => list.move(-1e9), End: () => list.move(1e9),
  Enter: () => list.selected && details.open(list.selected),
  "/": () => byId("search").focus(),
  " ": pause,
  Escape: closeDetails,
};

/** The keys that go to the list wherever the focus is; the others scroll what is being read. */
const everywhere = ["j", "k", "/", "Escape"];

document.addEventListener("keydown", (event) => {
  if (!secret || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const isTyping = event.target.matches("input, textarea, select");
  if (isTyping && event.key === "Escape") return byId("scroll").focus();
  const isOnButton = event.target.matches("button, a") && ["Enter", " "].includes(event.key);
  const action = keys[event.key];
  const isReading = byId("details").contains(event.target) && !everywhere.includes(event.key);
  if (!action || isTyping || isOnButton || isReading) return;
  event.preventDefault();
  action();
  // Where details stand beside the list, they follow the selection.
  if (details.isOpen && list.selected && list.selected !== details.entry && event.key !== "Escape") details.open(list.selected);
});

byId("connect").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("secret").value;
  if (!tellSecret()) return;
  byId("secret").value = "";
  if (byId("remember").checked) keepSecret(text);
  if (text) connect(text);
});
byId("secret").addEventListener("input", tellSecret);
byId("leave").addEventListener("click", leave);
byId("search").addEventListener("input", filter);
byId("type").addEventListener("change", filter);
byId("pause").addEventListener("click", pause);
byId("export").addEventListener("click", exportJSON);
byId("clear").addEventListener("click", () => {
  store.clear();
  if (frozen) frozen = [];
  heldCount = 0;
  closeDetails();
  list.select(null);
  tellPaused();
  filter();
});
byId("test").addEventListener("click", () => testEvent((text) => sendTestEvent(text, secret)));
byId("theme").addEventListener("click", () => {
  switchTheme();
  speak();
});
byId("language").addEventListener("click", () => {
  switchLanguage();
  speak();
  if (details.isOpen) details.open(details.entry);
  list.ask();
});

function speak() {
  fillWords();
  byId("theme").textContent = t(themeWord());
  byId("language").textContent = t("languageName");
  tellState(state);
  tellPaused();
  tellKept();
  tellCounts();
}

// Whatever goes wrong in a listener is said, and not only in the console; what has no error is no fault of the page's.
addEventListener("error", (event) => event.error && notice(t("failed") + event.error.message));
addEventListener("unhandledrejection", (event) => notice(t("failed") + (event.reason?.message ?? event.reason)));

speak();
setInterval(tellCounts, 5000);
let known = null;
try {
  known = sessionStorage.getItem("hookwire.secret");
} catch {
  // Storage may be off.
}
if (known && canTravel(known)) connect(known);
