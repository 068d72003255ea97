"""What a person in the back row can read: measures of a screen, for decks offline and live.

JavaScript to be evaluated in a page. Each constant is a function of the element that holds the
screen; it returns what is too small as a list of texts, empty where all can be read. Words, code
and figures need 16 pixels, sub- and superscripts 12.
"""

from __future__ import annotations

NEAR = 0.05  # pixels: what rounding may take

# Words, and glyphs of formulas. `scale` is what the whole screen is enlarged by.
SMALL = f"""(screen, scale = 1) => {{
    const found = [], near = {NEAR};
    const walker = document.createTreeWalker(screen, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {{
        const parent = node.parentElement;
        if (!node.data.trim() || parent.closest('aside.notes, mjx-container, style, script')
            || !parent.checkVisibility({{visibilityProperty: true}})) continue;
        // In a drawing the size counts in units of the drawing.
        const svg = parent.closest('svg');
        const zoom = svg ? Math.abs(parent.getScreenCTM().d) : scale;
        const size = zoom * parseFloat(getComputedStyle(parent).fontSize);
        if (size < (parent.closest('sub, sup') ? 12 : 16) - near)
            found.push(`${{+size.toFixed(2)}} px: ${{node.data.trim().slice(0, 40)}}`);
    }}
    for (const formula of screen.querySelectorAll('mjx-container')) {{
        if (formula.closest('aside.notes') || !formula.checkVisibility()) continue;
        const drawn = formula.querySelector('svg > g');
        const whole = drawn ? 1000 * drawn.getScreenCTM().a
            : scale * parseFloat(getComputedStyle(formula).fontSize);
        if (whole < 16 - near) found.push(`formula of ${{+whole.toFixed(2)}} px`);
        for (const glyph of formula.querySelectorAll('g[data-mml-node] use, mjx-c, mjx-utext')) {{
            const size = drawn ? 1000 * Math.abs(glyph.getScreenCTM().a)
                : scale * parseFloat(getComputedStyle(glyph).fontSize);
            if (size < 12 - near) found.push(`glyph of ${{+size.toFixed(2)}} px`);
        }}
    }}
    return found;
}}"""

# Figures among the outputs are drawn with text of 12 points, 100 pixels to the inch: 16.7 px when
# shown in their own size. A drawing says the sizes of its texts.
FIGURES = """async screen => {
    const found = [];
    for (const image of screen.querySelectorAll('img')) {
        if (!image.checkVisibility()) continue;
        await image.decode();
        const zoom = image.getBoundingClientRect().width / image.naturalWidth;
        let smallest = 12 * 100 / 72;
        if (/^data:image\\/svg|\\.svg(\\?|$)/.test(image.src)) {
            const source = await (await fetch(image.src)).text();
            const sizes = [...source.matchAll(/font-size[=:]\\s*["']?([\\d.]+)/g)];
            smallest = Math.min(...sizes.map(match => parseFloat(match[1])));
        }
        if (!(zoom * smallest >= 15.95))
            found.push(`${zoom} × ${smallest} px: ${image.alt.slice(0, 40)}`);
    }
    return found;
}"""
