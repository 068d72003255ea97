// The drawing pad's front end: draws strokes on a canvas, sends them to Python, and shows Python's
// answer. It keeps nothing that Python doesn't know, and asks nothing from any network.

const SEND_EVERY = 160; // milliseconds between pictures sent while a stroke is being drawn
const PATIENCE = 5000; // milliseconds to wait for Python before saying so

function element(tag, className, parent, attributes = {}) {
  const node = document.createElement(tag);
  node.className = className;
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else node.setAttribute(name, value);
  }
  parent.append(node);
  return node;
}

function bytes(view) {
  return view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array();
}

// A picture of side × side grey pixels (0 is black) as a canvas that can be drawn elsewhere.
function picture(grey, side) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    const value = i < grey.length ? grey[i] : 0;
    pixels.data.set([value, value, value, 255], 4 * i);
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

function render({ model, el }) {
  const side = model.get("_side");
  const brush = model.get("_brush");
  const id = Math.random().toString(36).slice(2);

  let strokes = [];
  let backdrop = new Uint8Array(); // an example's pixels, behind the strokes
  let active = null; // the pointer that draws
  let sent = 0;
  let sendTimer = null;
  let waitTimer = null;

  // --- what is on the page -------------------------------------------------------------------
  const root = element("div", "draw-digit", el, { role: "group", "aria-label": "Drawing pad" });
  root.dataset.lmSuppressShortcuts = "true"; // JupyterLab: keys typed here are not commands

  const left = element("div", "dd-column", root);
  element("div", "dd-heading", left, { text: "Draw a digit here" });
  const pad = element("canvas", "dd-pad", left, {
    "data-testid": "pad",
    role: "img",
    "aria-label": "Drawing area: draw one digit with mouse, pen or finger",
  });
  const buttons = element("div", "dd-buttons", left);
  const undo = element("button", "dd-undo", buttons, {
    type: "button",
    text: "Undo",
    "data-testid": "undo",
    "aria-label": "Undo the last stroke",
  });
  const clear = element("button", "dd-clear", buttons, {
    type: "button",
    text: "Clear",
    "data-testid": "clear",
    "aria-label": "Clear the drawing",
  });
  const names = model.get("_examples");
  let chooser = null;
  if (names.length) {
    chooser = element("select", "dd-examples", buttons, {
      "data-testid": "examples",
      "aria-label": "Show an example instead of drawing",
    });
    element("option", "", chooser, { value: "", text: "Example …" });
    names.forEach((name, k) => element("option", "", chooser, { value: String(k), text: name }));
  }

  const middle = element("div", "dd-column", root);
  element("div", "dd-heading", middle, { text: "The network sees" });
  const preview = element("canvas", "dd-preview", middle, {
    "data-testid": "preview",
    role: "img",
    "aria-label": "The 28 by 28 pixels that the network sees",
  });
  element("div", "dd-note", middle, { text: "28 × 28 pixels, centred" });

  const right = element("div", "dd-column dd-answer", root);
  const bars = [];
  if (model.get("_reads")) {
    element("div", "dd-heading", right, { text: "The network says" });
    const list = element("div", "dd-bars", right, { role: "list", "data-testid": "bars" });
    for (let digit = 0; digit < 10; digit++) {
      const row = element("div", "dd-row", list, { role: "listitem", "data-digit": String(digit) });
      element("span", "dd-digit", row, { text: String(digit) });
      const track = element("span", "dd-track", row, { "aria-hidden": "true" });
      const fill = element("span", "dd-fill", track);
      const share = element("span", "dd-share", row);
      bars.push({ row, fill, share });
    }
  }
  const says = element("div", "dd-says", right, {
    role: "status",
    "aria-live": "polite",
    "data-testid": "says",
  });

  // --- drawing -------------------------------------------------------------------------------
  const context = pad.getContext("2d");

  function size() {
    const dense = Math.max(1, Math.min(3, window.devicePixelRatio || 1));
    const wide = Math.round(side * dense);
    if (pad.width !== wide) pad.width = pad.height = wide;
    context.setTransform(wide / side, 0, 0, wide / side, 0, 0);
  }

  function trace(stroke) {
    context.beginPath();
    context.moveTo(...stroke[0]);
    if (stroke.length === 1) context.lineTo(stroke[0][0] + 0.01, stroke[0][1]);
    for (let i = 1; i < stroke.length - 1; i++) {
      const [x, y] = stroke[i];
      const [u, v] = stroke[i + 1];
      context.quadraticCurveTo(x, y, (x + u) / 2, (y + v) / 2);
    }
    if (stroke.length > 1) context.lineTo(...stroke[stroke.length - 1]);
    context.stroke();
  }

  function paint() {
    size();
    context.fillStyle = "#101010";
    context.fillRect(0, 0, side, side);
    if (backdrop.length) {
      context.imageSmoothingEnabled = false;
      context.drawImage(picture(backdrop, 28), 0, 0, side, side);
    }
    context.strokeStyle = "rgba(255, 255, 255, 0.10)";
    context.lineWidth = 1;
    for (let k = 1; k < 14; k++) {
      const at = (k * side) / 14;
      context.beginPath();
      context.moveTo(at, 0);
      context.lineTo(at, side);
      context.moveTo(0, at);
      context.lineTo(side, at);
      context.stroke();
    }
    context.strokeStyle = "#ffffff";
    context.lineWidth = brush;
    context.lineCap = context.lineJoin = "round";
    strokes.forEach(trace);
    undo.disabled = strokes.length === 0;
    clear.disabled = strokes.length === 0 && backdrop.length === 0;
  }

  function place(event) {
    const box = pad.getBoundingClientRect();
    const scale = side / box.width;
    const round = (value) => Math.round(value * 10) / 10;
    return [round((event.clientX - box.left) * scale), round((event.clientY - box.top) * scale)];
  }

  function request(extra = {}) {
    clearTimeout(sendTimer);
    sendTimer = null;
    sent += 1;
    model.set("_request", { view: id, n: sent, strokes, ...extra });
    model.save_changes();
    clearTimeout(waitTimer);
    waitTimer = setTimeout(() => {
      says.textContent =
        "No answer from Python yet: it is busy with another cell, or stopped. " +
        "If no cell is running, run this one again.";
      says.classList.add("dd-problem");
    }, PATIENCE);
  }

  function soon() {
    if (sendTimer === null) sendTimer = setTimeout(request, SEND_EVERY);
  }

  function begin(event) {
    if (active !== null || (event.pointerType === "mouse" && event.button !== 0)) return;
    event.preventDefault();
    active = event.pointerId;
    try {
      pad.setPointerCapture(active);
    } catch {
      // a pointer that is already gone: the stroke ends with the next event
    }
    backdrop = new Uint8Array();
    strokes.push([place(event)]);
    paint();
    soon();
  }

  function move(event) {
    if (event.pointerId !== active) return;
    event.preventDefault();
    const stroke = strokes[strokes.length - 1];
    const all = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const one of all.length ? all : [event]) {
      const [x, y] = place(one);
      const [u, v] = stroke[stroke.length - 1];
      if (Math.hypot(x - u, y - v) >= 1) stroke.push([x, y]);
    }
    paint();
    soon();
  }

  function end(event) {
    if (event.pointerId !== active) return;
    active = null;
    paint();
    request();
  }

  pad.addEventListener("pointerdown", begin);
  pad.addEventListener("pointermove", move);
  pad.addEventListener("pointerup", end);
  pad.addEventListener("pointercancel", end);
  pad.addEventListener("lostpointercapture", end);
  pad.addEventListener("contextmenu", (event) => event.preventDefault());

  undo.addEventListener("click", () => {
    strokes.pop();
    paint();
    request();
    if (undo.disabled) pad.parentElement.querySelector("select, button:enabled")?.focus();
  });
  clear.addEventListener("click", () => {
    backdrop = new Uint8Array();
    strokes = [];
    paint();
    request();
  });
  chooser?.addEventListener("change", () => {
    if (chooser.value !== "") request({ strokes: [], example: Number(chooser.value) });
    chooser.value = "";
  });

  // --- Python's answer -----------------------------------------------------------------------
  function showPreview() {
    const grey = bytes(model.get("_preview"));
    const shown = 140;
    preview.width = preview.height = shown;
    const paper = preview.getContext("2d");
    paper.imageSmoothingEnabled = false;
    paper.drawImage(picture(grey, 28), 0, 0, shown, shown);
    let ink = 0;
    for (const value of grey) ink += value;
    preview.dataset.ink = String(ink);
  }

  function showAnswer() {
    const chances = model.get("_chances");
    const texts = model.get("_shares");
    const best = chances.indexOf(Math.max(...chances));
    bars.forEach(({ row, fill, share }, digit) => {
      const chance = chances.length ? chances[digit] : 0;
      fill.style.width = `${(100 * chance).toFixed(1)}%`;
      share.textContent = texts.length ? texts[digit] : "";
      row.classList.toggle("dd-best", chances.length > 0 && digit === best);
    });
    says.textContent = model.get("_says");
    says.classList.toggle("dd-problem", model.get("_failed"));
  }

  function answered() {
    if (model.get("_heard") === `${id}:${sent}`) clearTimeout(waitTimer);
    showPreview();
    showAnswer();
  }

  function copyDrawing() {
    strokes = model.get("_strokes").map((stroke) => stroke.map((point) => [...point]));
    backdrop = bytes(model.get("_backdrop")).slice();
    paint();
  }

  function takeOver() {
    // A drawing that this view didn't make itself: an example, or one made in Python.
    if (active === null && model.get("_by") !== id) copyDrawing();
  }

  model.on("change:_serial", answered);
  model.on("change:_serial", takeOver);
  copyDrawing();
  showPreview();
  showAnswer();

  return () => {
    clearTimeout(sendTimer);
    clearTimeout(waitTimer);
    model.off("change:_serial", answered);
    model.off("change:_serial", takeOver);
  };
}

export default { render };
