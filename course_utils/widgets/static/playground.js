// The playground's front end: sends what is pressed to Python, and draws what Python sends. It
// tells Python of each picture that it has drawn, so that training never runs far ahead of the page.
// It computes nothing about the network, and asks nothing from any network.

// A DataView as numbers of a kind; copied, so that the bytes are aligned.
function numbers(view, Kind) {
  if (!view) return new Kind();
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return new Kind(bytes.slice().buffer);
}

function rgb(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

// 256 colours from one over white to another, softened so that the points stand out.
function scale(low, high) {
  const table = new Uint8ClampedArray(256 * 4);
  for (let value = 0; value < 256; value++) {
    const signed = (value - 127.5) / 127.5;
    const end = rgb(signed < 0 ? low : high);
    const share = 0.75 * Math.abs(signed);
    table.set([...end.map((part) => 255 + (part - 255) * share), 255], 4 * value);
  }
  return table;
}

function render({ model, el }) {
  const { colours, grid, small, edge, ...choices } = model.get("_choices");
  const table = scale(colours.model, colours.data);

  // --- what is on the page -------------------------------------------------------------------
  const root = element("div", "playground", el, { role: "group", "aria-label": "Playground" });
  const bar = element("div", "pg-bar", root);

  function button(name, text, label, act) {
    const node = element("button", "pg-button", bar, {
      type: "button",
      text,
      "data-testid": name,
      "aria-label": label,
    });
    node.addEventListener("click", act);
    return node;
  }

  function chooser(name, text, values, parent, act) {
    const label = element("label", "pg-label", parent, { text: `${text} ` });
    const node = element("select", "pg-select", label, { "data-testid": name });
    for (const [value, words] of values)
      element("option", "", node, { value: String(value), text: words });
    node.addEventListener("change", () => act(node.value));
    return node;
  }

  const same = (values) => values.map((value) => [value, String(value)]);
  const upTo = (from, to) => same(Array.from({ length: to - from + 1 }, (_, k) => from + k));
  const send = (content) => model.send(content);
  const choose = (settings) => send({ do: "choose", ...settings });

  const run = button("run", "Run", "Run: train the network", () =>
    send({ do: model.get("_running") ? "pause" : "run" }),
  );
  const step = button("step", "Step", "Step: train for one epoch", () => send({ do: "step" }));
  button("reset", "Reset", "Reset: begin again with other random weights", () =>
    send({ do: "reset" }),
  );
  const data = chooser("data", "points", choices.data, bar, (value) => choose({ data: value }));
  const layers = chooser("layers", "hidden layers", upTo(0, choices.layers), bar, (value) => {
    const hidden = model.get("_settings").hidden;
    const wanted = Number(value);
    const more = Array(Math.max(0, wanted - hidden.length)).fill(hidden.at(-1) ?? 3);
    choose({ hidden: [...hidden, ...more].slice(0, wanted) });
  });
  const activation = chooser("activation", "activation", same(choices.activation), bar, (value) =>
    choose({ activation: value }),
  );
  const rate = chooser("rate", "learning rate", same(choices.rate), bar, (value) =>
    choose({ rate: Number(value) }),
  );

  const below = element("div", "pg-below", root);
  const network = element("div", "pg-network", below, { "data-testid": "network" });
  const columns = [];
  for (let layer = 0; layer < choices.layers; layer++) {
    const column = element("div", "pg-column", network);
    const sizes = upTo(1, choices.nodes);
    const nodes = chooser(`nodes-${layer + 1}`, `layer ${layer + 1}`, sizes, column, (value) => {
      const hidden = [...model.get("_settings").hidden];
      hidden[layer] = Number(value);
      choose({ hidden });
    });
    nodes.setAttribute("aria-label", `nodes of layer ${layer + 1}`);
    const maps = element("div", "pg-maps", column);
    columns.push({ column, nodes, maps, canvases: [] });
  }

  function picture(parent, heading, width, height, label, testid) {
    const column = element("div", "pg-column", parent);
    const head = element("div", "pg-heading", column, { text: heading });
    const canvas = element("canvas", "pg-canvas", column, {
      "data-testid": testid,
      role: "img",
      "aria-label": label,
    });
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const dense = Math.max(1, Math.min(2, window.devicePixelRatio || 1));
    canvas.width = width * dense;
    canvas.height = height * dense;
    const paper = canvas.getContext("2d");
    paper.scale(dense, dense);
    return { column, head, canvas, paper, width, height };
  }

  const region = picture(
    below,
    "epoch 0",
    290,
    290,
    "The plane: where the network says orange square, where it says blue circle, and the points",
    "region",
  );
  const curve = picture(
    below,
    "loss, epoch by epoch",
    250,
    190,
    "The loss on these points and on fresh ones, epoch by epoch",
    "curve",
  );
  const legend = element("div", "pg-legend", curve.column);
  for (const [words, colour, look] of [
    ["these points", colours.data, "solid"],
    ["fresh points", colours.model, "dashed"],
  ]) {
    const entry = element("span", "pg-entry", legend);
    element("span", "pg-line", entry).style.borderTop = `3px ${look} ${colour}`;
    element("span", "", entry, { text: words });
  }
  const says = element("div", "pg-says", curve.column, { "data-testid": "says" });
  const status = element("div", "pg-status", curve.column, {
    role: "status",
    "data-testid": "status",
  });

  // --- drawing -------------------------------------------------------------------------------
  const raw = document.createElement("canvas");

  // Bytes as coloured pixels on a small canvas, to be drawn enlarged.
  function coloured(bytes, side) {
    raw.width = raw.height = side;
    const context = raw.getContext("2d");
    const pixels = context.createImageData(side, side);
    for (let i = 0; i < side * side; i++) {
      const at = 4 * (i < bytes.length ? bytes[i] : 127);
      pixels.data.set(table.subarray(at, at + 4), 4 * i);
    }
    context.putImageData(pixels, 0, 0);
    return raw;
  }

  function drawRegion() {
    const { paper, width, height } = region;
    paper.imageSmoothingEnabled = true;
    // The outermost values belong on the very edge: half a pixel of the small canvas is cut off.
    const source = coloured(numbers(model.get("_grid"), Uint8Array), grid);
    paper.drawImage(source, 0.5, 0.5, grid - 1, grid - 1, 0, 0, width, height);
    const points = numbers(model.get("_points"), Float32Array);
    paper.lineWidth = 1.5;
    paper.strokeStyle = "#ffffff";
    for (let i = 0; i + 2 < points.length; i += 3) {
      const x = ((points[i] + edge) / (2 * edge)) * width;
      const y = ((edge - points[i + 1]) / (2 * edge)) * height;
      paper.fillStyle = points[i + 2] > 0.5 ? colours.data : colours.model;
      paper.beginPath();
      if (points[i + 2] > 0.5) paper.arc(x, y, 4.5, 0, 2 * Math.PI);
      else paper.rect(x - 4, y - 4, 8, 8);
      paper.fill();
      paper.stroke();
    }
  }

  function drawCurve() {
    const { paper, width, height } = curve;
    const values = numbers(model.get("_curve"), Float32Array);
    const box = { left: 44, right: width - 12, top: 10, bottom: height - 28 };
    let most = 0.8;
    for (let i = 0; i + 2 < values.length; i += 3)
      for (const loss of [values[i + 1], values[i + 2]])
        if (Number.isFinite(loss)) most = Math.max(most, Math.min(loss, 2));
    const last = Math.max(10, values.length ? values[values.length - 3] : 0);
    const across = (epoch) => box.left + (epoch / last) * (box.right - box.left);
    const up = (loss) => box.bottom - (Math.min(loss, most) / most) * (box.bottom - box.top);
    paper.fillStyle = "#ffffff";
    paper.fillRect(0, 0, width, height);
    paper.font = "16px system-ui, sans-serif";
    paper.fillStyle = "#262626";
    paper.strokeStyle = "#e3e3e3";
    paper.lineWidth = 1;
    paper.textAlign = "right";
    paper.textBaseline = "middle";
    for (const loss of most > 1 ? [0, 0.5, 1, 1.5, 2] : [0, 0.2, 0.4, 0.6, 0.8]) {
      if (loss > most + 1e-6) continue;
      paper.fillText(loss.toFixed(1), box.left - 8, up(loss));
      paper.beginPath();
      paper.moveTo(box.left, up(loss));
      paper.lineTo(box.right, up(loss));
      paper.stroke();
    }
    paper.textBaseline = "top";
    paper.fillText(String(last), box.right, box.bottom + 8);
    paper.textAlign = "left";
    paper.fillText("0", box.left, box.bottom + 8);
    paper.textAlign = "center";
    paper.fillText("epoch", (box.left + box.right) / 2, box.bottom + 8);
    const lines = [
      [2, colours.model, [7, 4], 2],
      [1, colours.data, [], 2.5],
    ];
    for (const [which, colour, dashes, thick] of lines) {
      paper.strokeStyle = colour;
      paper.lineWidth = thick;
      paper.setLineDash(dashes);
      paper.beginPath();
      for (let i = 0; i + 2 < values.length; i += 3)
        if (Number.isFinite(values[i + which])) paper.lineTo(across(values[i]), up(values[i + which]));
      paper.stroke();
    }
    paper.setLineDash([]);
  }

  function drawNodes() {
    const hidden = model.get("_settings").hidden;
    const bytes = numbers(model.get("_nodes"), Uint8Array);
    let start = 0;
    columns.forEach(({ column, nodes, maps, canvases }, layer) => {
      const count = hidden[layer] ?? 0;
      column.hidden = count === 0;
      nodes.value = String(count || 1);
      while (canvases.length < count) {
        const number = canvases.length + 1;
        const label = `Where node ${number} of layer ${layer + 1} answers high (blue) and low (orange)`;
        const canvas = element("canvas", "pg-map", maps, { role: "img", "aria-label": label });
        canvas.width = canvas.height = 2 * small;
        canvases.push(canvas);
      }
      while (canvases.length > count) canvases.pop().remove();
      for (const canvas of canvases) {
        const map = bytes.subarray(start, (start += small * small));
        canvas.getContext("2d").drawImage(coloured(map, small), 0, 0, 2 * small, 2 * small);
      }
    });
    network.hidden = hidden.length === 0;
  }

  let shown = "";
  function draw() {
    const frame = model.get("_frame");
    const running = model.get("_running");
    const settings = model.get("_settings");
    drawRegion();
    drawCurve();
    drawNodes();
    region.head.textContent = `epoch ${model.get("_epoch")}`;
    says.textContent = model.get("_says");
    run.textContent = running ? "Pause" : "Run";
    run.setAttribute("aria-label", running ? "Pause training" : "Run: train the network");
    run.classList.toggle("pg-running", running);
    data.value = settings.data;
    layers.value = String(settings.hidden.length);
    activation.value = settings.activation;
    rate.value = String(settings.rate);
    // Read aloud when training begins or ends, not with every picture.
    const now = running ? "training" : "paused";
    if (now !== shown) status.textContent = shown = now;
    root.dataset.running = String(running);
    root.dataset.epoch = String(model.get("_epoch"));
    root.dataset.redraws = String(Number(root.dataset.redraws ?? 0) + 1);
    send({ do: "seen", frame });
  }

  model.on("change:_frame", draw);
  draw();
  return () => model.off("change:_frame", draw);
}

export default { render };
