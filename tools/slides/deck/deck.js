// A deck: the screens are fitted to 1280 × 720, then reveal.js shows them.
"use strict";

(() => {
    const WIDTH = 1280, HEIGHT = 720;
    // Text size in px, and pictures as multiples of their own size: the first pair with which a
    // screen fits is taken. Figures are drawn 900 px wide with text of 16 px or more, so none shrinks.
    const SIZES = [[28, 1.28], [26, 1.28], [24, 1.28], [22, 1.28], [22, 1.15], [20, 1.15],
                   [20, 1], [18, 1], [17, 1], [16, 1]];
    const SMALLEST = 16;
    const TALL = [18, 1];  // what scrolls has to scroll little
    const SCROLLS = new Set([" ", "PageDown", "ArrowDown", "ArrowRight", "n", "l", "j"]);
    const SCROLLS_BACK = new Set(["PageUp", "ArrowUp", "ArrowLeft", "p", "h", "k"]);

    const screens = [...document.querySelectorAll(".slides > section > section")];
    const printing = /[?&](print-pdf|view=print)/i.test(window.location.search);

    function size(screen, [text, zoom]) {
        screen.style.setProperty("--text", `${text}px`);
        for (const image of screen.querySelectorAll("img"))
            image.style.width = `${Math.min(zoom * image.naturalWidth, WIDTH - 88)}px`;
    }

    const sideways = element => element.scrollWidth > element.clientWidth + 1;

    const fits = screen => screen.getBoundingClientRect().height <= HEIGHT;

    // A line of code that is too long makes its own cell smaller, not the words around it.
    function narrow(element) {
        if (!sideways(element)) return;
        const now = parseFloat(getComputedStyle(element).fontSize);
        const fitting = 0.99 * now * element.clientWidth / element.scrollWidth;
        element.style.fontSize = `${Math.max(SMALLEST, fitting)}px`;
        if (sideways(element)) scrolling(element, "wide");
    }

    // Measured with every answer unfolded, so that opening one pushes nothing off the screen.
    function fit() {
        let waiting = screens;
        for (const sizes of SIZES) {
            waiting.forEach(screen => size(screen, sizes));
            waiting = waiting.filter(screen => !fits(screen));
        }
        for (const screen of waiting) {
            size(screen, TALL);
            scrolling(screen, "tall");
        }
        document.querySelectorAll(".slides pre, .slides .table").forEach(narrow);
    }

    // What scrolls must be reachable without a mouse.
    function scrolling(element, kind) {
        element.classList.add(kind);
        element.tabIndex = 0;
    }

    const answers = parent => parent.querySelectorAll("details.answer");
    const open = (parent, is) => answers(parent).forEach(answer => { answer.open = is; });

    function follow(event, shown) {
        for (const fragment of event.fragments) {
            if (fragment.matches("details.answer")) fragment.open = shown;
            if (shown && fragment.closest(".tall")) fragment.scrollIntoView({block: "nearest"});
        }
    }

    // On a tall screen the keys that lead on first scroll to its end (and back to its top).
    function scroll(event) {
        const screen = Reveal.getCurrentSlide();
        if (!screen?.classList.contains("tall") || Reveal.isOverview()) return;
        if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
        const steps = Reveal.availableFragments();
        const end = screen.scrollHeight - screen.clientHeight;
        const on = SCROLLS.has(event.key) && !steps.next && screen.scrollTop < end - 1;
        const back = SCROLLS_BACK.has(event.key) && !steps.prev && screen.scrollTop > 1;
        if (!on && !back) return;
        screen.scrollBy({top: (on ? 0.8 : -0.8) * HEIGHT});
        event.preventDefault();
        event.stopImmediatePropagation();
    }

    async function start() {
        if (window.MathJax) {
            await MathJax.startup.promise;
            await MathJax.typesetPromise();
            // The speaker view has no style sheet that would hide the twin for screen readers.
            for (const twin of document.querySelectorAll("aside.notes mjx-assistive-mml"))
                twin.remove();
        }
        await document.fonts.ready;
        await Promise.allSettled([...document.images].map(image => image.decode()));
        open(document, true);
        document.documentElement.classList.add("fitting");
        fit();
        document.documentElement.classList.remove("fitting");
        open(document, printing);
        window.addEventListener("keydown", scroll, {capture: true});
        Reveal.on("fragmentshown", event => follow(event, true));
        Reveal.on("fragmenthidden", event => follow(event, false));
        Reveal.on("slidechanged", event => { event.currentSlide.scrollTop = 0; });
        await Reveal.initialize({
            plugins: [RevealNotes],
            width: WIDTH, height: HEIGHT, margin: 0, center: false,
            hash: true, navigationMode: "linear", transition: "none", backgroundTransition: "none",
            slideNumber: "c/t", pdfSeparateFragments: false, help: true,
        });
        document.documentElement.classList.add("shown");
    }

    start();
})();
