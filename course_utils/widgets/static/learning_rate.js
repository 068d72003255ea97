// Gradient descent with a learning rate to choose: its path (left), its cost at each step (right).

function render({ model, el }) {
  const [best, most] = [model.get("_best"), model.get("_most")];
  const cost = costOf(model.get("_x"), model.get("_y"));
  const least = cost.at(...best);

  const root = element("div", "cost-surface", el, {
    role: "group",
    "aria-label": "Explore learning rates",
  });
  const plots = element("div", "cs-plots", root);
  const surface = new Plot(plots, 410, 340, {
    "data-testid": "surface",
    role: "img",
    class: "cs-plot cs-drag",
    "aria-label": "The way down the cost surface; drag the black point to start elsewhere",
  });
  const curve = new Plot(plots, 410, 340, {
    "data-testid": "curve",
    role: "img",
    "aria-label": "The cost at each step",
  });
  const controls = element("div", "cs-controls", root);
  const sliders = element("div", "cs-sliders", controls);
  const says = element("div", "cs-says cs-side", controls, {
    role: "status",
    "aria-live": "polite",
    "data-testid": "says",
  });
  const paintSurface = surfaceOn(surface, model, cost);

  function descend(a, b, rate, steps) {
    const path = [[a, b]];
    for (let step = 0; step < steps; step++) {
      const [slopeA, slopeB] = cost.slopes(a, b);
      [a, b] = [a - rate * slopeA, b - rate * slopeB];
      path.push([a, b]);
    }
    return path;
  }

  function drawPath(path, colour) {
    paintSurface();
    surface.inside(() => {
      surface.line(path, colour, 1.8);
      path.forEach(([a, b]) => surface.dot(a, b, 3.2, colour));
      surface.dot(...path[0], 7, "#000000", "#ffffff");
      surface.dot(...path[path.length - 1], 6, colour, "#000000");
    });
  }

  function drawCurve(costs, colour) {
    const finite = costs.filter((value) => Number.isFinite(value) && value < 1e12);
    const high = Math.max(...finite, 10 * least);
    curve.scale([0, costs.length - 1], [Math.max(least, high * 1e-14) * 0.7, high * 1.5], true);
    curve.begin();
    curve.axes("step", "cost");
    curve.inside(() => {
      curve.line([[0, least], [costs.length - 1, least]], COLOURS.right, 2);
      curve.line(costs.map((value, step) => [step, value]), colour, 2);
      costs.forEach((value, step) => curve.dot(step, value, 2.6, colour));
    });
  }

  function draw({ rate, steps: wanted, a, b }) {
    const steps = between(1, Math.round(wanted), model.get("_most_steps"));
    const path = descend(a, b, rate, steps);
    const costs = path.map((stop) => cost.at(...stop));
    const last = costs[steps];
    const colour = last <= costs[0] ? COLOURS.model : COLOURS.wrong;
    drawPath(path, colour);
    drawCurve(costs, colour);
    showRate(rate);
    showSteps(steps);
    says.textContent =
      `Cost at the start ${shown(costs[0])}, after ${steps} steps ` +
      `${Number.isFinite(last) ? shown(last) : "beyond all bounds"}. ` +
      `The least possible is ${shown(least)} (green).`;
    says.classList.toggle("cs-problem", !(last <= costs[0]));
    root.dataset.cost = String(last);
  }

  const screen = moving(model, ["rate", "steps", "a", "b"], draw);
  const fine = 10 ** Math.floor(Math.log10(most) - 1.7);
  const top = Math.ceil(most / fine) * fine;
  const digits = Math.max(0, -Math.round(Math.log10(fine)));
  const showRate = slider(sliders, "rate", "learning rate", fine, top, fine, digits, (rate) =>
    screen.move({ rate }),
  );
  const showSteps = slider(sliders, "steps", "steps", 1, model.get("_most_steps"), 1, 0, (steps) =>
    screen.move({ steps }),
  );
  drag(surface, (a, b) => screen.move({ a, b }));
  screen.start();

  return screen.stop;
}

export default { render };
