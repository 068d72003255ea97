// Put in front of each widget's own script by `still.script`: a new element of the page.

function element(tag, className, parent, attributes = {}) {
  const node = document.createElement(tag);
  node.className = className;
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else node.setAttribute(name, value);
  }
  // Keys typed here are no commands of JupyterLab. It looks at the focused element first, so each
  // one has to say so itself.
  if (["button", "input", "select"].includes(tag)) node.dataset.lmSuppressShortcuts = "true";
  parent.append(node);
  return node;
}

