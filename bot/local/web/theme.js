// The colour theme: the system's, until the visitor chooses one. Loaded before the first paint, hence no
// module.
(() => {
  const KEY = "theme";
  const root = document.documentElement;
  const systemDark = matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is blocked: follow the system
    }
  }

  function remember(theme) {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // storage is blocked: the choice lasts until the page is closed
    }
  }

  function show(theme) {
    root.dataset.theme = theme;
    document.querySelector("meta[name=theme-color]").content = theme === "dark" ? "#17212b" : "#ffffff";
    const other = theme === "dark" ? "light" : "dark";
    document.getElementById("theme")?.setAttribute("aria-label", `Switch to the ${other} theme`);
  }

  function followSystem() {
    if (!chosen()) show(systemDark.matches ? "dark" : "light");
  }

  show(chosen() ?? (systemDark.matches ? "dark" : "light"));
  systemDark.addEventListener("change", followSystem);
  document.addEventListener("DOMContentLoaded", () => {
    show(root.dataset.theme);
    document.getElementById("theme").addEventListener("click", () => {
      const theme = root.dataset.theme === "dark" ? "light" : "dark";
      remember(theme);
      show(theme);
    });
  });
})();
