// The forms of the page of the bots.
import { byId, copy, element, notice } from "./dom.js";
import { dialog } from "./dialogs.js";
import { t } from "./words.js";

const field = (id, word, attributes = {}) => [
  element("label", { for: id }, t(word)),
  element("input", { id, type: "text", autocomplete: "off", spellcheck: "false", autocapitalize: "none", ...attributes }),
];

const secretField = (id, word) => field(id, word, { type: "password", required: true, minlength: 8 });

/** What each platform needs beside the secret: member, word, and whether it must be there. */
const options = {
  qq: [["appid", "appID", false]],
  wechat: [["aes_key", "aesKey", false], ["appid", "appID", false]],
  messenger: [["verify_token", "verifyToken", true]],
  dialogflow: [["header", "headerField", false]],
  generic: [["scheme", "scheme", false], ["header", "headerField", false]],
};

/** Asks for a new bot. */
export function addBot(add) {
  const platform = element("select", { id: "form-platform" }, Object.keys(options).map((name) => element("option", { value: name }, name)));
  const more = element("div", { class: "more" });
  const ask = () => more.replaceChildren(...options[platform.value].flatMap(([member, word, needed]) =>
    member === "scheme" ? schemes() : field("form-" + member, word, { maxlength: 256, required: needed })));
  platform.addEventListener("change", ask);
  ask();
  dialog(t("addBot"), [
    ...field("form-name", "botName", { required: true, maxlength: 64, pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*", title: t("nameRule") }),
    element("label", { for: "form-platform" }, t("platform")), platform,
    ...secretField("form-secret", "platformSecret"), more,
  ], () => add({
    name: byId("form-name").value, platform: platform.value, secret: byId("form-secret").value,
    ...Object.fromEntries(options[platform.value].map(([member]) => [member, byId("form-" + member).value]).filter(([, value]) => value)),
  }), "addBot");
}

const schemes = () => [
  element("label", { for: "form-scheme" }, t("scheme")),
  element("select", { id: "form-scheme" }, ["bearer", "github", "standard", "none"].map((name) => element("option", { value: name }, name))),
];

/** Asks for a bot's next secret. `submit` is told too whether it was said that this cuts a rotation short. */
export function rotate(name, isRotating, submit) {
  let isWarned = isRotating;
  const text = element("p", {}, t(isWarned ? "rotateAgainText" : "rotateText"));
  dialog(t("rotateTitle", { name }), [text, ...secretField("form-secret", "newSecret")], async () => {
    try {
      await submit(byId("form-secret").value, isWarned);
    } catch (error) {
      if (isWarned || error.reason !== "rotation_under_way") throw error;
      // Another operator began one since the form was opened.
      isWarned = true;
      text.textContent = t("rotateAgainText");
      throw new Error(t("rotationBegan"));
    }
  }, "rotate");
}

/** A time from now, or a day or a second in UTC, as the API takes them. */
const expiry = "[0-9]+(d|h|m|s)|[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?";

/** Asks what a token is for; what `submit` returns is called once the form is closed. */
export function addToken(name, submit) {
  const scopes = ["receive", "reply", "replay", "admin"].map((scope) => element("label", { class: "tick" },
    element("input", { type: "checkbox", value: scope, name: "scope", checked: scope === "receive" || scope === "reply" }),
    t("scopeOf." + scope)));
  dialog(t("tokenTitle", { name }), [
    ...field("form-name", "tokenName", { required: true, maxlength: 64 }), ...scopes,
    ...field("form-expires", "tokenExpires", { placeholder: "90d", pattern: expiry, title: t("expiryRule") }),
  ], () => submit({
    name: byId("form-name").value,
    scopes: scopes.map((label) => label.firstChild).filter((box) => box.checked).map((box) => box.value),
    ...(byId("form-expires").value ? { expires: byId("form-expires").value } : {}),
  }), "addToken");
}

/** Shows a token, this once. */
export function showToken(token) {
  dialog(t("tokenOnceTitle"), [element("p", {}, t("tokenOnceText")), element("p", { class: "once", id: "token-once" }, token)],
    async () => {
      // It is shown this once: where it cannot be copied, it stays to be written down.
      if (!(await copy(token))) throw new Error("clipboard");
      notice(t("copied"));
    }, "copyAndClose", true);
}

/** Asks whether it is meant. */
export function confirmed(title, text, word, submit) {
  dialog(title, [element("p", {}, text)], submit, word);
}
