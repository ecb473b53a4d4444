package labinit.java;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import jdk.jshell.JShell;
import labinit.jvm.CellError;
import labinit.jvm.Channel;
import labinit.jvm.Completion;
import org.dflib.jjava.jupyter.kernel.JupyterIO;
import org.dflib.jjava.jupyter.kernel.LanguageInfo;
import org.dflib.jjava.jupyter.kernel.comm.CommManager;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.kernel.display.Renderer;
import org.dflib.jjava.jupyter.kernel.magic.MagicsRegistry;
import org.dflib.jjava.jupyter.kernel.magic.MagicsResolver;
import org.dflib.jjava.jupyter.kernel.util.StringStyler;
import org.dflib.jjava.kernel.JavaKernel;
import org.dflib.jjava.kernel.JavaKernelBuilder;
import org.dflib.jjava.kernel.magics.ClasspathMagic;
import org.dflib.jjava.kernel.magics.JarsMagic;
import org.dflib.jjava.kernel.magics.LoadMagic;
import org.dflib.jjava.kernel.magics.TimeMagic;
import org.dflib.jjava.maven.MavenDependencyResolver;
import org.dflib.jjava.maven.magics.LoadFromPomCellMagic;
import org.dflib.jjava.maven.magics.LoadFromPomLineMagic;
import org.dflib.jjava.maven.magics.MavenMagic;
import org.dflib.jjava.maven.magics.MavenRepoMagic;

/**
 * JJava as notebooks know it: display, render, magics, the kernel object.
 * Speaks no protocol, runs no code.
 */
final class Notebook extends JavaKernel {
    // JShell's own defaults that are none of JJava's, and ours.
    private static final String OWN_IMPORTS =
            "import static labinit.java.Output.*; import java.nio.file.*;"
                    + "import java.util.function.*; import java.util.stream.*;";

    private static final class Builder extends JavaKernelBuilder<Builder, Notebook> {
        private JShell shell;
        private Cells cells;
        private Channel channel;

        @Override
        protected Renderer buildRenderer() {
            return new ValueRenderer();
        }

        @Override
        public Notebook build() {
            var io = buildJupyterIO(buildJupyterIOEncoding());
            Display.attach(io, channel);
            return new Notebook(
                    buildLanguageInfo(), io, buildCommManager(), buildRenderer(),
                    buildMagicsResolver(buildMagicTranspiler()), buildMagicsRegistry(),
                    buildExtensionsEnabled(), buildErrorStyler(), shell, cells);
        }
    }

    private Notebook(
            LanguageInfo language, JupyterIO io, CommManager comms, Renderer renderer,
            MagicsResolver resolver, MagicsRegistry magics, boolean extensions,
            StringStyler styler, JShell shell, Cells cells) {
        super(
                "Java", Runtime.version().toString(), language, List.of(), null,
                io, comms, renderer, resolver, magics, extensions, styler, shell, cells);
    }

    /** The notebook's kernel object, with all of JJava's magics and its default imports. */
    // JJava calls %jars outdated; notebooks have it.
    @SuppressWarnings("removal")
    static Notebook make(JShell shell, Cells cells, Channel channel) {
        var maven = new MavenDependencyResolver();
        var time = new TimeMagic();
        var builder = new Builder();
        builder.shell = shell;
        builder.cells = cells;
        builder.channel = channel;
        var notebook = builder
                .extensionsEnabled(!List.of("0", "false").contains(Settings.get("LOAD_EXTENSIONS")))
                .lineMagic("load", new LoadMagic())
                .lineMagic("classpath", new ClasspathMagic())
                .lineMagic("jars", new JarsMagic())
                .lineMagic("maven", new MavenMagic(maven))
                .lineMagic("addMavenDependency", new MavenMagic(maven))
                .lineMagic("addMavenDependencies", new MavenMagic(maven))
                .lineMagic("mavenRepo", new MavenRepoMagic(maven))
                .lineMagic("addMavenRepo", new MavenRepoMagic(maven))
                .lineMagic("loadFromPOM", new LoadFromPomLineMagic(maven))
                .cellMagic("loadFromPOM", new LoadFromPomCellMagic(maven))
                .lineMagic("time", time)
                .cellMagic("time", time)
                .build();
        notebook.onStartup();
        notebook.eval(OWN_IMPORTS);
        notebook.addToClasspath(Settings.get("CLASSPATH"));
        Settings.startupSnippets().forEach(notebook::eval);
        return notebook;
    }

    /** The value of a cell's last expression, or null. */
    Object run(String code) throws CellError {
        try {
            return evalBuilder(code).resolveMagics().eval();
        } catch (Cells.Failed failed) {
            throw failed.error();
        }
    }

    /** A message with all forms that a value is shown in. */
    Map<String, Object> message(String type, Object value) {
        return Display.message(
                type, value instanceof DisplayData data ? data : renderer.render(value));
    }

    /** Names of magics where a line starts with one. */
    Optional<Completion> completeMagic(String code, int cursor) {
        int start = code.lastIndexOf('\n', cursor - 1) + 1;
        String line = code.substring(start, cursor);
        if (!line.matches("%%?\\w*")) {
            return Optional.empty();
        }
        String sign = line.startsWith("%%") ? "%%" : "%";
        var names = sign.equals("%%")
                ? magicsRegistry.getCellMagicNames()
                : magicsRegistry.getLineMagicNames();
        var matches = names.stream().map(name -> sign + name)
                .filter(name -> name.startsWith(line)).sorted()
                .map(name -> Map.of("text", name, "type", "magic")).toList();
        return Optional.of(new Completion(matches, start, cursor));
    }
}
