"""Cells of notebooks that JJava, IJava and almond document."""

# Notebooks' own words: the kernel, a cell, and what its result holds by MIME type.
UPSTREAM = {
    "render": ("java", 'render("**x**", "text/markdown")', "text/markdown", "**x**"),
    "cell magic": ("java", '%%time\nrender("<b>y</b>", "text/html")', "text/html", "<b>y</b>"),
    "eval": ("java", 'eval("40 + 2")', "text/plain", "42"),
    "array": ("java", 'new Object[] {new int[] {1, 2}, "x"}', "text/plain", "[[1, 2], x]"),
    "long array": ("java", "new int[5000]", "text/plain", "0, … 5000 elements]"),
    "array at any point": ("java", "display(new double[] {1.5});", "text/plain", "[1.5]"),
    "kernel": ("java", "kernel().getRenderer() != null", "text/plain", "true"),
    "Html": ("scala", 'Html("<b>x</b>")', "text/html", "<b>x</b>"),
    "Image": (
        "scala",
        "Image.fromRenderedImage(java.awt.image.BufferedImage(3, 3, 1), Image.JPG)",
        "image/jpeg",
        "/9j/",
    ),
    "register": (
        "scala",
        'class Card\nkernel.register[Card](_ => Map("text/html" -> "<i>card</i>"))\nCard()',
        "text/html",
        "<i>card</i>",
    ),
    "display data": ("scala", '"<u>z</u>".asHtml', "text/html", "<u>z</u>"),
    "a component": ("java", 'new javax.swing.JLabel("x")', "image/png", "iVBOR"),
    "JShell's imports": (
        "java",
        "Stream.of(1, 2).collect(Collectors.toList())",
        "text/plain",
        "[1, 2]",
    ),
    "a definition": ("scala", 'val page = Html("<b>v</b>")', "text/html", "<b>v</b>"),
    "Swing": ("scala", 'new javax.swing.JLabel("x")', "image/png", "iVBOR"),
    "progress": (
        "scala",
        'ProgressBar(24, 100).withLabel("{progress} of {total}")',
        "text/html",
        "24 of 100",
    ),
    "parts": ("scala", "val part = 21\n@\npart * 2", "text/plain", "42"),
    "a magic": ("scala", "%%html\n<b>m</b>", "text/html", "<b>m</b>"),
    "an implicit": (
        "scala",
        'implicitly[almond.api.JupyterApi].publish.html("<b>i</b>")',
        "text/html",
        "<b>i</b>",
    ),
    "os-lib": ("scala", "os.pwd.segments.size > 0", "text/plain", "true"),
    "XML": ("scala", "<a><b>{6 * 7}</b></a>", "text/plain", "<a><b>42</b></a>"),
}
