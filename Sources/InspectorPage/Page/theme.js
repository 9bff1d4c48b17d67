// Light, dark, or what the system says.

const order = ["auto", "light", "dark"];
const words = { auto: "themeAuto", light: "themeLight", dark: "themeDark" };
let theme = "auto";
try {
  const known = localStorage.getItem("hookwire.theme");
  if (order.includes(known)) theme = known;
} catch {
  // Storage may be off.
}
apply();

/** The word that names the theme. */
export const themeWord = () => words[theme];

/** Goes on to the next theme. */
export function switchTheme() {
  theme = order[(order.indexOf(theme) + 1) % order.length];
  try {
    localStorage.setItem("hookwire.theme", theme);
  } catch {
    // The choice then lasts as long as the page.
  }
  apply();
}

function apply() {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
