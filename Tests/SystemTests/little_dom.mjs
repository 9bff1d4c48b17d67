// As much of a browser's document as the pages use, so that they can be tried in node: no layout, no validation of forms.
// What hangs on those is tried in a browser.

const voids = new Set(["meta", "link", "input", "img", "br"]);

class Text {
  constructor(text) {
    this.textContent = text;
  }
}

class Element {
  constructor(name) {
    this.localName = name;
    this.parentNode = null;
    this.childNodes = [];
    this.attributes = new Map();
    this.listeners = new Map();
    this.style = {};
    this.value = "";
    this.scrollTop = this.clientHeight = 0;
    this.dataset = new Proxy({}, {
      get: (_, key) => this.attributes.get(attribute(key)),
      set: (_, key, value) => this.setAttribute(attribute(key), value) ?? true,
    });
  }

  setAttribute(name, value) {
    this.attributes.set(name, String(value));
    if (name === "value") this.value = String(value);
  }

  getAttribute = (name) => this.attributes.get(name) ?? null;
  removeAttribute = (name) => void this.attributes.delete(name);

  get children() {
    return this.childNodes.filter((node) => node instanceof Element);
  }

  get firstChild() {
    return this.childNodes[0] ?? null;
  }

  get textContent() {
    return this.childNodes.map((node) => node.textContent).join("");
  }

  set textContent(text) {
    this.replaceChildren(String(text));
  }

  append(...nodes) {
    for (const node of nodes) this.insertBefore(node instanceof Element ? node : new Text(String(node)), null);
  }

  insertBefore(node, next) {
    node.parentNode?.drop(node);
    node.parentNode = this;
    this.childNodes.splice(next ? this.childNodes.indexOf(next) : this.childNodes.length, 0, node);
  }

  drop(node) {
    this.childNodes.splice(this.childNodes.indexOf(node), 1);
    node.parentNode = null;
  }

  replaceChildren(...nodes) {
    for (const node of [...this.childNodes]) this.drop(node);
    this.append(...nodes);
  }

  remove() {
    this.parentNode?.drop(this);
  }

  contains(node) {
    for (let at = node; at; at = at.parentNode) if (at === this) return true;
    return false;
  }

  closest(selector) {
    for (let at = this; at; at = at.parentNode) if (at.matches(selector)) return at;
    return null;
  }

  /** Lists of `name#id.class[attribute=value]`, and nothing that joins them. */
  matches(selector) {
    return selector.split(",").some((one) => one.trim().match(/^[\w-]+|[#.][\w-]+|\[[^\]]+\]/g).every((part) => {
      if (part[0] === "#") return this.id === part.slice(1);
      if (part[0] === ".") return (this.attributes.get("class") ?? "").split(" ").includes(part.slice(1));
      if (part[0] !== "[") return this.localName === part;
      const [name, value] = part.slice(1, -1).split("=");
      return this.attributes.has(name) && (value === undefined || this.attributes.get(name) === value.replaceAll('"', ""));
    }));
  }

  querySelectorAll(selector) {
    return this.children.flatMap((node) => [...(node.matches(selector) ? [node] : []), ...node.querySelectorAll(selector)]);
  }

  querySelector = (selector) => this.querySelectorAll(selector)[0] ?? null;
  addEventListener = (type, listener) => void this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);

  /** What listeners are told of; true where none of them kept it from its effect. */
  happen(type, more = {}) {
    const event = { type, target: this, isPrevented: false, preventDefault: () => (event.isPrevented = true), ...more };
    for (let at = this; at; at = at.parentNode) for (const listener of at.listeners.get(type) ?? []) listener(event);
    return !event.isPrevented;
  }

  click() {
    if (this.happen("click") && this.matches("button[type=submit]")) this.closest("form")?.happen("submit");
  }

  focus() {
    document.activeElement = this;
  }

  showModal() {
    this.setAttribute("open", "");
    (this.querySelector("[autofocus]") ?? this.querySelector("input, select, textarea, button"))?.focus();
  }

  close() {
    this.removeAttribute("open");
    this.happen("close");
  }

  get cells() {
    return this.children;
  }

  get options() {
    return this.children;
  }
}

const attribute = (key) => "data-" + key.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());

for (const name of ["id", "lang", "type", "href", "tabIndex"]) {
  Object.defineProperty(Element.prototype, name, {
    get() { return this.attributes.get(name.toLowerCase()) ?? ""; },
    set(value) { this.setAttribute(name.toLowerCase(), value); },
  });
}
for (const name of ["hidden", "disabled", "checked", "open", "inert"]) {
  Object.defineProperty(Element.prototype, name, {
    get() { return this.attributes.has(name); },
    set(value) { if (value) this.setAttribute(name, ""); else this.removeAttribute(name); },
  });
}

/** Makes a page's document, and what its scripts ask of a browser, what all have from now on. */
export function openPage(html) {
  const root = new Element("#document");
  let at = root;
  for (const [, comment, close, name, attributes, text] of html.matchAll(/<!(-?)[^>]*>|<\/(\w+)>|<(\w+)((?:\s[^>]*)?)>|([^<]+)/g)) {
    if (close) at = at.parentNode;
    else if (text) at.append(text);
    else if (comment === undefined) {
      const node = new Element(name);
      for (const [, key, value] of attributes.matchAll(/([\w-]+)(?:="([^"]*)")?/g)) node.setAttribute(key, value ?? "");
      at.append(node);
      if (!voids.has(name)) at = node;
    }
  }
  Object.assign(root, {
    documentElement: root.querySelector("html"), body: root.querySelector("body"), activeElement: root.querySelector("body"),
    createElement: (name) => new Element(name), getElementById: (id) => root.querySelector("#" + id),
  });
  const timers = Object.fromEntries(["setTimeout", "setInterval"].map((name) => {
    const real = globalThis[name];
    // A page's timers alone keep no test from ending.
    return [name, (...words) => { const timer = real(...words); timer.unref(); return timer; }];
  }));
  Object.assign(globalThis, timers, {
    document: root, addEventListener: () => {}, ResizeObserver: class { observe() {} }, matchMedia: () => ({ matches: false }),
    requestAnimationFrame: (run) => setTimeout(run, 0), cancelAnimationFrame: clearTimeout,
  });
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: { languages: ["en"], clipboard: { writeText: async (text) => (root.copied = text) } } });
  return root;
}

const pause = globalThis.setTimeout;

/** Waits until something is so. */
export async function until(condition, what = String(condition)) {
  const start = Date.now();
  for (let value; ; await new Promise((resolve) => pause(resolve, 5))) {
    if ((value = condition())) return value;
    if (Date.now() - start > 20_000) throw new Error("waited in vain: " + what);
  }
}
