// A line to move through points (left) and its place on the cost surface (right).

function render({ model, el }) {
  const [xs, ys] = [model.get("_x"), model.get("_y")];
  const [xName, yName] = model.get("_labels");
  const [aRange, bRange, best] = ["_a_range", "_b_range", "_best"].map((name) => model.get(name));
  const cost = costOf(xs, ys);

  const root = element("div", "cost-surface", el, { role: "group", "aria-label": "Fit a line" });
  const plots = element("div", "cs-plots", root);
  const scatter = new Plot(plots, 430, 340, {
    "data-testid": "scatter",
    role: "img",
    "aria-label": "The points, the line, and the error of each point as a vertical stroke",
  });
  const surface = new Plot(plots, 390, 340, {
    "data-testid": "surface",
    role: "img",
    class: "cs-plot cs-drag",
    "aria-label": "The cost of every line; drag the point, or use the sliders",
  });
  const controls = element("div", "cs-controls", root);
  const sliders = element("div", "cs-sliders", controls);
  const side = element("div", "cs-side", controls);
  const says = element("div", "cs-says", side, {
    role: "status",
    "aria-live": "polite",
    "data-testid": "says",
  });
  const option = element("label", "cs-option", side);
  const squares = element("input", "", option, { type: "checkbox", "data-testid": "squares" });
  element("span", "", option, { text: "show the squared errors as squares" });

  const low = Math.min(0, ...xs);
  const high = Math.max(...xs) * 1.08;
  const tall = Math.max(...ys) - Math.min(0, ...ys);
  scatter.scale([low, high], [Math.min(0, ...ys) - 0.12 * tall, Math.max(...ys) + 0.25 * tall]);
  const paintSurface = surfaceOn(surface, model, cost);

  function drawScatter(a, b) {
    const { pen } = scatter;
    scatter.begin();
    scatter.axes(xName, yName);
    scatter.inside(() => {
      xs.forEach((x, i) => {
        const says_ = a * x + b;
        if (squares.checked) {
          const side_ = Math.abs(scatter.y(ys[i]) - scatter.y(says_));
          pen.fillStyle = "rgba(204, 121, 167, 0.22)";
          const top = Math.min(scatter.y(ys[i]), scatter.y(says_));
          pen.fillRect(scatter.x(x), top, says_ > ys[i] ? side_ : -side_, side_);
        }
        scatter.line([[x, ys[i]], [x, says_]], COLOURS.error, 2.5);
      });
      scatter.line([[low, a * low + b], [high, a * high + b]], COLOURS.model, 3.5);
      xs.forEach((x, i) => scatter.dot(x, ys[i], 5.5, COLOURS.data, "#ffffff"));
    });
  }

  function draw({ a, b }) {
    drawScatter(a, b);
    paintSurface();
    surface.inside(() => surface.dot(a, b, 8, COLOURS.model, "#000000"));
    showA(a);
    showB(b);
    const line = `y = ${shown(a)} x ${b < 0 ? "−" : "+"} ${shown(Math.abs(b))}`;
    says.textContent = `${line}: cost ${shown(cost.at(a, b))}`;
    root.dataset.cost = String(cost.at(a, b));
  }

  const screen = moving(model, ["a", "b"], draw);
  const showA = slider(sliders, "a", "slope a", ...aRange, 0.01, 2, (a) => screen.move({ a }));
  const showB = slider(sliders, "b", "intercept b", ...bRange, 0.01, 2, (b) => screen.move({ b }));
  const show = element("button", "cs-button", side, {
    type: "button",
    text: "Go to the least cost (green cross)",
    "data-testid": "best",
  });
  show.addEventListener("click", () => screen.move({ a: best[0], b: best[1] }));
  squares.addEventListener("change", screen.redraw);
  drag(surface, (a, b) => screen.move({ a: Math.round(a * 100) / 100, b: Math.round(b * 100) / 100 }));
  screen.start();

  return screen.stop;
}

export default { render };
