// What the theme leaves to do: reading by keyboard, and the search where no server answers.

// A page opened as a file may not fetch others, so results come without their extracts.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// What scrolls sideways must be reachable by keyboard.
function letScrollingPartsBeReached() {
  const parts = "pre, .table-wrapper, div.math, .cell_output .output, .cell_output div";
  for (const part of document.querySelectorAll(`article :is(${parts})`)) {
    const style = getComputedStyle(part).overflowX;
    const scrolls = part.scrollWidth > part.clientWidth && (style === "auto" || style === "scroll");
    if (scrolls) part.tabIndex = 0;
    else if (part.getAttribute("tabindex") === "0") part.removeAttribute("tabindex");
  }
}

// The theme's two drawers are opened by labels, which no keyboard reaches.
function makeButton(label, name) {
  const box = document.getElementById(label.htmlFor);
  const icon = label.querySelector(".icon"); // a label may not be a button itself
  icon.tabIndex = 0;
  icon.setAttribute("role", "button");
  icon.setAttribute("aria-label", name);
  const tell = () => icon.setAttribute("aria-expanded", String(box.checked));
  box.addEventListener("change", tell);
  tell();
  icon.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      box.click();
    }
  });
}

document.addEventListener("DOMContentLoaded", () => {
  const names = { __navigation: "Pages of the course", __toc: "Sections of this page" };
  for (const label of document.querySelectorAll(".nav-overlay-icon, .toc-overlay-icon")) {
    makeButton(label, names[label.htmlFor]);
  }
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Search and pages");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "Sections of this page");
  for (const fold of document.querySelectorAll("details")) {
    fold.addEventListener("toggle", letScrollingPartsBeReached);
  }
  letScrollingPartsBeReached();
});
addEventListener("load", letScrollingPartsBeReached);
addEventListener("resize", letScrollingPartsBeReached);
