// Settings of MathJax, read when its file, the next script, starts.
window.MathJax = {
    // Only what build.py has marked is a formula: a dollar sign in the text stays one.
    options: {ignoreHtmlClass: "reveal", processHtmlClass: "formula", enableMenu: false},
    tex: {inlineMath: [["\\(", "\\)"]], displayMath: [["\\[", "\\]"]], processEnvironments: false},
    svg: {fontCache: "local", minScale: 0.7},
    startup: {typeset: false},
};
