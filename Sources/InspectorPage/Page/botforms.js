// The forms of the page of the bots.
import { byId, copy, element } from "./dom.js";
import { dialog } from "./dialogs.js";
import { t } from "./words.js";

const field = (id, word, attributes = {}) => [
  element("label", { for: id }, t(word)),
  element("input", { id, type: "text", autocomplete: "off", spellcheck: "false", autocapitalize: "none", ...attributes }),
];

const secretField = (id, word) => field(id, word, { type: "password", required: true, minlength: 8 });

/** Asks for a new bot. */
export function addBot(add) {
  const platform = element("select", { id: "form-platform" },
    ["qq", "wechat", "messenger", "dialogflow", "generic"].map((name) => element("option", { value: name }, name)));
  dialog(t("addBot"), [
    ...field("form-name", "botName", { required: true, maxlength: 64, pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]*" }),
    element("label", { for: "form-platform" }, t("platform")), platform,
    ...secretField("form-secret", "platformSecret"), ...field("form-appid", "appID", { maxlength: 64 }),
  ], () => add({
    name: byId("form-name").value, platform: platform.value, secret: byId("form-secret").value,
    ...(byId("form-appid").value ? { appid: byId("form-appid").value } : {}),
  }), "addBot");
}

/** Asks for a bot's next secret. */
export function rotate(name, submit) {
  dialog(t("rotateTitle", { name }), [element("p", {}, t("rotateText")), ...secretField("form-secret", "newSecret")],
    () => submit(byId("form-secret").value), "rotate");
}

/** Asks what a token is for. */
export function addToken(name, submit) {
  const scopes = ["receive", "reply", "replay", "admin"].map((scope) => element("label", { class: "tick" },
    element("input", { type: "checkbox", value: scope, name: "scope", checked: scope === "receive" || scope === "reply" }),
    t("scopeOf." + scope)));
  dialog(t("tokenTitle", { name }), [
    ...field("form-name", "tokenName", { required: true, maxlength: 64 }), ...scopes,
    ...field("form-expires", "tokenExpires", { placeholder: "90d", pattern: "[0-9]+(d|h|m|s)" }),
  ], () => submit({
    name: byId("form-name").value,
    scopes: scopes.map((label) => label.firstChild).filter((box) => box.checked).map((box) => box.value),
    ...(byId("form-expires").value ? { expires: byId("form-expires").value } : {}),
  }), "addToken");
}

/** Shows a token, this once. */
export function showToken(token) {
  dialog(t("tokenOnceTitle"), [element("p", {}, t("tokenOnceText")), element("p", { class: "once", id: "token-once" }, token)],
    () => copy(token), "copyAndClose");
}

/** Asks whether it is meant. */
export function confirmed(title, text, word, submit) {
  dialog(title, [element("p", {}, text)], submit, word);
}
