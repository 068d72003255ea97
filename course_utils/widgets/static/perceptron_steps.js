// The perceptron's rule, step by step. The rule is carried out here, as in
// course_utils/perceptron.py, and each state is sent to Python. Nothing is asked from any network.

const SIDE = 400; // the plane's width and height in its own units
const SPACE = "http://www.w3.org/2000/svg";
const BLUE = "#0072B2";
const ORANGE = "#E69F00";
const GREEN = "#009E73";
const VERMILION = "#D55E00";
const BEAT = 700; // milliseconds between two steps while playing
const MOST = 2000; // states kept for Back

function shape(tag, parent, attributes = {}) {
  const node = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  parent.append(node);
  return node;
}

function number(value) {
  const rounded = Math.round(value * 100) / 100 || 0;
  return String(rounded).replace("-", "−");
}

function bracketed(value) {
  return Math.round(value * 100) < 0 ? `(${number(value)})` : number(value);
}

// --- the rule ---------------------------------------------------------------------------------

function valueOf(state, [x1, x2]) {
  return state.w1 * x1 + state.w2 * x2 + state.b;
}

function answerOf(state, point) {
  return valueOf(state, point) > 0 ? 1 : 0;
}

function beginning(w1 = 0, w2 = 0, b = 0) {
  // next: the sample to look at; slips: mistakes in this pass; seen: weights at the ends of passes
  return { w1, w2, b, next: 0, pass: 1, slips: 0, mistakes: 0, done: false, again: 0, seen: [],
           last: null }; // prettier-ignore
}

function looked(state, { x, y }) {
  const i = state.next;
  const value = valueOf(state, x[i]);
  const answer = value > 0 ? 1 : 0;
  const change = y[i] - answer;
  const after = {
    ...state,
    w1: state.w1 + change * x[i][0],
    w2: state.w2 + change * x[i][1],
    b: state.b + change,
    mistakes: state.mistakes + (change !== 0 ? 1 : 0),
    slips: state.slips + (change !== 0 ? 1 : 0),
    last: { i, value, answer, change, before: [state.w1, state.w2, state.b], pass: state.pass },
    next: i + 1,
  };
  if (after.next === x.length) {
    after.done = after.slips === 0;
    const key = `${after.w1} ${after.w2} ${after.b}`;
    after.again = after.done ? 0 : state.seen.indexOf(key) + 1;
    after.seen = [...state.seen, key];
    after.next = 0;
    after.slips = 0;
    after.pass = state.pass + 1;
  }
  return after;
}

function render({ model, el }) {
  const sets = model.get("_sets");
  let name = sets[model.get("_problem")] ? model.get("_problem") : "OR";
  let states = [beginning()];
  let timer = null;
  let held = null; // what is being dragged
  let places = null; // where the two handles are while one is held
  let told = 0; // states sent to Python

  const samples = () => sets[name];
  const now = () => states[states.length - 1];
  const low = () => samples().reach[0];
  const high = () => samples().reach[1];
  const toPage = ([x1, x2]) => [
    ((x1 - low()) / (high() - low())) * SIDE,
    SIDE - ((x2 - low()) / (high() - low())) * SIDE,
  ];
  const toPlane = ([u, v]) => [
    low() + (u / SIDE) * (high() - low()),
    low() + ((SIDE - v) / SIDE) * (high() - low()),
  ];

  // --- what is on the page -------------------------------------------------------------------
  const root = element("div", "perceptron-steps", el, {
    role: "group",
    "aria-label": "The perceptron's rule, step by step",
  });

  const left = element("div", "ps-left", root);
  const plane = shape("svg", left, {
    viewBox: `0 0 ${SIDE} ${SIDE}`,
    class: "ps-plane",
    "data-testid": "plane",
    role: "group",
    "aria-label": "The samples, the side answered 1, and the boundary",
  });
  const ground = shape("g", plane);
  const line = shape("line", plane, { class: "ps-line" });
  const dots = shape("g", plane);
  const grip = shape("line", plane, { class: "ps-grip", "data-testid": "line" });
  const handles = [1, 2].map((k) =>
    shape("circle", plane, {
      r: 11,
      class: "ps-handle",
      tabindex: "0",
      role: "slider",
      "data-lm-suppress-shortcuts": "true",
      "aria-label": `Handle ${k} of the boundary: move it with the arrow keys`,
      "data-testid": `handle-${k}`,
    }),
  );
  const legend = element("div", "ps-legend", left);
  for (const [kind, text] of [
    ["one", "wanted 1"],
    ["zero", "wanted 0"],
    ["side", "says 1"],
    ["wrong", "wrong"],
  ]) {
    const item = element("span", "ps-item", legend);
    element("span", `ps-mark ps-${kind}`, item, { "aria-hidden": "true" });
    element("span", "", item, { text });
  }

  const right = element("div", "ps-right", root);
  const top = element("div", "ps-row", right);
  const chooser = element("select", "", top, {
    "data-testid": "problem",
    "aria-label": "Samples to learn",
  });
  for (const each of Object.keys(sets)) {
    element("option", "", chooser, { value: each, text: each === "random" ? "random set" : each });
  }
  function button(parent, id, text, label) {
    return element("button", `ps-${id}`, parent, {
      type: "button",
      text,
      "data-testid": id,
      "aria-label": label,
    });
  }
  const reset = button(top, "reset", "Reset", "Start again with all weights 0");
  const swap = button(top, "swap", "Swap sides", "Turn the boundary round");
  const row = element("div", "ps-row", right);
  const back = button(row, "back", "Back", "Take the last step back");
  const step = button(row, "step", "Step", "Look at the next sample");
  const jump = button(row, "jump", "Next mistake", "Go on to the next mistake");
  const play = button(row, "play", "Play", "Play, or pause");

  const counts = element("div", "ps-counts", right, { "data-testid": "counts" });
  const lines = element("div", "ps-lines", right, { "data-testid": "lines" });
  const says = element("div", "ps-says", right, {
    role: "status",
    "aria-live": "polite",
    "data-testid": "says",
  });

  // --- drawing -------------------------------------------------------------------------------
  const corners = () => [
    [low(), low()],
    [high(), low()],
    [high(), high()],
    [low(), high()],
  ];

  // The part of the plane where the value is above 0, and the ends of the boundary in the picture.
  function cut(state) {
    const around = corners();
    const area = [];
    const ends = [];
    around.forEach((point, k) => {
      const following = around[(k + 1) % 4];
      const [here, there] = [valueOf(state, point), valueOf(state, following)];
      if (here > 0) area.push(point);
      if (here > 0 !== there > 0) {
        const share = here / (here - there);
        const end = point.map((from, axis) => from + share * (following[axis] - from));
        area.push(end);
        ends.push(end);
      }
    });
    return { area, ends: ends.length === 2 ? ends : null };
  }

  // Two places on the boundary to take hold of, or two of our own where there is none to see.
  function handlePlaces() {
    if (places) return places;
    const { ends } = cut(now());
    const reach = high() - low();
    if (ends) {
      const [p, q] = ends;
      const part = (share) => p.map((from, axis) => from + share * (q[axis] - from));
      const length = Math.hypot(q[0] - p[0], q[1] - p[1]);
      if (length > 0.25 * reach) return [part(0.08), part(0.92)];
    }
    return [
      [low() + 0.1 * reach, low() + 0.9 * reach],
      [low() + 0.1 * reach, low() + 0.62 * reach],
    ];
  }

  function text(parent, x, y, words, anchor = "middle") {
    const node = shape("text", parent, { x, y, "text-anchor": anchor, class: "ps-text" });
    node.textContent = words;
  }

  function drawGround(state) {
    ground.replaceChildren();
    shape("rect", ground, { width: SIDE, height: SIDE, fill: "#ffffff" });
    const { area, ends } = cut(state);
    if (area.length) {
      const points = area.map((point) => toPage(point).join(",")).join(" ");
      shape("polygon", ground, { points, fill: ORANGE, "fill-opacity": "0.25" });
    }
    for (const tick of [Math.ceil(low()), Math.floor(high())]) {
      const [u, v] = toPage([tick, tick]);
      text(ground, u, SIDE - 7, number(tick));
      text(ground, 8, v + 5, number(tick), "start");
    }
    text(ground, SIDE / 2, SIDE - 7, "x₁");
    text(ground, 8, SIDE / 2 + 5, "x₂", "start");
    for (const each of [line, grip]) {
      each.style.display = ends ? "" : "none";
      if (!ends) continue;
      const [p, q] = ends.map(toPage);
      for (const [key, value] of [["x1", p[0]], ["y1", p[1]], ["x2", q[0]], ["y2", q[1]]]) {
        each.setAttribute(key, value);
      }
    }
  }

  function drawDots(state) {
    dots.replaceChildren();
    const { x, y } = samples();
    let wrong = 0;
    x.forEach((point, i) => {
      const [u, v] = toPage(point);
      const missed = answerOf(state, point) !== y[i];
      wrong += missed ? 1 : 0;
      if (state.last?.i === i) {
        const colour = state.last.change ? VERMILION : GREEN;
        shape("circle", dots, { cx: u, cy: v, r: 19, fill: "none", stroke: colour,
                                "stroke-width": 4, class: "ps-looked-at" }); // prettier-ignore
      }
      shape("circle", dots, { cx: u, cy: v, r: 10, fill: y[i] ? BLUE : "#ffffff", stroke: BLUE,
                              "stroke-width": 3 }); // prettier-ignore
      if (missed) {
        const d = `M${u - 9} ${v - 9}l18 18M${u - 9} ${v + 9}l18 -18`;
        shape("path", dots, { d, stroke: VERMILION, "stroke-width": 4, class: "ps-missed" });
      }
    });
    return wrong;
  }

  function drawHandles() {
    handlePlaces().forEach((place, k) => {
      const [u, v] = toPage(place);
      handles[k].setAttribute("cx", u);
      handles[k].setAttribute("cy", v);
      handles[k].setAttribute("aria-valuenow", place[0].toFixed(2));
      handles[k].setAttribute("aria-valuetext", `${number(place[0])}, ${number(place[1])}`);
    });
  }

  function say(state) {
    const { x, y } = samples();
    const { last } = state;
    lines.replaceChildren();
    const put = (words, className = "") => element("div", className, lines, { text: words });
    if (!last) {
      put(`w₁ = ${number(state.w1)},  w₂ = ${number(state.w2)},  b = ${number(state.b)}`);
      put("Step: look at the first sample.", "ps-quiet");
      return;
    }
    const [x1, x2] = x[last.i];
    const [w1, w2, b] = last.before;
    const sum = `${number(w1)}·${bracketed(x1)} + ${bracketed(w2)}·${bracketed(x2)} + ${bracketed(b)}`;
    put(`Sample ${last.i + 1} of ${x.length}: (${number(x1)}, ${number(x2)}), wanted ${y[last.i]}`);
    put(`value = ${sum} = ${number(last.value)}`);
    const above = last.value > 0 ? "above 0" : "not above 0";
    if (!last.change) {
      put(`${above}: answer ${last.answer}, right`, "ps-good");
      put(`w₁ = ${number(state.w1)},  w₂ = ${number(state.w2)},  b = ${number(state.b)}  (unchanged)`);
      return;
    }
    put(`${above}: answer ${last.answer}, a mistake`, "ps-bad");
    put(`change = ${y[last.i]} − ${last.answer} = ${number(last.change)}`);
    const added = bracketed(last.change);
    put(`w₁: ${number(w1)} + ${added}·${bracketed(x1)} = ${number(state.w1)}`);
    put(`w₂: ${number(w2)} + ${added}·${bracketed(x2)} = ${number(state.w2)}`);
    put(`b: ${number(b)} + ${added} = ${number(state.b)}`);
  }

  function sentence(state, wrong) {
    const count = samples().x.length;
    if (state.done) return "A whole pass without a mistake: learned.";
    if (state.again) {
      return `The weights are back where they were after pass ${state.again}: from here on ` +
        "everything repeats, for ever."; // prettier-ignore
    }
    if (!cut(state).ends && (state.w1 || state.w2)) return "The boundary lies outside the picture.";
    if (!state.w1 && !state.w2) return "No boundary yet. Drag an orange handle to lay one by hand.";
    if (wrong === 0 && !state.last) return `By hand: all ${count} right.`;
    return "";
  }

  function paint() {
    const state = now();
    drawGround(state);
    const wrong = drawDots(state);
    drawHandles();
    say(state);
    const { x } = samples();
    counts.textContent =
      `Mistakes so far: ${state.mistakes} · pass ${state.last?.pass ?? state.pass}\n` +
      `Wrong now: ${wrong} of ${x.length}`;
    says.textContent = sentence(state, wrong);
    back.disabled = states.length < 2;
    step.disabled = jump.disabled = state.done;
    play.disabled = state.done;
    play.textContent = timer === null ? "Play" : "Pause";
    chooser.value = name;
  }

  function tell() {
    const { w1, w2, b, mistakes, next, pass, done, last } = now();
    const sample = last ? last.i : null;
    told += 1;
    root.dataset.told = String(told);
    model.set("_state", { told, problem: name, w1, w2, b, mistakes, next, pass, done, sample });
    model.set("_problem", name);
    model.save_changes();
  }

  function show() {
    paint();
    tell();
  }

  // --- buttons -------------------------------------------------------------------------------
  function go() {
    if (now().done) return false;
    states.push(looked(now(), samples()));
    if (states.length > MOST) states.shift();
    return true;
  }

  function pause() {
    if (timer !== null) clearInterval(timer);
    timer = null;
  }

  function restart(state = beginning()) {
    pause();
    states = [state];
    places = null;
  }

  function keepFocus(node) {
    if (node.disabled) back.focus(); // a disabled button would lose the keyboard's place
  }

  step.addEventListener("click", () => {
    pause();
    go();
    show();
    keepFocus(step);
  });
  jump.addEventListener("click", () => {
    pause();
    const before = now().mistakes;
    while (go() && now().mistakes === before);
    show();
    keepFocus(jump);
  });
  back.addEventListener("click", () => {
    pause();
    if (states.length > 1) states.pop();
    show();
    if (back.disabled) step.focus();
  });
  reset.addEventListener("click", () => {
    restart();
    show();
  });
  swap.addEventListener("click", () => {
    const { w1, w2, b } = now();
    restart(beginning(-w1 || 0, -w2 || 0, -b || 0));
    show();
  });
  play.addEventListener("click", () => {
    if (timer !== null) pause();
    else {
      timer = setInterval(() => {
        go();
        if (now().done || now().again) pause();
        show();
        if (now().done && document.activeElement === document.body) back.focus();
      }, BEAT);
    }
    paint();
  });
  chooser.addEventListener("change", () => {
    name = chooser.value;
    restart();
    show();
  });

  // --- the boundary by hand ------------------------------------------------------------------
  // A boundary through two points: weights of length 1, to two decimals, on the side they were.
  function lay(p, q) {
    const [dx, dy] = [q[0] - p[0], q[1] - p[1]];
    const length = Math.hypot(dx, dy);
    if (length < 0.05 * (high() - low())) return false;
    const { w1, w2 } = now();
    let [n1, n2] = [dy / length, -dx / length];
    const facing = w1 || w2 ? n1 * w1 + n2 * w2 : n1 + n2;
    if (facing < 0) [n1, n2] = [-n1, -n2];
    const round = (value) => Math.round(value * 100) / 100 || 0;
    const [v1, v2] = [round(n1), round(n2)];
    restart(beginning(v1, v2, round(-(v1 * p[0] + v2 * p[1]))));
    places = [p, q];
    return true;
  }

  function inside(place) {
    return place.map((value) => Math.min(high(), Math.max(low(), value)));
  }

  function at(event) {
    const box = plane.getBoundingClientRect();
    const scale = SIDE / box.width;
    return toPlane([(event.clientX - box.left) * scale, (event.clientY - box.top) * scale]);
  }

  function take(event, which) {
    if (held || (event.pointerType === "mouse" && event.button !== 0)) return;
    event.preventDefault();
    pause();
    held = { which, pointer: event.pointerId, from: at(event), start: handlePlaces() };
    try {
      plane.setPointerCapture(event.pointerId);
    } catch {
      // a pointer that is already gone: the drag ends with the next event
    }
  }

  function moved(event) {
    if (!held || event.pointerId !== held.pointer) return;
    const to = at(event);
    const shift = (place) => place.map((value, axis) => value + to[axis] - held.from[axis]);
    const [p, q] = held.start;
    const next =
      held.which === 0 ? [inside(shift(p)), q] : held.which === 1 ? [p, inside(shift(q))]
        : [shift(p), shift(q)]; // prettier-ignore
    if (lay(...next)) paint();
  }

  function dropped(event) {
    if (!held || event.pointerId !== held.pointer) return;
    held = null;
    places = null;
    show();
  }

  handles.forEach((handle, k) => {
    handle.addEventListener("pointerdown", (event) => {
      take(event, k);
      handle.focus();
    });
    handle.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      if (!way[event.key]) return;
      event.preventDefault();
      event.stopPropagation();
      const far = 0.025 * (high() - low());
      const kept = handlePlaces();
      const changed = kept.map((place, j) =>
        j === k ? inside(place.map((value, axis) => value + far * way[event.key][axis])) : place,
      );
      if (lay(...changed)) show(); // the places are kept, so that several presses add up
    });
    handle.addEventListener("blur", () => {
      if (!held) places = null;
      drawHandles();
    });
  });
  grip.addEventListener("pointerdown", (event) => take(event, 2));
  plane.addEventListener("pointermove", moved);
  plane.addEventListener("pointerup", dropped);
  plane.addEventListener("pointercancel", dropped);
  plane.addEventListener("lostpointercapture", dropped);

  show();
  return pause;
}

export default { render };
