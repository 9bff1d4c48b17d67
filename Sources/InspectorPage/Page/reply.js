// How a request was answered, or the box that answers it.
import { element, pairs } from "./dom.js";
import { fromBase64, hexDump, textOf } from "./bytes.js";
import { relayNow } from "./clock.js";
import { reply } from "./relay.js";
import { t } from "./words.js";

/** none: it does not wait; open: it does; done: it was answered; over: it was, or was not, and nobody told this page. */
export function replyState(entry) {
  if (entry.answer) return "done";
  if (!entry.replyToken) return "none";
  return entry.replyDeadline > relayNow() ? "open" : "over";
}

/** What to show, and a timer that goes with it. */
export function replyView(entry, state, answered) {
  const title = element("h3", {}, t("reply"));
  if (state === "open") return openBox(entry, answered);
  if (state === "done") return { node: element("div", {}, title, ...answerParts(entry.answer)) };
  return { node: element("div", {}, ...(state === "over" ? [title, element("p", {}, t("unknownReply"))] : [])) };
}

function answerParts(answer) {
  const body = answer.body_base64 ? fromBase64(answer.body_base64) : new Uint8Array();
  // An answer that is no text is shown as its bytes.
  const text = textOf(body) ?? hexDump(body);
  return [
    pairs([[t("reply"), t("outcome." + answer.outcome)], ["HTTP", answer.status ? String(answer.status) : ""]]),
    text || answer.text ? element("pre", { id: "answer" }, text || answer.text) : null,
    answer.truncated ? element("p", { id: "answer-cut" }, t("truncatedAnswer")) : null,
  ].filter(Boolean);
}

function openBox(entry, answered) {
  const left = element("span", { "aria-live": "off" });
  const problem = element("p", { class: "error", role: "alert" });
  const area = element("textarea", { id: "reply-text", "aria-label": t("replyText"), placeholder: t("replyText") });
  const send = element("button", { type: "submit", class: "strong", id: "reply-send" }, t("sendReply"));
  const form = element("form", {
    class: "reply",
    onSubmit: async (event) => {
      event.preventDefault();
      send.disabled = true;
      problem.textContent = "";
      try {
        await reply(entry.replyToken, area.value);
        entry.answer = { outcome: "replied", text: area.value };
        answered(entry);
      } catch (error) {
        problem.textContent = t("failed") + error.message;
        send.disabled = false;
      }
    },
  }, element("div", { class: "between" }, element("strong", {}, t("replyOpen")), left), area, problem, element("div", {}, send));
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((entry.replyDeadline - relayNow()) / 1000));
    left.textContent = t("timeLeft", { seconds });
    if (seconds === 0) {
      clearInterval(timer);
      answered(entry);
    }
  };
  const timer = setInterval(tick, 500);
  tick();
  return { node: form, timer };
}
