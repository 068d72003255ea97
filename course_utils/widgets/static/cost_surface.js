// Shared by the two widgets of notebook 01, put in front of each: a plot on a canvas, and the cost
// surface of a straight line. Everything is worked out here, so moving is smooth without Python.

const COLOURS = {
  data: "#0072B2",
  model: "#E69F00",
  error: "#CC79A7",
  right: "#009E73",
  wrong: "#D55E00",
  ink: "#262626",
  grid: "#E3E3E3",
};

const between = (low, value, high) => Math.min(high, Math.max(low, value));
const shown = (value, digits = 2) =>
  (Math.abs(value) >= 1e5 ? value.toExponential(1) : value.toFixed(digits)).replace("-", "−");

// The cost of a line is a square in a and b, so six sums over the points say it all.
function costOf(x, y) {
  const mean = (f) => x.reduce((sum, _, i) => sum + f(x[i], y[i]), 0) / x.length;
  const [xx, x1, xy, y1, yy] = [
    mean((u) => u * u),
    mean((u) => u),
    mean((u, v) => u * v),
    mean((_, v) => v),
    mean((_, v) => v * v),
  ];
  return {
    at: (a, b) => a * a * xx + 2 * a * b * x1 + b * b - 2 * a * xy - 2 * b * y1 + yy,
    slopes: (a, b) => [2 * (a * xx + b * x1 - xy), 2 * (a * x1 + b - y1)],
  };
}

// A canvas with axes. Sizes are CSS pixels; the canvas itself is as fine as the screen.
class Plot {
  constructor(parent, width, height, attributes) {
    this.canvas = element("canvas", "cs-plot", parent, attributes);
    [this.width, this.height] = [width, height];
    this.canvas.style.width = `${width}px`;
    this.canvas.style.aspectRatio = `${width} / ${height}`;
    this.box = { left: 58, right: width - 12, top: 12, bottom: height - 48 };
    this.pen = this.canvas.getContext("2d");
  }

  scale([xLow, xHigh], [yLow, yHigh], logarithmic = false) {
    Object.assign(this, { xLow, xHigh, yLow, yHigh, logarithmic });
  }

  x(value) {
    const { left, right } = this.box;
    return left + ((value - this.xLow) / (this.xHigh - this.xLow)) * (right - left);
  }

  y(value) {
    const { top, bottom } = this.box;
    const go = this.logarithmic ? Math.log10 : (v) => v;
    const share = (go(value) - go(this.yLow)) / (go(this.yHigh) - go(this.yLow));
    return bottom - share * (bottom - top);
  }

  // Where in the plot's own units a pointer is.
  where(event) {
    const { left, right, top, bottom } = this.box;
    const frame = this.canvas.getBoundingClientRect();
    const zoom = this.width / frame.width;
    const u = ((event.clientX - frame.left) * zoom - left) / (right - left);
    const v = (bottom - (event.clientY - frame.top) * zoom) / (bottom - top);
    return [
      this.xLow + between(0, u, 1) * (this.xHigh - this.xLow),
      this.yLow + between(0, v, 1) * (this.yHigh - this.yLow),
    ];
  }

  begin() {
    const dense = between(1, window.devicePixelRatio || 1, 3);
    const wide = Math.round(this.width * dense);
    if (this.canvas.width !== wide) {
      this.canvas.width = wide;
      this.canvas.height = Math.round(this.height * dense);
    }
    this.pen.setTransform(dense, 0, 0, dense, 0, 0);
    this.pen.fillStyle = "#ffffff";
    this.pen.fillRect(0, 0, this.width, this.height);
    this.pen.lineJoin = this.pen.lineCap = "round";
  }

  ticks(low, high, most) {
    const raw = (high - low) / most;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= raw);
    const found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) {
      found.push(k * step);
    }
    return found;
  }

  axes(xName, yName, grid = true) {
    const { pen, box } = this;
    pen.font = "15px system-ui, sans-serif";
    pen.lineWidth = 1;
    pen.fillStyle = COLOURS.ink;
    pen.textAlign = "center";
    pen.textBaseline = "top";
    for (const value of this.ticks(this.xLow, this.xHigh, 7)) {
      if (grid) this.line([[value, this.yLow], [value, this.yHigh]], COLOURS.grid, 1);
      pen.fillText(String(+value.toFixed(6)).replace("-", "−"), this.x(value), box.bottom + 5);
    }
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    const powers = [];
    if (this.logarithmic) {
      const [low, high] = [this.yLow, this.yHigh].map(Math.log10);
      const every = Math.max(1, Math.ceil((high - low) / 6));
      for (let k = Math.ceil(low); k <= high; k += every) powers.push(10 ** k);
    }
    for (const value of this.logarithmic ? powers : this.ticks(this.yLow, this.yHigh, 6)) {
      if (grid) this.line([[this.xLow, value], [this.xHigh, value]], COLOURS.grid, 1);
      const text = value >= 1e5 ? value.toExponential(0).replace("+", "") : +value.toFixed(6);
      pen.fillText(String(text).replace("-", "−"), box.left - 6, this.y(value));
    }
    pen.textAlign = "center";
    pen.textBaseline = "bottom";
    pen.font = "16px system-ui, sans-serif";
    pen.fillText(xName, (box.left + box.right) / 2, this.height - 4);
    pen.save();
    pen.translate(4, (box.top + box.bottom) / 2);
    pen.rotate(-Math.PI / 2);
    pen.textBaseline = "top";
    pen.fillText(yName, 0, 0);
    pen.restore();
    pen.strokeStyle = "#595959";
    pen.strokeRect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  }

  // Draw only inside the axes.
  inside(draw) {
    const { left, right, top, bottom } = this.box;
    this.pen.save();
    this.pen.beginPath();
    this.pen.rect(left, top, right - left, bottom - top);
    this.pen.clip();
    draw();
    this.pen.restore();
  }

  line(places, colour, width) {
    const far = 1e5; // beyond that a canvas may lose a line altogether
    this.pen.beginPath();
    for (const [u, v] of places) {
      if (!Number.isFinite(u) || !Number.isFinite(v)) break;
      this.pen.lineTo(between(-far, this.x(u), far), between(-far, this.y(v), far));
    }
    this.pen.strokeStyle = colour;
    this.pen.lineWidth = width;
    this.pen.stroke();
  }

  dot(u, v, radius, colour, rim = null) {
    if (!Number.isFinite(u) || !Number.isFinite(v)) return;
    const [left, top] = [this.x(u), this.y(v)];
    if (Math.abs(left) > 1e5 || Math.abs(top) > 1e5) return;
    this.pen.beginPath();
    this.pen.arc(left, top, radius, 0, 2 * Math.PI);
    this.pen.fillStyle = colour;
    this.pen.fill();
    if (rim) {
      this.pen.lineWidth = 2;
      this.pen.strokeStyle = rim;
      this.pen.stroke();
    }
  }

  cross(u, v, colour) {
    const [left, top] = [this.x(u), this.y(v)];
    this.pen.strokeStyle = colour;
    this.pen.lineWidth = 3;
    this.pen.beginPath();
    this.pen.moveTo(left - 8, top);
    this.pen.lineTo(left + 8, top);
    this.pen.moveTo(left, top - 8);
    this.pen.lineTo(left, top + 8);
    this.pen.stroke();
  }
}

// The cost for every slope (to the right) and intercept (upwards), in bands: from one to the next
// the cost above the least doubles. Painted once, then copied at each redraw.
function surfaceOn(plot, model, cost) {
  const shades = model.get("_shades");
  const [a, b] = model.get("_best");
  plot.scale(model.get("_a_range"), model.get("_b_range"));
  const { left, right, top, bottom } = plot.box;
  const fine = 2;
  const [wide, high] = [Math.round((right - left) * fine), Math.round((bottom - top) * fine)];
  const least = cost.at(a, b);
  const most = Math.max(
    ...[plot.xLow, plot.xHigh].flatMap((u) => [plot.yLow, plot.yHigh].map((v) => cost.at(u, v))),
  );
  const bands = new Int8Array(wide * high);
  for (let row = 0; row < high; row++) {
    const v = plot.yHigh - ((row + 0.5) / high) * (plot.yHigh - plot.yLow);
    for (let column = 0; column < wide; column++) {
      const u = plot.xLow + ((column + 0.5) / wide) * (plot.xHigh - plot.xLow);
      const above = Math.max(cost.at(u, v) - least, 1e-12) / (most - least);
      bands[row * wide + column] = between(0, Math.floor(shades + Math.log2(above)), shades - 1);
    }
  }
  const error = [204, 121, 167];
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [wide, high];
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(wide, high);
  for (let i = 0; i < bands.length; i++) {
    const edge =
      (i % wide > 0 && bands[i] !== bands[i - 1]) || (i >= wide && bands[i] !== bands[i - wide]);
    const depth = 0.15 + (0.85 * (bands[i] + 1)) / shades;
    const colour = edge ? [255, 255, 255] : error.map((c) => 255 + (c - 255) * Math.min(1, depth));
    image.data.set([...colour, 255], 4 * i);
  }
  pen.putImageData(image, 0, 0);
  return () => {
    plot.begin();
    plot.pen.drawImage(canvas, left, top, right - left, bottom - top);
    plot.axes("slope a", "intercept b", false);
    plot.inside(() => plot.cross(a, b, COLOURS.right));
  };
}

// A slider with its name in front and its value behind.
function slider(parent, testid, name, low, high, step, digits, moved) {
  const row = element("label", "cs-slider", parent);
  element("span", "cs-name", row, { text: name });
  const input = element("input", "", row, {
    type: "range",
    min: String(low),
    max: String(high),
    step: String(step),
    "data-testid": testid,
  });
  const value = element("output", "cs-value", row);
  input.addEventListener("input", () => moved(Number(input.value)));
  return (now) => {
    input.value = String(now);
    value.textContent = shown(now, digits);
    input.setAttribute("aria-valuetext", shown(now, digits));
  };
}

// Follow a pointer that drags over a plot: mouse, pen or finger.
function drag(plot, moved) {
  let active = null;
  plot.canvas.addEventListener("pointerdown", (event) => {
    if (active !== null || (event.pointerType === "mouse" && event.button !== 0)) return;
    event.preventDefault();
    active = event.pointerId;
    try {
      plot.canvas.setPointerCapture(active);
    } catch {
      // a pointer that is already gone
    }
    moved(...plot.where(event));
  });
  plot.canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId === active) moved(...plot.where(event));
  });
  for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) {
    plot.canvas.addEventListener(kind, (event) => {
      if (event.pointerId === active) active = null;
    });
  }
}

// The numbers a reader moves: redrawn at most once a frame, told to Python a little less often.
// What Python sends is taken over only when the reader is at rest: it may be an echo of a number
// that has been left behind already.
function moving(model, names, draw) {
  const REST = 700; // milliseconds
  const now = Object.fromEntries(names.map((name) => [name, model.get(name)]));
  let [frame, timer, later, touched] = [0, 0, 0, -Infinity];

  function redraw() {
    if (frame) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      draw(now);
    });
  }

  function tell() {
    timer = 0;
    for (const name of names) model.set(name, now[name]);
    model.save_changes();
  }

  function heard() {
    clearTimeout(later);
    const wait = touched + REST - performance.now();
    if (wait > 0) {
      later = setTimeout(heard, wait);
      return;
    }
    for (const name of names) now[name] = model.get(name);
    redraw();
  }

  names.forEach((name) => model.on(`change:${name}`, heard));
  return {
    redraw,
    move(values) {
      touched = performance.now();
      Object.assign(now, values);
      redraw();
      if (!timer) timer = setTimeout(tell, 80);
    },
    start: () => draw(now),
    stop() {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      clearTimeout(later);
      names.forEach((name) => model.off(`change:${name}`, heard));
    },
  };
}
