// A kernel slid over a photograph, at once on every change of a weight. The sliding is done here;
// Python hears the weights and computes the same when asked. Nothing is asked from any network.

const MOST_WEIGHT = 999;
const MOST_DIVISOR = 99999;
const NEARLY = 1e-9;
const LONGEST = 8; // seconds of learning

// --- numbers and texts ------------------------------------------------------------------------

function written(value, decimals = 2) {
  const scale = 10 ** decimals;
  return String(Math.round(value * scale) / scale || 0).replace("-", "−");
}

// A number as people type it: -1, −1, 0.5, 0,5 or 1/9. NaN where it is none.
function parsed(text) {
  const plain = text.trim().replace(/−/g, "-").replace(/,/g, ".");
  const decimal = "(\\d+\\.?\\d*|\\.\\d+)";
  const found = plain.match(new RegExp(`^([+-]?${decimal})(?:\\s*/\\s*${decimal})?$`));
  if (!found) return NaN;
  return found[3] === undefined ? Number(found[1]) : Number(found[1]) / Number(found[3]);
}

// What may still become a number: nobody is told off in the middle of typing.
function begun(text) {
  return /^\s*[+\-−]?(\d*[.,]?\d*\s*\/?\s*)?$/.test(text);
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

// --- kernels: { size, divisor, cells: [{ value, text }, …] }, row after row -------------------

function cellOf(value) {
  return { value, text: written(value, Number.isInteger(value) ? 0 : 3) };
}

function kernelOf({ cells, divisor }) {
  return { size: cells.length, divisor, cells: cells.flat().map(cellOf) };
}

function weightsOf(kernel) {
  return kernel.cells.map(({ value }) => value / kernel.divisor);
}

function rearranged(kernel, from) {
  const { size } = kernel;
  const cells = kernel.cells.map((_, i) => kernel.cells[from(Math.floor(i / size), i % size)]);
  return { ...kernel, cells: cells.map((cell) => ({ ...cell })) };
}

function turned(kernel) {
  const last = kernel.cells.length - 1;
  return rearranged(kernel, (row, column) => last - row * kernel.size - column);
}

function rotated(kernel) {
  return rearranged(kernel, (row, column) => (kernel.size - 1 - column) * kernel.size + row);
}

// The middle of a 5 × 5 kernel, or a 3 × 3 kernel inside a ring of 5 × 5.
function resized(kernel, size, ring = null) {
  if (size === kernel.size) return kernel;
  const cells = [];
  const shift = (kernel.size - size) / 2;
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const [r, c] = [row + shift, column + shift];
      const inside = r >= 0 && c >= 0 && r < kernel.size && c < kernel.size;
      const outside = ring ? ring[row * size + column] : cellOf(0);
      cells.push({ ...(inside ? kernel.cells[r * kernel.size + c] : outside) });
    }
  }
  return { ...kernel, size, cells };
}

function same(a, b) {
  const [u, v] = [weightsOf(resized(a, 5)), weightsOf(resized(b, 5))];
  return u.every((value, i) => Math.abs(value - v[i]) < NEARLY * (1 + Math.abs(value)));
}

// --- the sliding ------------------------------------------------------------------------------

// The sum of the products at every place where the kernel fits ("valid"), weight after weight.
function slide(photo, kernel) {
  const { size, divisor } = kernel;
  const [rows, columns] = [photo.height - size + 1, photo.width - size + 1];
  const values = new Float32Array(rows * columns);
  kernel.cells.forEach(({ value: weight }, k) => {
    if (weight === 0) return;
    const [down, across] = [Math.floor(k / size), k % size];
    for (let row = 0; row < rows; row += 1) {
      let from = (row + down) * photo.width + across;
      const end = (row + 1) * columns;
      for (let to = row * columns; to < end; to += 1, from += 1) {
        values[to] += weight * photo.pixels[from];
      }
    }
  });
  if (divisor !== 1) for (let i = 0; i < values.length; i += 1) values[i] /= divisor;
  return { rows, columns, values };
}

// The number drawn in full colour; course_utils.widgets.kernel_workbench.full_colour says why.
function fullColour(values) {
  const sizes = values.map(Math.abs).sort();
  return Math.max(Math.ceil(sizes[Math.ceil(0.97 * (sizes.length - 1))]), 1);
}

// --- learning a kernel back -------------------------------------------------------------------

// For weights w, the picture that they make differs from that of the wanted weights v by the mean
// square (w − v)ᵀ M (w − v), whose slope is 2 M (w − v). M holds the mean product of each two
// pixels of a window, over all windows; pixels count from their mean, in standard deviations.
function meanProducts(photo, size) {
  const { pixels, width, height } = photo;
  const mean = pixels.reduce((added, pixel) => added + pixel, 0) / pixels.length;
  const square = pixels.reduce((added, pixel) => added + (pixel - mean) ** 2, 0) / pixels.length;
  const normal = Float64Array.from(pixels, (pixel) => (pixel - mean) / (Math.sqrt(square) || 1));
  const [rows, columns, count] = [height - size + 1, width - size + 1, size * size];
  const products = Array.from({ length: count }, () => new Float64Array(count));
  const startOf = (k) => Math.floor(k / size) * width + (k % size);
  for (let i = 0; i < count; i += 1) {
    for (let j = i; j < count; j += 1) {
      let added = 0;
      for (let row = 0; row < rows; row += 1) {
        let [a, b] = [startOf(i) + row * width, startOf(j) + row * width];
        for (const end = a + columns; a < end; a += 1, b += 1) added += normal[a] * normal[b];
      }
      products[i][j] = products[j][i] = added / (rows * columns);
    }
  }
  return products;
}

function times(matrix, vector) {
  return matrix.map((row) => row.reduce((added, value, j) => added + value * vector[j], 0));
}

// The largest step that still goes downhill everywhere, less a tenth.
function stepSize(products) {
  let direction = products.map((_, k) => 1 + k / 100);
  let size = 1;
  for (let turn = 0; turn < 60; turn += 1) {
    direction = times(products, direction);
    size = Math.hypot(...direction) || 1;
    direction = direction.map((value) => value / size);
  }
  return 0.9 / size;
}

// Weights on their way down to those of a kernel, from a random start.
function beginLearning(photo, kernel) {
  const wanted = weightsOf(kernel);
  const reach = Math.max(...wanted.map(Math.abs)) || 1;
  const weights = wanted.map(() => reach * (2 * Math.random() - 1));
  const products = meanProducts(photo, kernel.size);
  return { wanted, weights, products, rate: stepSize(products), steps: 0, error: 1, done: "" };
}

function goDown(learner, steps) {
  const { wanted, weights, products, rate } = learner;
  const count = weights.length;
  const slope = new Float64Array(count);
  for (let step = 0; step < steps; step += 1) {
    slope.fill(0);
    for (let j = 0; j < count; j += 1) {
      const off = 2 * (weights[j] - wanted[j]);
      const row = products[j];
      for (let i = 0; i < count; i += 1) slope[i] += row[i] * off;
    }
    for (let i = 0; i < count; i += 1) weights[i] -= rate * slope[i];
  }
  learner.steps += steps;
  const off = weights.map((weight, i) => weight - wanted[i]);
  learner.error = times(products, off).reduce((added, value, i) => added + value * off[i], 0);
}

function render({ model, el }) {
  const photos = model.get("_photos").map((photo) => {
    const { buffer, byteOffset, byteLength } = photo.pixels;
    return { ...photo, pixels: new Uint8Array(buffer.slice(byteOffset, byteOffset + byteLength)) };
  });
  const shades = model.get("_colours"); // 256 × red, green, blue, as a DataView
  const named = model.get("_named").map((one) => ({ name: one.name, kernel: kernelOf(one) }));

  const known = model.get("_state") ?? model.get("_start");
  let photo = photos.find(({ name }) => name === known.photo) ?? photos[0];
  let base = named.find(({ name }) => name === known.base) ?? named[0];
  let kernel = known.cells ? kernelOf(known) : base.kernel;
  let signed = known.signed ?? null; // null: as the weights suggest
  let ring = null; // the outer weights of a 5 × 5 kernel while 3 × 3 is chosen
  let complaint = ""; // what is said about a text that is no number
  let place = null; // the middle of the window: [row, column]
  let held = false;
  let result = null;
  let edge = 1; // the number in full colour
  let told = 0;
  let learner = null;
  let frame = null; // the next redrawing of what is being learned

  const sum = () => weightsOf(kernel).reduce((total, weight) => total + weight, 0);
  const isZero = () => {
    const most = weightsOf(kernel).reduce((total, weight) => total + Math.abs(weight), 0);
    return Math.abs(sum()) <= 1e-6 * most;
  };
  const isSigned = () => signed ?? (isZero() && !kernel.cells.every(({ value }) => value === 0));

  // --- what is on the page -------------------------------------------------------------------
  const root = element("div", "kernel-workbench", el, {
    role: "group",
    "aria-label": "A photograph, a kernel, and what the kernel makes of the photograph",
  });
  const bench = element("div", "kw-bench", root);

  function column(name, id, options, label) {
    const part = element("div", `kw-column kw-${id}-column`, bench);
    element("div", "kw-head", part, { text: name });
    const menu = element("select", "kw-menu", part, { "data-testid": id, "aria-label": label });
    for (const [value, text] of options) element("option", "", menu, { value, text });
    return [part, menu];
  }

  function view(part, id, label) {
    const box = element("div", "kw-view", part, { "data-testid": `${id}-view` });
    const canvas = element("canvas", "kw-canvas", box, { "data-testid": `${id}-canvas` });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
    const mark = element("div", "kw-mark", box, { "aria-hidden": "true" });
    const legend = element("div", "kw-legend", part, { "data-testid": `${id}-legend` });
    const low = element("span", "", legend);
    const bar = element("span", "kw-bar", legend, { "aria-hidden": "true" });
    const high = element("span", "", legend);
    const note = element("span", "kw-note", legend);
    return { box, canvas, mark, low, bar, high, note };
  }

  function loupe(part, id) {
    const head = element("div", "kw-loupe-head", part, { "data-testid": `${id}-head` });
    const grid = element("div", "kw-grid kw-numbers", part, { "data-testid": `${id}-grid` });
    return { head, grid };
  }

  const [left, photoMenu] = column(
    "Photograph",
    "photo",
    photos.map(({ name }) => [name, capital(name)]),
    "Photograph",
  );
  const before = view(left, "photo", "The photograph");
  before.low.textContent = "0";
  before.high.textContent = "255";
  const pixels = loupe(left, "pixels");
  const hint = element("div", "kw-line", left, { "data-testid": "hint" });

  const [middle, kernelMenu] = column(
    "Kernel",
    "kernel",
    [...named.map(({ name }) => [name, capital(name)]), ["", "Your own numbers"]],
    "Kernel",
  );
  const weights = element("div", "kw-grid kw-weights", middle, {
    role: "group",
    "aria-label": "Weights of the kernel: arrow up and down change one by 1",
  });
  const learned = element("div", "kw-grid kw-weights kw-learned", middle, {
    role: "group",
    "aria-label": "Weights learned so far, each with an arrow to the wanted one",
    "data-testid": "learned",
  });
  const dividing = element("div", "kw-row", middle);
  const divideLabel = element("label", "kw-divide", dividing, { text: "÷ " });
  const divide = element("input", "kw-divisor", divideLabel, {
    type: "text",
    inputmode: "decimal",
    autocomplete: "off",
    "data-testid": "divisor",
    "aria-label": "All weights are divided by",
  });
  function button(parent, id, text, label) {
    return element("button", `kw-${id}`, parent, {
      type: "button",
      text,
      "data-testid": id,
      "aria-label": label,
    });
  }
  const bySum = button(dividing, "by-sum", "Divide by the sum", "Divide by the sum of the weights");
  const says = element("div", "kw-says", middle, {
    role: "status",
    "aria-live": "polite",
    "data-testid": "says",
  });
  const turning = element("div", "kw-row kw-even", middle);
  const turn = button(turning, "turn", "Turn by 180°", "Turn the kernel by 180 degrees");
  const rotate = button(turning, "rotate", "Rotate by 90°", "Rotate the kernel clockwise by 90°");
  const sizing = element("div", "kw-row kw-even", middle);
  const sizeMenu = element("select", "kw-size", sizing, {
    "data-testid": "size",
    "aria-label": "Size of the kernel",
  });
  for (const size of [3, 5]) {
    element("option", "", sizeMenu, { value: String(size), text: `${size} × ${size}` });
  }
  const reset = button(sizing, "reset", "Reset", "Reset to the kernel that was chosen");

  const learning = element("div", "kw-row kw-even", middle);
  const learnLabel = "Forget the weights and learn them back from the picture by gradient descent";
  const learn = button(learning, "learn", "Learn it back", learnLabel);

  const [right, displayMenu] = column(
    "Result",
    "display",
    [
      ["picture", "As a picture, clipped to 0–255"],
      ["signed", "Signed: purple < 0 < orange"],
    ],
    "How the result is shown: as a picture, or signed with purple below zero and orange above",
  );
  const after = view(right, "result", "What the kernel makes of the photograph");
  const products = loupe(right, "products");
  const total = element("div", "kw-line kw-total", right, {
    "aria-live": "polite",
    "data-testid": "total",
  });

  before.box.tabIndex = 0;
  before.box.dataset.lmSuppressShortcuts = "true";
  before.box.setAttribute("role", "application");
  before.box.setAttribute("aria-label", "The photograph: move the window with the arrow keys");

  // --- drawing -------------------------------------------------------------------------------
  function shadeOf(value) {
    const i = 3 * Math.min(255, Math.max(0, Math.round(127.5 + (127.5 * value) / edge)));
    return [shades.getUint8(i), shades.getUint8(i + 1), shades.getUint8(i + 2)];
  }

  function greyOf(value) {
    const grey = Math.min(255, Math.max(0, Math.round(value)));
    return [grey, grey, grey];
  }

  function coloured(node, [red, green, blue]) {
    node.style.background = `rgb(${red}, ${green}, ${blue})`;
    node.style.color = 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#000000" : "#ffffff";
  }

  // Colours on a canvas of the photograph's size; where the window doesn't fit it stays empty.
  function put(canvas, rows, columns, colourOf) {
    if (canvas.width !== photo.width || canvas.height !== photo.height) {
      canvas.width = photo.width;
      canvas.height = photo.height;
    }
    const image = new ImageData(photo.width, photo.height);
    const rim = (photo.width - columns) / 2;
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        const at = 4 * ((row + rim) * photo.width + column + rim);
        colourOf(row * columns + column, image.data, at);
      }
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  function drawPhoto() {
    for (const { box } of [before, after]) {
      box.style.setProperty("--kw-shape", `${photo.width} / ${photo.height}`);
      box.style.setProperty("--kw-ratio", String(photo.width / photo.height));
      box.classList.toggle("kw-small", photo.width < 130);
    }
    put(before.canvas, photo.height, photo.width, (i, data, at) => {
      data[at] = data[at + 1] = data[at + 2] = photo.pixels[i];
      data[at + 3] = 255;
    });
  }

  function drawResult() {
    const start = performance.now();
    result = slide(photo, onShow());
    root.dataset.millis = String(performance.now() - start);
    const { rows, columns, values } = result;
    const withSign = isSigned();
    after.bar.classList.toggle("kw-signed", withSign);
    displayMenu.value = withSign ? "signed" : "picture";
    if (withSign) {
      if (!learner) edge = fullColour(values); // while learning the scale stays as it is
      put(after.canvas, rows, columns, (i, data, at) => {
        const shade = 3 * Math.min(255, Math.max(0, Math.round(127.5 + (127.5 * values[i]) / edge)));
        for (let c = 0; c < 3; c += 1) data[at + c] = shades.getUint8(shade + c);
        data[at + 3] = 255;
      });
      after.low.textContent = `−${edge}`;
      after.high.textContent = String(edge);
      after.note.textContent = "";
      return;
    }
    let clipped = 0;
    put(after.canvas, rows, columns, (i, data, at) => {
      if (values[i] < 0 || values[i] > 255) clipped += 1;
      data[at] = data[at + 1] = data[at + 2] = values[i]; // rounded and clipped by the array
      data[at + 3] = 255;
    });
    after.low.textContent = "0";
    after.high.textContent = "255";
    const share = (100 * clipped) / values.length;
    const few = share < 1 ? "under 1" : String(Math.round(share));
    after.note.textContent = clipped ? `${few} % clipped` : "";
  }

  function drawMarks() {
    const [row, column] = place;
    const scale = before.canvas.clientWidth / photo.width || 1;
    for (const [{ mark }, wide] of [[before, kernel.size], [after, 1]]) { // prettier-ignore
      const side = Math.max(18, wide * scale);
      mark.style.width = mark.style.height = `${side}px`;
      mark.style.left = `${(100 * (column + 0.5)) / photo.width}%`;
      mark.style.top = `${(100 * (row + 0.5)) / photo.height}%`;
    }
  }

  function laidOut(grid, count) {
    grid.style.setProperty("--kw-side", String(count));
    grid.classList.toggle("kw-five", count === 5);
    while (grid.childElementCount > count * count) grid.lastChild.remove();
    while (grid.childElementCount < count * count) element("span", "kw-number", grid);
    return [...grid.children];
  }

  function drawLoupe() {
    const { size, divisor, cells } = onShow();
    const rim = (size - 1) / 2;
    place = [
      Math.min(photo.height - 1 - rim, Math.max(rim, place[0])),
      Math.min(photo.width - 1 - rim, Math.max(rim, place[1])),
    ];
    const [row, column] = place;
    root.dataset.row = String(row);
    root.dataset.column = String(column);
    const [seen, made] = [laidOut(pixels.grid, size), laidOut(products.grid, size)];
    const found = cells.map(({ value }, k) => {
      const at = (row - rim + Math.floor(k / size)) * photo.width + column - rim + (k % size);
      return [photo.pixels[at], photo.pixels[at] * value];
    });
    const most = Math.max(...found.map(([, product]) => Math.abs(product)), 1);
    let added = 0;
    found.forEach(([pixel, product], k) => {
      seen[k].textContent = String(pixel);
      coloured(seen[k], greyOf(pixel));
      made[k].textContent = productText(product, size);
      coloured(made[k], tint(product / most));
      added += product;
    });
    const value = added / divisor;
    root.dataset.value = String(value);
    pixels.head.textContent = `Window at row ${row}, column ${column}`;
    products.head.textContent = "Pixels × weights";
    const division = divisor === 1 ? "" : ` ÷ ${bracketed(divisor)} = ${written(value)}`;
    const cut = !isSigned() && Math.round(value) !== Math.min(255, Math.max(0, Math.round(value)));
    const clipped = cut ? `, drawn as ${value < 0 ? 0 : 255}` : "";
    total.replaceChildren();
    const swatch = element("span", "kw-swatch", total, { "aria-hidden": "true" });
    coloured(swatch, isSigned() ? shadeOf(value) : greyOf(value));
    element("span", "", total, { text: `Sum ${written(added)}${division}${clipped}` });
    hint.textContent = held ? "Held here: click to let go." : "Point at a pixel; a click holds it.";
    drawMarks();
  }

  // Five characters fit into a cell of 5 × 5.
  function productText(product, size) {
    if (size === 5 && Math.abs(product) >= 9999.5) return `${written(product / 1000, 0)}k`;
    return written(product, Math.abs(product) < 99.95 ? 1 : 0);
  }

  // Lighter than the scale of the result, so that numbers stay easy to read.
  function tint(share) {
    const i = 3 * Math.round(127.5 + 80 * Math.min(1, Math.max(-1, share)));
    return [shades.getUint8(i), shades.getUint8(i + 1), shades.getUint8(i + 2)];
  }

  function bracketed(value) {
    return value < 0 ? `(${written(value, 3)})` : written(value, 3);
  }

  function sumLine() {
    const value = sum();
    if (kernel.cells.every((cell) => cell.value === 0)) return "All weights are 0: all becomes 0.";
    if (isZero()) return "Weights sum to 0: flat areas become 0.";
    if (Math.abs(value - 1) < 1e-6) return "Weights sum to 1: brightness kept.";
    const text = `Weights sum to ${written(value, 3)}: `;
    if (value < 0) return `${text}flat areas fall below 0.`;
    return text + (value > 1 ? `flat areas get ${written(value, 2)} times as bright.` : "flat areas get darker.");
  }

  function drawKernel() {
    const count = kernel.cells.length;
    weights.style.setProperty("--kw-side", String(kernel.size));
    weights.classList.toggle("kw-five", kernel.size === 5);
    while (weights.childElementCount > count) weights.lastChild.remove();
    while (weights.childElementCount < count) addCell(weights.childElementCount);
    const most = Math.max(...kernel.cells.map(({ value }) => Math.abs(value)), NEARLY);
    [...weights.children].forEach((input, k) => {
      const { value, text } = kernel.cells[k];
      if (!isTyping(input)) input.value = text;
      const [row, column] = [Math.floor(k / kernel.size) + 1, (k % kernel.size) + 1];
      input.setAttribute("aria-label", `Weight in row ${row}, column ${column}`);
      coloured(input, tint(value / most));
    });
    if (!isTyping(divide)) divide.value = written(kernel.divisor, 3);
    const fitting = named.find((one) => same(one.kernel, kernel));
    kernelMenu.lastChild.hidden = Boolean(fitting);
    kernelMenu.value = fitting ? fitting.name : "";
    sizeMenu.value = String(kernel.size);
    const plain = kernel.cells.reduce((added, { value }) => added + value, 0);
    bySum.disabled = Math.abs(plain) < NEARLY || Math.abs(plain - kernel.divisor) < NEARLY;
    says.textContent = complaint || (learner ? learningLine() : sumLine());
    says.classList.toggle("kw-bad", complaint !== "");
    says.setAttribute("aria-live", learner && !learner.done ? "off" : "polite");
    learn.textContent = learner ? "Back to the kernel" : "Learn it back";
    learn.setAttribute("aria-label", learner ? "Stop learning, back to the kernel" : learnLabel);
    root.classList.toggle("kw-learning", learner !== null);
    if (learner) drawLearned();
  }

  function drawLearned() {
    learned.dataset.weights = learner.weights.join(" ");
    learned.dataset.error = String(learner.error);
    const cells = laidOut(learned, kernel.size);
    const most = Math.max(...kernel.cells.map(({ value }) => Math.abs(value)), NEARLY);
    learner.weights.forEach((weight, k) => {
      const value = weight * kernel.divisor;
      const decimals = Math.abs(value) < 9.95 ? 2 : 1;
      cells[k].textContent = written(value, kernel.size === 5 ? decimals - 1 : decimals);
      if (kernel.size === 3) {
        element("span", "kw-wanted", cells[k], { text: `→ ${written(kernel.cells[k].value)}` });
      }
      coloured(cells[k], tint(value / most));
    });
  }

  function learningLine() {
    const steps = String(learner.steps).replace(/\B(?=(\d{3})+$)/g, "\u202f");
    const error = learner.error < 0.0005 ? "under 0.001" : written(learner.error, 3);
    if (learner.done === "same") return `Learned from the picture alone, in ${steps} steps.`;
    if (learner.done) return `Step ${steps}: this picture doesn't tell the weights apart.`;
    return `Step ${steps}: mean squared error ${error}.`;
  }

  // The kernel in use, or what has been learned of it.
  function onShow() {
    if (!learner) return kernel;
    const cells = learner.weights.map((weight) => cellOf(weight * kernel.divisor));
    return { ...kernel, cells };
  }

  function isTyping(input) {
    return document.activeElement === input && input.dataset.typing === "true";
  }

  function tell() {
    const { size, divisor } = kernel;
    const cells = [];
    for (let row = 0; row < size; row += 1) {
      cells.push(kernel.cells.slice(row * size, (row + 1) * size).map(({ value }) => value));
    }
    told += 1;
    root.dataset.told = String(told);
    const state = { told, cells, divisor, photo: photo.name, base: base.name, signed };
    model.set("_state", state);
    model.save_changes();
  }

  function show() {
    drawKernel();
    drawResult();
    drawLoupe();
    tell();
  }

  // By whom: the field that is being typed into, whose text is left alone.
  function change(next, by = null) {
    forget();
    kernel = next;
    complaint = "";
    for (const input of [...weights.children, divide]) if (input !== by) settle(input);
    show();
  }

  // --- typing --------------------------------------------------------------------------------
  // Why a text can't be used, or "".
  function fault(text, most, zero) {
    const value = parsed(text);
    if (Number.isNaN(value)) {
      const came = text === "" ? "Nothing typed" : `“${text.slice(0, 12)}” is no number`;
      return `${came}: try −1, 0.5 or 1/9.`;
    }
    if (!(Math.abs(value) <= most)) return `${text.slice(0, 12)} is beyond ±${most}.`;
    if (!zero && Math.abs(value) < 1e-6) return "Nothing can be divided by 0.";
    return "";
  }

  function settle(input) {
    input.dataset.typing = "false";
    input.setAttribute("aria-invalid", "false");
  }

  // A field that takes over what is typed as soon as it is a number. Where it turns out to be none,
  // the number of before comes back, and a sentence says so. use(value, text), step(±1).
  function typable(input, { use, kept, step, most, zero }) {
    let before = null; // the kernel when typing began
    function take(finished) {
      const text = input.value.trim();
      const wrong = fault(text, most, zero);
      if (finished) settle(input);
      if (wrong === "") {
        input.setAttribute("aria-invalid", "false");
        use(parsed(text), text);
      } else if (finished || !(begun(text) && !(Math.abs(parsed(text)) > most))) {
        if (before && before !== kernel) change(before, input);
        complaint = `${wrong} Kept: ${kept()}.`;
        if (!finished) input.setAttribute("aria-invalid", "true");
        drawKernel();
      }
    }
    input.addEventListener("focus", () => input.select());
    input.addEventListener("input", () => {
      if (input.dataset.typing !== "true") before = kernel;
      input.dataset.typing = "true";
      take(false);
    });
    input.addEventListener("blur", () => {
      if (input.dataset.typing === "true") take(true);
    });
    input.addEventListener("keydown", (event) => {
      const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (event.key === "Enter" && input.dataset.typing === "true") take(true);
      else if (event.key === "Escape") {
        settle(input);
        complaint = "";
        drawKernel();
      } else if (by) {
        event.preventDefault();
        settle(input);
        step(by);
      } else return;
      event.stopPropagation();
      input.select();
    });
  }

  function addCell(k) {
    const input = element("input", "kw-weight", weights, {
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      "data-testid": `weight-${k}`,
    });
    function use(value, text = null) {
      const cells = kernel.cells.slice();
      cells[k] = text === null ? cellOf(value) : { value, text: text.replace(/-/g, "−") };
      change({ ...kernel, cells }, input);
    }
    function step(by) {
      const value = kernel.cells[k].value + by;
      if (Math.abs(value) <= MOST_WEIGHT) use(value);
    }
    const kept = () => kernel.cells[k].text;
    typable(input, { use, kept, step, most: MOST_WEIGHT, zero: true });
  }

  function divideBy(value) {
    change({ ...kernel, divisor: value }, divide);
  }
  typable(divide, {
    use: divideBy,
    kept: () => written(kernel.divisor, 3),
    step: (by) => divideBy(kernel.divisor + by || by), // past 0
    most: MOST_DIVISOR,
    zero: false,
  });

  // --- menus and buttons ---------------------------------------------------------------------
  kernelMenu.addEventListener("change", () => {
    const chosen = named.find(({ name }) => name === kernelMenu.value);
    if (!chosen) return;
    base = chosen;
    ring = signed = null;
    change(chosen.kernel);
  });
  reset.addEventListener("click", () => {
    ring = signed = null;
    change(base.kernel);
  });
  turn.addEventListener("click", () => change(turned(kernel)));
  rotate.addEventListener("click", () => change(rotated(kernel)));
  bySum.addEventListener("click", () => {
    divideBy(kernel.cells.reduce((added, { value }) => added + value, 0));
    if (bySum.disabled) divide.focus(); // a disabled button would lose the keyboard's place
  });
  sizeMenu.addEventListener("change", () => {
    const size = Number(sizeMenu.value);
    const outer = size === 3 ? kernel.cells : ring;
    change(resized(kernel, size, size === 5 ? outer : null));
    ring = size === 3 ? outer : null;
  });
  displayMenu.addEventListener("change", () => {
    signed = displayMenu.value === "signed";
    show();
  });
  photoMenu.addEventListener("change", () => {
    photo = photos.find(({ name }) => name === photoMenu.value) ?? photo;
    held = false;
    forget();
    place = edgiest();
    drawPhoto();
    show();
  });

  // --- learning ------------------------------------------------------------------------------
  // One step at a time at first, then faster and faster: the last decimals take thousands.
  const stepsAfter = (seconds) => Math.floor(12 * seconds + Math.exp(2 * seconds) - 1);

  function forget() {
    if (frame !== null) cancelAnimationFrame(frame);
    frame = learner = null;
  }

  function learnOn() {
    const seconds = (performance.now() - learner.began) / 1000;
    const due = Math.min(stepsAfter(seconds), stepsAfter(LONGEST)) - learner.steps;
    goDown(learner, Math.max(1, Math.min(due, 300000)));
    const off = learner.weights.map((weight, k) => Math.abs(weight - learner.wanted[k]));
    if (Math.max(...off) * Math.abs(kernel.divisor) < 0.004) learner.done = "same";
    else if (learner.steps >= stepsAfter(LONGEST)) learner.done = "apart"; // however slow
    frame = learner.done ? null : requestAnimationFrame(learnOn);
    drawKernel();
    drawResult();
    drawLoupe();
  }

  learn.addEventListener("click", () => {
    if (learner) {
      change(kernel);
      return;
    }
    change(kernel);
    drawResult(); // sets the scale
    learner = { ...beginLearning(photo, kernel), began: performance.now() };
    learnOn();
  });

  // --- the window ----------------------------------------------------------------------------
  // Where the brightness changes most from left to right, in the middle of the photograph.
  function edgiest() {
    const contrast = { size: 3, divisor: 1, cells: [-1, 0, 1, -2, 0, 2, -1, 0, 1].map(cellOf) };
    const { rows, columns, values } = slide(photo, contrast);
    let best = [Math.floor(rows / 2), Math.floor(columns / 2)];
    for (let row = Math.floor(rows * 0.35); row < rows * 0.65; row += 1) {
      for (let column = Math.floor(columns * 0.3); column < columns * 0.7; column += 1) {
        const here = Math.abs(values[row * columns + column]);
        if (here > Math.abs(values[best[0] * columns + best[1]])) best = [row, column];
      }
    }
    return [best[0] + 1, best[1] + 1];
  }

  function pointedAt(box, event) {
    const area = box.getBoundingClientRect();
    return [
      Math.floor(((event.clientY - area.top) / area.height) * photo.height),
      Math.floor(((event.clientX - area.left) / area.width) * photo.width),
    ];
  }

  for (const { box, canvas } of [before, after]) {
    box.addEventListener("pointermove", (event) => {
      if (held) return;
      place = pointedAt(canvas, event);
      drawLoupe();
    });
    box.addEventListener("click", (event) => {
      held = !held;
      place = held ? pointedAt(canvas, event) : place;
      drawLoupe();
    });
  }
  before.box.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    if (event.key === "Enter" || event.key === " ") held = !held;
    else if (way[event.key]) {
      const far = event.shiftKey ? 10 : 1;
      place = place.map((at, axis) => at + far * way[event.key][axis]);
    } else return;
    event.preventDefault();
    event.stopPropagation();
    drawLoupe();
  });
  const watch = new ResizeObserver(drawMarks);

  photoMenu.value = photo.name;
  place = edgiest();
  drawPhoto();
  show();
  watch.observe(before.box);
  return () => {
    forget();
    watch.disconnect();
  };
}

export default { render };
