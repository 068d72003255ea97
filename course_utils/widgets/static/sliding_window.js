// A window sliding over a picture: convolution, pooling, and the backward pass. The walks are laid
// out as in course_utils/widgets/_windows.py, and each state is sent to Python. Nothing is asked
// from any network.

const SPEEDS = [
  ["slow", 1],
  ["steady", 2.5],
  ["quick", 6],
  ["fastest", 15],
]; // positions a second
const TELL = 250; // milliseconds between two messages to Python while playing
const LARGEST = 9999; // the greatest magnitude that can be typed
const LINE = 25; // pixels from line to line
const TALL = 415; // pixels in height that the tables may take, of a slide's 600
// Sizes to try: a cell of the picture, its text, and whether the weights lie in it as well.
const SIZES = [[58, 20, true], [54, 19, true], [50, 18, true], [46, 17, true], [40, 17, false],
               [36, 17, false], [32, 16, false]]; // prettier-ignore
const CHANNELS = ["Red", "Green", "Blue"];
// matplotlib's PuOr_r: below 0, 0 in the middle, above 0
const SIGNED = [[45, 0, 75], [84, 39, 136], [128, 115, 172], [178, 171, 210], [216, 218, 235],
                [247, 247, 247], [254, 224, 182], [253, 184, 99], [224, 130, 20], [179, 88, 6],
                [127, 59, 8]]; // prettier-ignore

// --- numbers as words -------------------------------------------------------------------------

function spelled(text) {
  return /[1-9]/.test(text) ? text.replace("-", "−") : text.replace("-", "");
}

function written(value, places = null) {
  if (places !== null) return spelled(value.toFixed(places));
  return spelled(String(Number(value.toFixed(Math.abs(value) >= 0.095 ? 2 : 4))));
}

function bracketed(value) {
  const text = written(value);
  return text.startsWith("−") ? `(${text})` : text;
}

function signed(value) {
  const text = written(value);
  return text.startsWith("−") ? `− ${text.slice(1)}` : `+ ${text}`;
}

// With how many decimals a table is written: 2 at most, more where all numbers are small.
function decimals(values) {
  const greatest = Math.max(0, ...values.map(Math.abs));
  const most = greatest >= 0.1 || greatest === 0 ? 2 : 4;
  for (let places = 0; places < most; places += 1) {
    const near = (v) => Math.abs(v - Number(v.toFixed(places))) <= 1e-9 * Math.max(1, greatest);
    if (values.every(near)) return places;
  }
  return most;
}

function parsed(text) {
  const plain = text.trim().replace("−", "-").replace(",", ".");
  const number = "[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?";
  const match = plain.match(new RegExp(`^(${number})(?:/(${number}))?$`, "i"));
  const value = match ? Number(match[1]) / (match[2] === undefined ? 1 : Number(match[2])) : NaN;
  return Number.isFinite(value) && Math.abs(value) <= LARGEST ? value : null;
}

// --- colours ----------------------------------------------------------------------------------

// Greys where nothing is negative, white at 1, at 255 or at the greatest; else the signed map.
function scaleOf(values, isSigned = values.some((value) => value < 0)) {
  const greatest = Math.max(0, ...values.map(Math.abs)) || 1;
  if (isSigned) return { signed: true, top: greatest };
  return {
    signed: false,
    top: greatest <= 1 ? 1 : greatest >= 100 && greatest <= 255 ? 255 : greatest,
  };
}

function shade(value, scale) {
  let rgb;
  if (scale.signed) {
    const place = Math.min(1, Math.max(0, 0.5 + (0.5 * value) / scale.top)) * 10;
    const low = Math.min(9, Math.floor(place));
    rgb = SIGNED[low].map((from, k) => from + (place - low) * (SIGNED[low + 1][k] - from));
  } else {
    rgb = Array(3).fill(255 * Math.min(1, Math.max(0, value / scale.top)));
  }
  const [r, g, b] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  const paper = `rgb(${rgb.map(Math.round).join(",")})`;
  return { paper, ink: (light + 0.05) ** 2 > 1.05 * 0.05 ? "#000" : "#fff" };
}

// --- laying out a walk ------------------------------------------------------------------------
// A plane is rows of cells { v: [a number a channel], from: [array, row, column] or null where a
// zero was put there }.

function planeOf(array, name) {
  return array.map((row, i) => row.map((v, j) => ({ v, from: [name, i, j] })));
}

function zeros(rows, columns, channels) {
  const cell = () => ({ v: Array(channels).fill(0), from: null });
  return Array.from({ length: rows }, () => Array.from({ length: columns }, cell));
}

function padded(plane, [[top, bottom], [left, right]]) {
  const channels = plane[0][0].v.length;
  const wide = left + plane[0].length + right;
  return [
    ...zeros(top, wide, channels),
    ...plane.map((row) => [
      ...zeros(1, left, channels)[0],
      ...row,
      ...zeros(1, right, channels)[0],
    ]),
    ...zeros(bottom, wide, channels),
  ];
}

function spaced(plane, stride) {
  const size = (side) => (side - 1) * stride + 1;
  const result = zeros(size(plane.length), size(plane[0].length), 1);
  plane.forEach((row, i) => row.forEach((cell, j) => (result[i * stride][j * stride] = cell)));
  return result;
}

function amounts(size, window, stride, padding) {
  if (typeof padding === "number") return [padding, padding];
  if (padding === "full") return [window - 1, window - 1];
  if (padding !== "same") return [0, 0];
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + window - size, 0);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

function laid(state) {
  const { mode, stride } = state;
  const image = planeOf(state.image, "image");
  const walk = { stride, reduce: "sum", bias: 0, divide: 1, weights: null };
  const sizes = [image.length, image[0].length];
  if (mode === "back") {
    const slopes = spaced(planeOf(state.slopes, "slopes"), stride);
    const kernel = planeOf(state.kernel, "kernel");
    walk.stride = 1;
    if (state.show === "kernel") {
      walk.weights = slopes;
      walk.own = image;
      walk.shape = [kernel.length, kernel[0].length];
      walk.pads = [[0, 0], [0, 0]]; // prettier-ignore
      walk.names = ["X", "∂L/∂O", "∂L/∂F"];
    } else {
      walk.weights = kernel.map((row) => [...row].reverse()).reverse();
      walk.own = slopes;
      walk.shape = sizes;
      const k = [kernel.length, kernel[0].length];
      const rest = [sizes[0] - slopes.length, sizes[1] - slopes[0].length];
      walk.pads = [0, 1].map((axis) => [k[axis] - 1, rest[axis]]);
      walk.names = ["∂L/∂O", "F turned by 180°", "∂L/∂X"];
    }
    walk.size = [walk.weights.length, walk.weights[0].length];
  } else {
    if (mode === "pool") {
      walk.size = [state.window, state.window];
      walk.reduce = state.kind;
      walk.names = ["Image", "Window", "Output"];
    } else {
      walk.weights = planeOf(state.kernel, "kernel");
      walk.size = [walk.weights.length, walk.weights[0].length];
      walk.bias = state.bias;
      walk.divide = state.divide;
      walk.names = ["Image", "Kernel", "Output"];
    }
    walk.own = image;
    walk.pads = sizes.map((size, axis) => amounts(size, walk.size[axis], stride, state.padding));
    walk.shape = sizes.map((size, axis) => {
      const [before, after] = walk.pads[axis];
      return Math.floor((size + before + after - walk.size[axis]) / stride) + 1;
    });
  }
  walk.picture = padded(walk.own, walk.pads);
  walk.channels = image[0][0].v.length;
  return walk;
}

// The window at a position: its cells, and what they give.
function looked(walk, row, column) {
  const [kh, kw] = walk.size;
  const cells = [];
  for (let i = 0; i < kh; i += 1) {
    const line = walk.picture[row * walk.stride + i];
    for (let j = 0; j < kw; j += 1) cells.push(line[column * walk.stride + j]);
  }
  if (!walk.weights) {
    const own = cells.map((cell, k) => [cell.v[0], k, cell.from]).filter((each) => each[2]);
    const values = own.map((each) => each[0]);
    const sum = values.reduce((a, b) => a + b, 0);
    const best = own.reduce((a, b) => (b[0] > a[0] ? b : a));
    const total = { max: best[0], average: sum / values.length, sum }[walk.reduce];
    return { cells, values, total, best: walk.reduce === "max" ? best[1] : null };
  }
  const weights = walk.weights.flat();
  const products = cells.map((cell, k) => cell.v.map((v, channel) => v * weights[k].v[channel]));
  const sums = cells[0].v.map((_, channel) => products.reduce((s, each) => s + each[channel], 0));
  const total = sums.reduce((a, b) => a + b, 0) / walk.divide + walk.bias;
  return { cells, weights, products, sums, total, best: null };
}

// How the total comes about, in pieces between which a line may break; the last is the result.
function sentence(walk, seen, places) {
  const result = `= ${written(seen.total, places)}`;
  if (!walk.weights) {
    if (walk.reduce === "max")
      return [`max(${seen.values.map((v) => written(v)).join(", ")})`, result];
    const parts = seen.values.map((v, k) => (k === 0 ? written(v) : bracketed(v)));
    const pieces = parts.map((part, k) => (k < parts.length - 1 ? `${part} +` : part));
    if (walk.reduce === "average") {
      pieces[0] = `(${pieces[0]}`;
      pieces.push(`${pieces.pop()}) ÷ ${parts.length}`);
    }
    return [...pieces, result];
  }
  let pieces;
  let before = null;
  if (seen.sums.length > 1) {
    pieces = seen.sums.map((sum, k) => (k === 0 ? written(sum) : signed(sum)));
    const names = CHANNELS.slice(0, pieces.length).join(" + ").toLowerCase();
    before = `${names}${walk.bias === 0 ? "" : " + bias"}:`;
  } else {
    pieces = seen.cells.map((cell, k) => {
      const v = cell.v[0];
      const plus = k < seen.cells.length - 1 ? " +" : "";
      return `${bracketed(v)}·${bracketed(seen.weights[k].v[0])}${plus}`;
    });
  }
  if (walk.divide !== 1) {
    pieces[0] = `(${pieces[0]}`;
    pieces.push(`${pieces.pop()}) ÷ ${bracketed(walk.divide)}`);
  }
  if (walk.bias !== 0) pieces.push(signed(walk.bias));
  return [...(before ? [before] : []), ...pieces, result];
}

function formula(walk) {
  const axis = (k) => {
    const [before, after] = walk.pads[k];
    const around = before === after ? `2·${before}` : `${before} + ${after}`;
    const side = k === 0 ? walk.own.length : walk.own[0].length;
    // A window that stops before the end: as if the picture ended where it does.
    const used = Math.min(side, (walk.shape[k] - 1) * walk.stride + walk.size[k] - before - after);
    const size = walk.names[2] === "∂L/∂F" ? used : side;
    return `⌊(${size} + ${around} − ${walk.size[k]})/${walk.stride}⌋ + 1 = ${walk.shape[k]}`;
  };
  const [rows, columns] = [axis(0), axis(1)];
  return rows === columns ? `o = ${rows}` : `rows: ${rows},  columns: ${columns}`;
}

// --- the page ---------------------------------------------------------------------------------

// The width that the longest of some numbers takes, in letters' heights.
function roomFor(texts) {
  const wide = (letter) => ("−×".includes(letter) ? 0.84 : 0.64);
  const width = (letter) => (".,()".includes(letter) ? 0.33 : wide(letter));
  return Math.max(
    ...texts.map((text) => [...text].reduce((sum, letter) => sum + width(letter), 0)),
  );
}

function put(cell, text, colour = null) {
  if (cell.text !== text) cell.label.textContent = cell.text = text;
  const paper = colour ? colour.paper : "";
  if (cell.paper === paper) return;
  cell.paper = cell.node.style.backgroundColor = paper;
  cell.node.style.color = colour ? colour.ink : "";
}

function mark(cell, name, on) {
  cell.marks ??= {};
  if (Boolean(cell.marks[name]) === on) return;
  cell.marks[name] = on;
  cell.node.classList.toggle(name, on);
}

function move(node, row, column, wide, tall) {
  node.style.transform = `translate(${column * wide}px, ${row * tall}px)`;
}

function render({ model, el }) {
  const setup = model.get("_setup");
  const copy = (value) => (value === undefined ? value : JSON.parse(JSON.stringify(value)));
  let state = copy(setup);
  let walk = laid(state);
  let at = 0; // the position, counted in row order
  let reached = 0; // up to where the output is filled
  let playing = null; // the animation frame asked for
  let due = 0; // when the next step is to be seen
  let output = [];
  let places = 0;
  let told = 0;
  let waiting = null;
  let editor = null;
  let page = null; // the grids, and what is in them
  let width = 0;

  const root = element("div", "sliding-window", el, {
    role: "group",
    "aria-label": "A window sliding over an image",
  });
  if (typeof setup.title === "string") element("div", "sw-title", root, { text: setup.title });
  const bar = element("div", "sw-bar", root);
  const button = (id, text, label) =>
    element("button", `sw-${id}`, bar, {
      type: "button",
      text,
      "data-testid": id,
      "aria-label": label,
    });
  const back = button("back", "◀ Back", "Back: one position back");
  const step = button("step", "Step ▶", "Step: one position on");
  const play = button("play", "Play", "Play, or pause");
  const menu = (parent, id, name, options, label) => {
    const holder = element("label", "sw-choice", parent);
    element("span", "", holder, { text: name });
    const node = element("select", "", holder, { "data-testid": id, "aria-label": label });
    for (const [value, text] of options) element("option", "", node, { value, text });
    return node;
  };
  const speed = menu(
    bar,
    "speed",
    "Speed",
    SPEEDS.map(([name, each]) => [each, name]),
    "Speed",
  );
  speed.value = "2.5";
  const scrub = element("input", "sw-scrub", bar, {
    type: "range",
    min: 0,
    step: 1,
    "data-testid": "scrub",
    "aria-label": "Position",
  });
  const where = element("span", "sw-where", bar, { "data-testid": "where" });
  const reset = button("reset", "Reset", "Reset: the numbers and settings of the start");

  const stage = element("div", "sw-stage", root, { "data-testid": "stage" });

  const settings = element("div", "sw-bar sw-settings", root);
  const menus = {};
  const choose = (id, name, options, label) => {
    menus[id] = menu(settings, id, name, options, label);
  };
  const numbers = (...list) => list.map((each) => [each, String(each)]);
  if (state.mode === "pool") {
    choose("kind", "Take the", [["max", "maximum"], ["average", "average"], ["sum", "sum"]],
           "What is taken of the window's cells"); // prettier-ignore
    const sides = [...new Set([2, 3, setup.window])].sort();
    const most = Math.min(setup.image.length, setup.image[0].length);
    const fitting = sides.filter((side) => side <= most || side === setup.window);
    choose(
      "window",
      "Window",
      fitting.map((side) => [side, `${side} × ${side}`]),
      "Window",
    );
  }
  if (state.mode === "back") {
    choose("show", "Fill in", [["kernel", "∂L/∂F, the slope at the kernel"],
                               ["image", "∂L/∂X, the slope at the image"]], "What is filled in"); // prettier-ignore
  } else {
    choose("stride", "Stride", numbers(...new Set([1, 2, 3, setup.stride].sort())), "Stride");
    const paddings = ["valid", "same", ...(state.mode === "pool" ? [] : ["full"])];
    const given =
      typeof setup.padding === "number" ? [[setup.padding, `${setup.padding} around`]] : [];
    choose("padding", "Padding", [...paddings.map((each) => [each, each]), ...given], "Padding");
  }
  let bias = null;
  if (state.mode === "convolution") {
    const holder = element("label", "sw-choice", settings);
    element("span", "", holder, { text: "Bias" });
    bias = element("input", "sw-bias", holder, {
      type: "text",
      inputmode: "decimal",
      "data-testid": "bias",
      "aria-label": "Bias",
    });
  }
  const size = element("div", "sw-formula", settings, { "data-testid": "formula" });
  size.hidden = setup.show_size === false;
  const says = element("div", "sw-says", root, {
    role: "status",
    "aria-live": "polite",
    "data-testid": "says",
  });

  const count = () => walk.shape[0] * walk.shape[1];
  const place = (index = at) => [Math.floor(index / walk.shape[1]), index % walk.shape[1]];
  const say = (text) => {
    if (says.textContent !== text) says.textContent = text;
  };

  // --- grids ---------------------------------------------------------------------------------
  // A table of cells in the page: `edit` where one can type into them, `jump` where one goes to them.
  function grid(parent, rows, columns, wide, tall, { id, label, edit, jump }) {
    const node = element("div", "sw-grid", parent, { "data-testid": id });
    node.style.gridTemplateColumns = `repeat(${columns}, ${wide}px)`;
    node.style.gridAutoRows = `${tall}px`;
    const live = edit || jump;
    if (live) {
      node.setAttribute("role", "grid");
      node.setAttribute("aria-label", label);
    } else {
      node.setAttribute("aria-hidden", "true");
    }
    const cells = [];
    for (let i = 0; i < rows; i += 1) {
      const line = element("div", "sw-line", node, live ? { role: "row" } : {});
      for (let j = 0; j < columns; j += 1) {
        const cell = element("div", "sw-cell", line);
        const made = { node: cell, label: element("span", "sw-number", cell), text: "", paper: "" };
        cells.push(made);
        if (!live) continue;
        cell.setAttribute("role", "gridcell");
        cell.tabIndex = cells.length === 1 ? 0 : -1;
        cell.dataset.lmSuppressShortcuts = "true";
        cell.dataset.at = `${id} ${i} ${j}`;
        cell.addEventListener("keydown", (event) =>
          pressed(event, { id, i, j, rows, columns, edit, jump }),
        );
        if (jump) cell.addEventListener("click", () => jump(i, j));
        if (edit) cell.addEventListener("click", () => edit(i, j));
      }
    }
    return { node, cells, wide, tall, columns };
  }

  const cellAt = (id, i, j) => stage.querySelector(`[data-at="${id} ${i} ${j}"]`);

  function pressed(event, { id, i, j, rows, columns, edit, jump }) {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey)
      return;
    const ways = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const way = ways[event.key];
    if (way) {
      event.preventDefault();
      event.stopPropagation();
      const [row, column] = [i + way[0], j + way[1]];
      if (row < 0 || column < 0 || row >= rows || column >= columns) return;
      if (jump) jump(row, column);
      focusOn(id, row, column);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      event.stopPropagation();
      (edit ?? jump)(i, j);
    } else if (edit && /^[-+.,\d−]$/.test(event.key)) {
      event.preventDefault();
      event.stopPropagation();
      edit(i, j, event.key);
    }
  }

  // Each table is one stop of the Tab key; its arrow keys go from cell to cell.
  function focusOn(id, i, j) {
    const cell = cellAt(id, i, j);
    if (!cell) return;
    for (const other of stage.querySelectorAll(`[data-at^="${id} "][tabindex="0"]`))
      other.tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus({ preventScroll: true });
  }

  function block(parent, name, hint = "") {
    const node = element("div", "sw-block", parent);
    const head = element("div", "sw-name", node, { text: name });
    if (hint) element("span", "sw-hint", head, { text: hint });
    return node;
  }

  // The sizes of a kernel stand beside its name where there is room.
  function headOf(name) {
    return name === "Kernel" && walk.channels === 1 && walk.size[1] > 2 ? `${name} 3 × 3` : name;
  }

  const sign = (parent, text) => element("div", "sw-sign", parent, { text, "aria-hidden": "true" });

  // Sizes of the cells and which of the arrangements fits the width.
  function arranged(kept) {
    const [rows, columns] = [walk.picture.length, walk.picture[0].length];
    const [kh, kw] = walk.size;
    const texts = walk.picture.flat().flatMap((cell) => cell.v.map((v) => written(v)));
    const weights = walk.weights
      ? walk.weights.flat().flatMap((cell) => cell.v.map((v) => written(v)))
      : ["0"];
    const answers = output.map((value) => written(value, places));
    const room = {
      picture: roomFor(texts),
      lying: roomFor(weights.map((text) => `×${text}`)),
      kernel: roomFor(weights),
      product: roomFor(products()),
      output: roomFor(answers),
    };
    const many = walk.channels > 1;
    const found = [];
    for (const [unit, font, pills] of SIZES) {
      const lying = pills && walk.weights && !many;
      const gap = unit > 40 ? 10 : 6;
      const side = (least, ...needs) =>
        Math.ceil(Math.max(least, ...needs.map((need) => need * font + gap)));
      const small = Math.min(unit, Math.max(36, Math.round(0.82 * unit)));
      const wide = lying
        ? Math.max(side(unit, room.picture), Math.ceil(room.lying * 16 + 10))
        : side(many ? small : unit, room.picture);
      const kernel = side(small, room.kernel);
      const product = side(small, room.product);
      const seen = side(small, room.picture);
      const out = side(Math.min(unit, 54), room.output);
      const look = { unit, font, wide, tall: unit, small, kernel, product, seen, out, lying, many };
      const [pw, ow] = [columns * wide, walk.shape[1] * out];
      const named = (across, text) => Math.max(across, text.length * 9.6 + 4);
      const kernels = named(kw * kernel, headOf(walk.names[1]));
      const multiplied = named(kw * product, "Products");
      const outWide = named(ow, many ? walk.names[2] : `${walk.names[2]} 4 × 4`);
      if (many) {
        for (const stacked of [false, true]) {
          const pair = kernels + multiplied + 64;
          const column = Math.max(pw, stacked ? Math.max(kernels, multiplied) : pair);
          const across = walk.channels * (column + 14) + 34 + outWide;
          const down = stacked ? rows * small + 2 * kh * small + 84 : (rows + kh) * small + 56;
          found.push({ ...look, layout: stacked ? "stacked" : "channels", column, width: across,
                       height: down + LINE + 50 }); // prettier-ignore
        }
        continue;
      }
      const looked_ = named(kw * seen, "Window");
      const single = walk.weights ? looked_ + kernels + multiplied + 64 : Math.max(looked_, 250);
      const double = walk.weights ? Math.max(looked_ + kernels + 32, multiplied + 32, 250) : single;
      const sides = named(pw, `${walk.names[0]} 4 × 4`) + outWide + 96;
      const tall = Math.max(rows * unit, walk.shape[0] * Math.min(unit, 54)) + 28;
      const lines = (across) => Math.ceil((kh * kw * 78) / across) * LINE + 22;
      const table = kh * small + 28;
      found.push({ ...look, layout: "row", middle: single, width: sides + single,
                   height: Math.max(tall, table + lines(single)) }); // prettier-ignore
      if (walk.weights) {
        found.push({ ...look, layout: "double", middle: double, width: sides + double,
                     height: Math.max(tall, 2 * table + lines(double)) }); // prettier-ignore
      }
      found.push({ ...look, layout: "under", middle: single, height: tall + table,
                   width: Math.max(sides - 48, single + (walk.weights ? 200 : 0)) }); // prettier-ignore
    }
    const fitting = found.filter((each) => each.width <= width);
    const low = fitting.filter((each) => each.height <= TALL);
    const least = (list, key) => [...list].sort((a, b) => a[key] - b[key])[0];
    const before = low.find((each) => kept && each.layout === page?.look.layout);
    return before ?? low[0] ?? least(fitting, "height") ?? least(found, "width");
  }

  // The products that may come: of the greatest and least numbers, to know their room.
  function products() {
    if (!walk.weights) return ["0"];
    const all = [];
    for (let index = 0; index < count(); index += 1) {
      for (const each of looked(walk, ...place(index)).products)
        all.push(...each.map((v) => written(v)));
    }
    return all;
  }

  function edits(plane) {
    return (i, j, typed = null, channel = 0) => {
      const { from } = plane[i][j];
      if (from) edit(from, channel, typed);
    };
  }

  function build(look) {
    const focused = root.contains(document.activeElement)
      ? document.activeElement.dataset.at
      : null;
    editor?.close();
    stage.replaceChildren();
    stage.className = `sw-stage sw-${look.layout}`;
    stage.style.setProperty("--sw-font", `${look.font}px`);
    page = { look, planes: [], seen: [], kernels: [], products: [], sums: [] };
    const [rows, columns] = [walk.picture.length, walk.picture[0].length];
    const [kh, kw] = walk.size;
    const own = (plane) => `${plane.length} × ${plane[0].length}`;
    const pictureId = walk.own[0][0].from[0];

    function picture(parent, channel) {
      const id = walk.channels > 1 ? `${pictureId}-${channel}` : pictureId;
      const name =
        walk.channels > 1 ? (CHANNELS[channel] ?? `Channel ${channel + 1}`) : walk.names[0];
      const holder = block(parent, name, walk.channels > 1 ? "" : own(walk.own));
      const made = grid(holder, rows, columns, look.wide, look.many ? look.small : look.tall, {
        id,
        label: `${name}, ${rows} rows, ${columns} columns: type to change a number`,
        edit: (i, j, typed) => edits(walk.picture)(i, j, typed, channel),
      });
      made.cells.forEach((cell, k) => {
        const { from } = walk.picture[Math.floor(k / columns)][k % columns];
        cell.node.classList.toggle("sw-put", !from);
        if (from) cell.node.classList.add("sw-editable");
      });
      made.frame = element("div", "sw-frame", made.node, { "aria-hidden": "true" });
      made.frame.style.width = `${kw * look.wide}px`;
      made.frame.style.height = `${kh * made.tall}px`;
      if (look.lying) {
        made.frame.style.gridTemplateColumns = `repeat(${kw}, ${look.wide}px)`;
        made.frame.style.gridAutoRows = `${look.tall}px`;
        made.pills = walk.weights.flat().map(() => element("span", "sw-pill", made.frame));
      }
      page.planes[channel] = made;
      return holder;
    }

    function weights(parent, channel) {
      const id = walk.weights[0][0].from[0];
      const before = look.layout === "stacked" ? "× " : "";
      const holder = block(
        parent,
        before + walk.names[1],
        headOf(walk.names[1]) === walk.names[1] ? "" : own(walk.weights),
      );
      const made = grid(holder, kh, kw, look.kernel, look.small, {
        id: walk.channels > 1 ? `${id}-${channel}` : id,
        label: `${walk.names[1]}, ${kh} rows, ${kw} columns: type to change a number`,
        edit: (i, j, typed) => edits(walk.weights)(i, j, typed, channel),
      });
      made.node.classList.add("sw-kernel");
      made.cells.forEach((cell, k) => {
        const { from } = walk.weights[Math.floor(k / kw)][k % kw];
        cell.node.classList.add(from ? "sw-editable" : "sw-put");
      });
      page.kernels[channel] = made;
    }

    function window_(parent) {
      const made = grid(block(parent, "Window"), kh, kw, look.seen, look.small, { id: "covered" });
      made.node.classList.add("sw-kernel");
      page.seen[0] = made;
    }

    function multiplied(parent, channel) {
      const holder = block(parent, look.layout === "stacked" ? "= Products" : "Products");
      page.products[channel] = grid(holder, kh, kw, look.product, look.small, {
        id: walk.channels > 1 ? `products-${channel}` : "products",
      });
    }

    function added(parent) {
      page.sum = element("div", "sw-sum", parent, { "data-testid": "sum" });
      page.pieces = [];
      page.answer = element("span", "sw-total", page.sum, { "data-testid": "total" });
    }

    function answers(parent) {
      const holder = block(
        parent,
        walk.names[2],
        look.many ? "" : `${walk.shape[0]} × ${walk.shape[1]}`,
      );
      page.output = grid(holder, walk.shape[0], walk.shape[1], look.out, Math.min(look.tall, 54), {
        id: "output",
        label: `${walk.names[2]}, ${walk.shape[0]} rows, ${walk.shape[1]} columns: go to a cell`,
        jump: (i, j) => jumpTo(i * walk.shape[1] + j),
      });
      page.output.frame = element("div", "sw-frame", page.output.node, { "aria-hidden": "true" });
      page.output.frame.style.width = `${look.out}px`;
      page.output.frame.style.height = `${page.output.tall}px`;
    }

    const upper = element("div", "sw-upper", stage);
    if (look.many) {
      for (let channel = 0; channel < walk.channels; channel += 1) {
        const column = element("div", `sw-column sw-channel-${channel}`, upper);
        picture(column, channel);
        const pair = element("div", "sw-pair", column);
        if (look.layout === "channels") sign(pair, "×");
        weights(pair, channel);
        if (look.layout === "channels") sign(pair, "=");
        multiplied(pair, channel);
        page.sums[channel] = element("div", "sw-part", column);
      }
      sign(upper, "→");
      const last = element("div", "sw-column", upper);
      answers(last);
      added(stage);
    } else {
      picture(upper, 0);
      sign(upper, "→");
      const middle = element("div", "sw-middle", look.layout === "under" ? stage : upper);
      if (look.layout !== "under") middle.style.width = `${look.middle}px`;
      const pair = element("div", "sw-pair", middle);
      window_(pair);
      if (walk.weights) {
        sign(pair, "×");
        weights(pair, 0);
        const rest = look.layout === "double" ? element("div", "sw-pair", middle) : pair;
        sign(rest, "=");
        multiplied(rest, 0);
      }
      added(middle);
      if (look.layout !== "under") {
        const lines = walk.weights ? Math.ceil((kh * kw * 66) / look.middle) : 1;
        page.sum.style.minHeight = `${lines * LINE + 14}px`;
        sign(upper, "→");
      }
      answers(upper);
    }
    if (focused) {
      const [id, i, j] = focused.split(" ");
      focusOn(id, Math.min(i, 99), Math.min(j, 99));
    }
  }

  // --- painting ------------------------------------------------------------------------------

  // All that depends on the numbers and settings, not on the position.
  // `kept`: in the arrangement of before, if it still fits; else the page jumps at a typed number.
  function renew(kept = false) {
    walk = laid(state);
    at = Math.min(at, count() - 1);
    reached = Math.min(Math.max(reached, at), count() - 1);
    output = Array.from({ length: count() }, (_, index) => looked(walk, ...place(index)).total);
    places = decimals(output);
    const look = arranged(kept);
    const key = JSON.stringify([look, walk.size, walk.shape, walk.names, walk.pads,
                                walk.picture.map((row) => row.map((cell) => !cell.from))]); // prettier-ignore
    if (page?.key !== key) {
      build(look);
      page.key = key;
    }
    const values = walk.picture
      .flat()
      .filter((cell) => cell.from)
      .flatMap((cell) => cell.v);
    const weights = walk.weights ? walk.weights.flat().flatMap((cell) => cell.v) : [];
    const most = (list) => Math.max(0, ...list.map(Math.abs)) || 1;
    const scales = {
      picture: scaleOf(values),
      kernel: { signed: true, top: most(weights) },
      products: { signed: true, top: most(values) * most(weights) },
    };
    scales.output = walk.weights ? { signed: true, top: most(output) } : scales.picture;
    page.scales = scales;
    for (let channel = 0; channel < walk.channels; channel += 1) {
      const plane = page.planes[channel];
      walk.picture.flat().forEach((cell, k) => {
        const ignored = !cell.from && !walk.weights;
        put(plane.cells[k], ignored ? "" : written(cell.v[channel]),
            cell.from ? shade(cell.v[channel], scales.picture) : null); // prettier-ignore
      });
      if (!walk.weights) continue;
      walk.weights.flat().forEach((cell, k) => {
        put(page.kernels[channel].cells[k], written(cell.v[channel]),
            cell.from ? shade(cell.v[channel], scales.kernel) : null); // prettier-ignore
        if (!plane.pills) return;
        plane.pills[k].textContent = `×${written(cell.v[channel])}`;
        plane.pills[k].classList.toggle("sw-pale", cell.v[channel] === 0);
      });
    }
    scrub.max = count() - 1;
    size.textContent = `Output size: ${formula(walk)}`;
    if (walk.names[2].startsWith("∂")) size.textContent = `Size: ${formula(walk)}`;
    for (const [name, node] of Object.entries(menus)) node.value = String(state[name]);
    for (const option of menus.padding?.options ?? []) {
      const trial = {
        ...state,
        padding: Number.isNaN(Number(option.value)) ? option.value : Number(option.value),
      };
      option.disabled = laid(trial).shape.some((side) => side < 1);
    }
    if (bias && document.activeElement !== bias) bias.value = written(state.bias);
    paint();
  }

  // What depends on the position; only what has changed is touched.
  function paint() {
    const [row, column] = place();
    const seen = looked(walk, row, column);
    const { look, scales } = page;
    const [kh, kw] = walk.size;
    const [top, left] = [row * walk.stride, column * walk.stride];
    const across = walk.picture[0].length;
    page.planes.forEach((plane, channel) => {
      move(plane.frame, top, left, plane.wide, plane.tall);
      const covered = new Set();
      for (let i = 0; i < kh; i += 1) {
        for (let j = 0; j < kw; j += 1) covered.add((top + i) * across + left + j);
      }
      const best = seen.best === null ? -1
        : (top + Math.floor(seen.best / kw)) * across + left + (seen.best % kw); // prettier-ignore
      plane.cells.forEach((cell, k) => {
        if (look.lying) mark(cell, "sw-covered", covered.has(k));
        mark(cell, "sw-largest", k === best);
      });
      if (!walk.weights) return;
      seen.products.forEach((each, k) => {
        put(
          page.products[channel].cells[k],
          written(each[channel]),
          shade(each[channel], scales.products),
        );
      });
      if (page.sums[channel]) page.sums[channel].textContent = `sum ${written(seen.sums[channel])}`;
    });
    if (page.seen[0]) {
      seen.cells.forEach((cell, k) => {
        const shown = page.seen[0].cells[k];
        mark(shown, "sw-put", !cell.from);
        mark(shown, "sw-largest", k === seen.best);
        put(shown, !cell.from && !walk.weights ? "" : written(cell.v[0]),
            cell.from ? shade(cell.v[0], scales.picture) : null); // prettier-ignore
      });
    }
    const pieces = sentence(walk, seen, places);
    const result = pieces.pop();
    while (page.pieces.length > pieces.length) {
      const old = page.pieces.pop();
      old.after.remove();
      old.node.remove();
    }
    pieces.forEach((text, k) => {
      if (!page.pieces[k]) {
        const node = document.createElement("span");
        node.className = "sw-piece";
        const after = document.createTextNode(" ");
        page.sum.insertBefore(node, page.answer);
        page.sum.insertBefore(after, page.answer);
        page.pieces[k] = { node, after, text: "" };
      }
      if (page.pieces[k].text !== text)
        page.pieces[k].node.textContent = page.pieces[k].text = text;
    });
    if (page.answer.textContent !== result) page.answer.textContent = result;
    output.forEach((value, index) => {
      const cell = page.output.cells[index];
      const filled = index <= reached;
      put(cell, filled ? written(value, places) : "", filled ? shade(value, scales.output) : null);
    });
    move(page.output.frame, row, column, page.output.wide, page.output.tall);
    const tab = page.output.cells[at].node;
    if (page.tab !== tab) {
      if (page.tab) page.tab.tabIndex = -1;
      page.output.cells[0].node.tabIndex = -1;
      page.output.cells[0].node.removeAttribute("aria-selected");
      page.tab?.removeAttribute("aria-selected");
      tab.tabIndex = 0;
      tab.setAttribute("aria-selected", "true");
      page.tab = tab;
    }
    scrub.value = at;
    const text = `${at + 1} of ${count()}`;
    if (where.textContent !== text) where.textContent = text;
    scrub.setAttribute("aria-valuetext", text);
    back.disabled = at === 0;
    step.disabled = at === count() - 1;
    const label = playing === null ? "Play" : "Pause";
    if (play.textContent !== label) play.textContent = label;
    root.dataset.position = String(at);
    root.dataset.playing = String(playing !== null);
  }

  function spoken() {
    const [row, column] = place();
    const done = at === count() - 1 ? " The last position: the output is complete." : "";
    const all = reached === count() - 1 ? done : "";
    const cell = `${walk.names[2]}, row ${row + 1}, column ${column + 1}`;
    return `${cell}: ${written(output[at], places)}.${all}`;
  }

  function tell() {
    clearTimeout(waiting);
    waiting = null;
    told += 1;
    root.dataset.told = String(told);
    const [row, column] = place();
    const rows = Array.from({ length: walk.shape[0] }, (_, i) =>
      Array.from({ length: walk.shape[1] }, (_, j) => {
        const index = i * walk.shape[1] + j;
        return index <= reached ? output[index] : null;
      }),
    );
    model.set("_state", { ...copy(state), told, row, column, total: output[at], output: rows });
    model.save_changes();
  }

  const tellSoon = () => {
    if (waiting === null) waiting = setTimeout(tell, TELL);
  };

  // --- going on ------------------------------------------------------------------------------
  function go(to, fill, glide = false) {
    at = Math.min(count() - 1, Math.max(0, to));
    reached = fill === "to" ? at : Math.max(reached, at);
    root.classList.toggle("sw-glide", glide);
    paint();
  }

  function pause() {
    if (playing === null) return;
    cancelAnimationFrame(playing);
    playing = null;
    paint();
    tell();
  }

  function jumpTo(index) {
    pause();
    go(index, "more");
    say(spoken());
    tell();
  }

  function frame(now) {
    playing = requestAnimationFrame(frame);
    if (now < due) return;
    const gap = 1000 / Number(speed.value);
    due = now - due > gap ? now + gap : due + gap; // late frames don't make it run afterwards
    go(at + 1, "more", gap > 300);
    if (at === count() - 1) {
      const focused = document.activeElement === step;
      pause();
      say(spoken());
      if (focused) back.focus();
    } else tellSoon();
  }

  step.addEventListener("click", () => {
    pause();
    go(at + 1, "more", true);
    say(spoken());
    tell();
    if (step.disabled && document.activeElement !== back) back.focus();
  });
  back.addEventListener("click", () => {
    pause();
    go(at - 1, "to", true);
    say(spoken());
    tell();
    if (back.disabled) step.focus();
  });
  play.addEventListener("click", () => {
    if (playing !== null) {
      pause();
      say(spoken());
      return;
    }
    if (at === count() - 1) go(0, "to");
    say("");
    due = performance.now() + 1000 / Number(speed.value);
    playing = requestAnimationFrame(frame);
    paint();
  });
  speed.addEventListener("change", () => {
    due = Math.min(due, performance.now() + 1000 / Number(speed.value));
  });
  scrub.addEventListener("input", () => {
    const to = Number(scrub.value);
    pause();
    go(to, "to");
    say(spoken());
    tellSoon();
  });
  scrub.addEventListener("change", tell); // let go
  reset.addEventListener("click", () => {
    pause();
    state = copy(setup);
    at = reached = 0;
    root.classList.remove("sw-glide");
    renew();
    say("The numbers and settings of the start.");
    tell();
  });

  // --- settings ------------------------------------------------------------------------------
  for (const [name, node] of Object.entries(menus)) {
    node.addEventListener("change", () => {
      pause();
      const old = state.window;
      const value = Number(node.value);
      state[name] = Number.isNaN(value) ? node.value : value;
      if (name === "window" && state.stride === old) state.stride = value;
      if (name !== "kind") at = reached = 0;
      root.classList.remove("sw-glide");
      renew();
      say(name === "kind" ? spoken() : `The output is now ${walk.shape[0]} × ${walk.shape[1]}.`);
      tell();
    });
  }

  function refused(text, old) {
    const range = `a number from −${LARGEST} to ${LARGEST}, such as 0.5, −1 or 1/9`;
    const typed = text.trim().slice(0, 20);
    const what = typed ? `“${typed}” is not ${range}` : `Type ${range}`;
    return `${what}: ${written(old)} stays.`;
  }

  if (bias) {
    const take = () => {
      const value = parsed(bias.value);
      bias.setAttribute("aria-invalid", String(value === null));
      if (value === null) {
        say(refused(bias.value, state.bias));
        return false;
      }
      if (value === state.bias || bias.value === written(state.bias)) return true;
      state.bias = value;
      renew(true);
      say(spoken());
      tell();
      return true;
    };
    bias.addEventListener("focus", pause);
    bias.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !take()) bias.select();
      if (event.key === "Escape") bias.value = written(state.bias);
      event.stopPropagation();
    });
    bias.addEventListener("blur", () => {
      take();
      bias.value = written(state.bias);
      bias.setAttribute("aria-invalid", "false");
    });
  }

  // --- numbers typed into cells ----------------------------------------------------------------
  function edit([name, i, j], channel, typed) {
    pause();
    editor?.close();
    const old = state[name][i][j][channel];
    // The cell as it stands in the page: the kernel of the backward pass is turned there.
    const plane = name === walk.own[0][0].from[0] ? walk.picture : walk.weights;
    const row = plane.findIndex((line) =>
      line.some(({ from }) => from?.join() === `${name},${i},${j}`),
    );
    const column = plane[row].findIndex(({ from }) => from?.join() === `${name},${i},${j}`);
    const id = walk.channels > 1 ? `${name}-${channel}` : name;
    const cell = cellAt(id, row, column);
    const field = element("input", "sw-editor", cell, {
      type: "text",
      inputmode: "decimal",
      "data-testid": "editor",
      "aria-label": `${name}, row ${row + 1}, column ${column + 1}, now ${written(old)}`,
    });
    field.value = typed ?? String(old);
    const mine = { close: () => {} };
    const close = () => {
      mine.close = () => {};
      if (editor === mine) editor = null;
      field.remove();
    };
    mine.close = close;
    editor = mine;
    const take = (stays) => {
      if (editor !== mine) return;
      const value = field.value === String(old) ? old : parsed(field.value);
      if (value === null) {
        const words = refused(field.value, old);
        field.setAttribute("aria-invalid", "true");
        if (stays) field.select();
        else close();
        say(words);
        return;
      }
      close();
      if (value !== old) {
        state[name][i][j][channel] = value;
        renew(true);
        say(spoken());
        tell();
      }
      if (stays) focusOn(id, row, column);
    };
    field.addEventListener("click", (event) => event.stopPropagation());
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") {
        event.preventDefault();
        take(true);
      } else if (event.key === "Escape") {
        event.preventDefault();
        close();
        focusOn(id, row, column);
      }
    });
    field.addEventListener("blur", () => take(false));
    field.focus({ preventScroll: true });
    if (typed === null) field.select();
  }

  // --- the first picture, and again where the width changes -------------------------------------
  const measured = () => Math.floor(el.clientWidth || root.clientWidth || 900) - 12;
  width = measured();
  renew();
  say(
    "Click a number of the image or of the kernel to change it, a cell of the output to go there.",
  );
  if (state.mode === "pool")
    say("Click a number of the image to change it, a cell of the output to go there.");
  if (state.mode === "back") say("Click a number to change it, a cell of the result to go there.");
  tell();
  const watcher = new ResizeObserver(() => {
    const now = measured();
    if (now === width || editor) return;
    width = now;
    renew();
  });
  watcher.observe(el);
  return () => {
    watcher.disconnect();
    clearTimeout(waiting);
    if (playing !== null) cancelAnimationFrame(playing);
    playing = null;
  };
}

export default { render };
