// Forms over the page: a replay with another body, a test event, and what other pages ask.
import { byId, element } from "./dom.js";
import { textOf, toBase64 } from "./bytes.js";
import { t } from "./words.js";

/**
 * Shows a form; `submit` may throw, and the dialog then says why and stays. A function that it returns is called once
 * the form is closed. Where `isHeld`, a key or a slip does not close it: it has a button beside, `haveIt`, instead of "Cancel".
 */
export function dialog(title, parts, submit, word = "send", isHeld = false) {
  const problem = element("p", { class: "error", role: "alert" });
  const send = element("button", { type: "submit", class: "strong", id: "dialog-send", autofocus: isHeld }, t(word));
  const keep = (event) => isHeld && event.preventDefault();
  const node = element("dialog", {
    "aria-label": title, onClose: () => node.remove(), onCancel: keep,
    // A browser asks by `cancel` once; the second time it closes.
    onKeyDown: (event) => event.key === "Escape" && keep(event),
  },
    element("form", {
      onSubmit: async (event) => {
        event.preventDefault();
        send.disabled = true;
        try {
          const next = await submit();
          node.close();
          if (typeof next === "function") next();
        } catch (error) {
          problem.textContent = t("failed") + error.message;
          send.disabled = false;
        }
      },
    },
      element("h2", {}, title), ...parts, problem,
      element("div", { class: "buttons" },
        element("button", { type: "button", id: isHeld ? "dialog-have" : "dialog-cancel", onClick: () => node.close() },
          t(isHeld ? "haveIt" : "cancel")), send)));
  node.dataset.held = isHeld;
  byId("dialogs").append(node);
  node.showModal();
}

/** Closes the forms, but for those that show something for the only time. */
export function closeDialogs() {
  for (const node of document.querySelectorAll("dialog[open]")) if (node.dataset.held !== "true") node.close();
}

/** Asks for a body; bytes that are no text are edited as Base64. */
export function editReplay(bytes, publish) {
  const text = textOf(bytes);
  const area = element("textarea", { class: "tall", id: "edit-body", spellcheck: "false", "aria-label": t("body") });
  area.value = text ?? toBase64(bytes);
  const shown = area.value;
  const consumer = element("input", { type: "text", id: "edit-consumer", "aria-label": t("consumer"), placeholder: t("consumer"), maxlength: 64 });
  dialog(t("editTitle"), [area, consumer], () => publish({
    // A text area has its own line breaks: what was not edited is sent as it was.
    ...(area.value === shown ? {} : text === undefined ? { body_base64: area.value.trim() } : { body: area.value }),
    ...(consumer.value.trim() ? { consumer: consumer.value.trim() } : {}),
  }));
}

/** Asks for a test event's text. */
export function testEvent(publish) {
  const input = element("input", { type: "text", id: "test-text", "aria-label": t("text"), maxlength: 2000 });
  input.value = t("testDefault");
  dialog(t("testTitle"), [element("p", {}, t("testText")), input], () => publish(input.value));
}
