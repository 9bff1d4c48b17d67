// The page of the bots: who is registered, who is connected, and what an operator does about it.
import { Redirected } from "./ask.js";
import { addBot, addToken, confirmed, rotate, showToken } from "./botforms.js";
import { BotAPI, canTravel } from "./botapi.js";
import { BotDetails } from "./botdetails.js";
import { BotTable, number } from "./bottable.js";
import { closeDialogs } from "./dialogs.js";
import { byId, notice, noticeOver } from "./dom.js";
import { switchTheme, themeWord } from "./theme.js";
import { addWords, fillWords, switchLanguage, t } from "./words.js";
import { botWords } from "./botwords.js";

addWords(botWords);

/** How often the page asks again, in milliseconds. */
const pause = 2000;
const pageLength = 100;
/** After so many questions without an answer it is said that there is none. */
const worrying = 3;

let api = null;
let bots = [];
let total = 0;
/** How many bots are shown: a page, and another for each time that more are asked for. */
let wanted = pageLength;
let selected = null;
let state = "off";
let timer = null;
/** How many questions in a row had no answer that is of use. */
let failures = 0;

const table = new BotTable(byId("rows"), open);
const details = new BotDetails(byId("details"), {
  close: () => open(null),
  rotate: (bot) => rotate(bot.name, bot.rotating, (secret, isWarned) => done(api.rotate(bot.name, secret, isWarned), "rotated")),
  endRotation: (bot) => confirmed(t("endRotation"), t("endRotationText", { name: bot.name }), "endRotation",
    () => done(api.endRotation(bot.name), "rotationEnded")),
  addToken: (bot) => addToken(bot.name, async (token) => {
    const made = await api.addToken(bot.name, token);
    refreshSoon();
    return () => showToken(made.token);
  }),
  revoke: (bot, token) => confirmed(t("revoke"), t("revokeText", { token }), "revoke", () => done(api.revoke(bot.name, token), "revoked")),
  remove: (bot) => confirmed(t("removeBot"), t("removeText", { name: bot.name }), "removeBot", async () => {
    await done(api.remove(bot.name), "removed");
    open(null);
  }),
});

async function done(work, word) {
  await work;
  notice(t(word));
  refreshSoon();
}

function tellState(name) {
  state = name;
  byId("status").dataset.state = name;
  byId("status-text").textContent = t(name);
}

function show() {
  const search = byId("search").value.trim().toLowerCase();
  const shown = bots.filter((bot) => !search || `${bot.name} ${bot.platform} ${bot.appid ?? ""} ${bot.channel}`.toLowerCase().includes(search));
  table.show(shown, selected);
  // While the store is away, what the nodes said is not known, and no sum of it.
  const sockets = bots.every((bot) => bot.status?.sockets != null) ? bots.reduce((sum, bot) => sum + bot.status.sockets, 0) : null;
  const isAll = bots.length >= total;
  // The others' sockets are not known here.
  const connected = isAll ? t("connected") : t("connectedOfFirst", { count: bots.length.toLocaleString() });
  byId("counts").textContent = api ? `${t("bots")} ${total.toLocaleString()} · ${connected} ${number(sockets)}` : "";
  byId("more").hidden = isAll;
  byId("empty").hidden = shown.length > 0;
  byId("empty").textContent = t(bots.length === 0 ? "noBots" : isAll ? "noBotFits" : "noneOfTheseFits", { count: bots.length, word: t("more") });
}

/** All that is shown, asked for again. */
async function refresh() {
  clearTimeout(timer);
  const asked = api;
  if (!asked) return;
  try {
    const found = [];
    let page = { next: "" };
    while (page.next !== undefined && found.length < wanted) {
      page = await asked.list(page.next, pageLength);
      found.push(...page.bots);
    }
    let bot = found.find((known) => known.name === selected) ?? null;
    if (selected && !bot && found.length < page.total) {
      bot = await asked.bot(selected).catch((error) => error.status === 404 ? null : Promise.reject(error));
    }
    if (api !== asked) return;
    bots = found;
    total = page.total;
    if (selected && bot?.name === selected) details.show(bot);
    else if (selected && bot === null) open(null);
    show();
    failures = 0;
    tellState("live");
    noticeOver("waiting");
  } catch (error) {
    if (api !== asked) return;
    if (error.status === 401) return leave(error.message);
    failures += 1;
    if (error.status || error instanceof Redirected) notice(error.message, "waiting");
    else if (failures >= worrying) notice(t("unreachable"), "waiting");
    tellState("trying");
  }
  schedule(pause);
}

function schedule(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(() => document.hidden ? schedule(pause) : refresh(), milliseconds);
}

/** A change is known to the node within half a second. */
const refreshSoon = () => schedule(600);

function open(name) {
  // What was asked for is perhaps answered when nobody is connected any more.
  if (name !== null && !api) return;
  selected = name;
  if (name === null) {
    const hadFocus = byId("details").contains(document.activeElement);
    details.close();
    if (hadFocus) byId("listing").focus({ preventScroll: true });
  }
  show();
  if (name !== null) refresh();
}

function connect(token) {
  api = new BotAPI(token);
  byId("door").hidden = true;
  byId("desk").hidden = byId("leave").hidden = false;
  notice("");
  tellState("trying");
  byId("listing").focus();
  refresh();
}

function leave(text = "") {
  clearTimeout(timer);
  closeDialogs();
  api = null;
  bots = [];
  total = 0;
  keep(null);
  open(null);
  byId("desk").hidden = byId("leave").hidden = true;
  byId("door").hidden = false;
  byId("door-error").textContent = text;
  tellState("off");
  byId("token").focus();
}

/** The tab's storage ends with the tab; null forgets. */
function keep(token) {
  try {
    if (token === null) sessionStorage.removeItem("hookwire.admin");
    else sessionStorage.setItem("hookwire.admin", token);
  } catch {
    // Storage may be off.
  }
}

byId("connect").addEventListener("submit", (event) => {
  event.preventDefault();
  const token = byId("token").value;
  if (!canTravel(token)) {
    byId("door-error").textContent = t("secretCharacters");
    return;
  }
  byId("token").value = "";
  byId("door-error").textContent = "";
  if (byId("remember").checked) keep(token);
  connect(token);
});
byId("leave").addEventListener("click", () => leave());
byId("search").addEventListener("input", show);
byId("more").addEventListener("click", () => {
  wanted += pageLength;
  refresh();
});
byId("add").addEventListener("click", () => addBot(async (bot) => {
  await done(api.add(bot), "added");
  // The node reads its registry about twice a second.
  for (let attempt = 0; attempt < 10 && !bots.some((known) => known.name === bot.name) && bots.length >= total; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    await refresh();
  }
  open(bot.name);
}));
byId("theme").addEventListener("click", () => {
  switchTheme();
  speak();
});
byId("language").addEventListener("click", () => {
  switchLanguage();
  speak();
  refresh();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && selected && !document.querySelector("dialog[open]")) open(null);
});

function speak() {
  fillWords();
  byId("theme").textContent = t(themeWord());
  byId("language").textContent = t("languageName");
  tellState(state);
  show();
}

// Whatever goes wrong in a listener is said, and not only in the console.
addEventListener("error", (event) => event.error && notice(t("failed") + event.error.message));
addEventListener("unhandledrejection", (event) => notice(t("failed") + (event.reason?.message ?? event.reason)));

speak();
let known = null;
try {
  known = sessionStorage.getItem("hookwire.admin");
} catch {
  // Storage may be off.
}
if (known && canTravel(known)) connect(known);
