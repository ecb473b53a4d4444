package labinit;

import dotty.tools.repl.ReplBytecodeInstrumentation$;
import dotty.tools.repl.ReplDriver;
import dotty.tools.repl.State;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.dflib.jjava.jupyter.channels.JupyterConnection;
import org.dflib.jjava.jupyter.kernel.BaseKernel;
import org.dflib.jjava.jupyter.kernel.JupyterIO;
import org.dflib.jjava.jupyter.kernel.KernelConnectionProperties;
import org.dflib.jjava.jupyter.kernel.LanguageInfo;
import org.dflib.jjava.jupyter.kernel.ReplacementOptions;
import org.dflib.jjava.jupyter.kernel.comm.CommManager;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.kernel.display.Renderer;
import org.dflib.jjava.jupyter.kernel.magic.MagicsRegistry;
import org.dflib.jjava.jupyter.kernel.magic.MagicsResolver;
import org.dflib.jjava.jupyter.kernel.util.StringStyler;
import org.dflib.jjava.maven.MavenDependencyResolver;
import scala.jdk.javaapi.CollectionConverters;

/**
 * A Jupyter kernel around Scala's own REPL. JJava's library speaks the protocol, the REPL compiles, runs and prints.
 */
public final class ScalaKernel extends BaseKernel {
    /** Why a cell has failed, in the REPL's own words. */
    private static final class CellFailed extends RuntimeException {
        private static final long serialVersionUID = 1;

        CellFailed(String text) {
            super(text, null, false, false);
        }
    }

    // Ammonite's and almond's way of naming a library, and Scala CLI's.
    private static final Pattern LIBRARY =
            Pattern.compile("^[ \\t]*(?:import \\$ivy\\.`([^`]+)`|//> using dep \"?([^\"\\s]+)\"?)[ \\t;]*$", Pattern.MULTILINE);
    private static final String VERSION = dotty.tools.dotc.config.Properties.simpleVersionString();
    private static final LanguageInfo LANGUAGE = new LanguageInfo.Builder("scala")
            .version(VERSION)
            .mimetype("text/x-scala")
            .fileExtension(".scala")
            .codemirror("text/x-scala")
            .build();
    // JJava's magics would become Java source.
    private static final MagicsResolver AS_IT_IS = new MagicsResolver(null, null, null) {
        @Override
        public String resolve(String source) {
            return source;
        }
    };

    /** Where cells find the classes of added jars. The REPL's own `:jar` makes a loader for each, which sees only earlier ones. */
    private static final class Libraries extends URLClassLoader {
        Libraries() {
            super(new URL[0], ScalaKernel.class.getClassLoader());
        }

        @Override
        public void addURL(URL jar) {
            super.addURL(jar);
        }
    }

    // The REPL loads its own copy of every class but Java's, to make it interruptible: only Java's types can be handed in.
    private static final String HANDED_IN = "labinit.html";
    private static final String PREDEF = """
            val labinitHtml = System.getProperties.get("labinit.html").asInstanceOf[java.util.function.Consumer[String]]
            def html(source: String): Unit = labinitHtml.accept(source)""";

    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private final MavenDependencyResolver maven = new MavenDependencyResolver();
    private final Libraries libraries = new Libraries();
    private final ReplDriver repl;
    private State state;
    private volatile Thread running;
    private volatile boolean interrupted;

    private ScalaKernel() {
        super(
                "Scala", VERSION, LANGUAGE, List.of(), null, new JupyterIO(StandardCharsets.UTF_8), new CommManager(),
                new Renderer(), AS_IT_IS, new MagicsRegistry(), false, new StringStyler("", "", "", line -> ""));
        // Before the first use of Console, which keeps what is System.out then.
        scala.Console$.MODULE$.setOutDirect(io.out);
        scala.Console$.MODULE$.setErrDirect(io.err);
        scala.Console$.MODULE$.setInDirect(new BufferedReader(new InputStreamReader(io.in, StandardCharsets.UTF_8)));
        String[] settings = {"-usejavacp", "-color:never", "-Xrepl-interrupt-instrumentation:true"};
        repl = new ReplDriver(
                settings,
                new PrintStream(shown, true, StandardCharsets.UTF_8),
                scala.Option.apply(libraries),
                "") {
            @Override
            public boolean redirectOutput() {
                return false;
            }
        };
        state = repl.initialState();
        System.getProperties().put(HANDED_IN, (Consumer<String>) this::html);
        run(PREDEF);
        // What is not a string there breaks whoever reads all properties.
        System.getProperties().remove(HANDED_IN);
    }

    @Override
    protected Object doEval(String code) {
        var named = LIBRARY.matcher(code);
        while (named.find()) {
            try {
                addLibrary(named.group(1) != null ? named.group(1) : named.group(2));
            } catch (MalformedURLException error) {
                throw new CellFailed(error.toString());
            }
        }
        String text = run(LIBRARY.matcher(code).replaceAll(""));
        return text.isEmpty() ? null : new DisplayData(text);
    }

    /** Run one cell; the REPL says only in its state, and in words, how that went. */
    private String run(String code) {
        shown.reset();
        State before = state;
        interrupted = false;
        stopFlag(false);
        running = Thread.currentThread();
        try {
            state = repl.run(code, before);
        } finally {
            running = null;
            // An interrupt that came too late must not hit the next cell.
            Thread.interrupted();
        }
        String text = shown.toString(StandardCharsets.UTF_8).stripTrailing();
        boolean compiled = state.objectIndex() != before.objectIndex() || text.isEmpty() || code.startsWith(":");
        boolean threw = state.invalidObjectIndexes().size() != before.invalidObjectIndexes().size();
        if (threw || !compiled) {
            throw new CellFailed(interrupted ? "interrupted" : text);
        }
        return text;
    }

    private void addLibrary(String coordinates) throws MalformedURLException {
        // group::artifact:version is a library of Scala's own, compiled for each of its versions.
        String plain = coordinates.replaceFirst("^([^:]+)::([^:]+):", "$1:$2_3:");
        var jars = maven.loadDependencies(List.of(), List.of(plain)).values().stream().flatMap(List::stream).distinct().toList();
        var loader = repl.rendering().myClassLoader();
        for (String jar : jars) {
            run(":jar " + jar);
        }
        // With the loader that `:jar` has made, every earlier cell would run again.
        repl.rendering().myClassLoader_$eq(loader);
        for (String jar : jars) {
            libraries.addURL(Path.of(jar).toUri().toURL());
        }
    }

    private void html(String source) {
        var data = new DisplayData();
        data.putHTML(source);
        display(data);
    }

    private void stopFlag(boolean stop) {
        ReplBytecodeInstrumentation$.MODULE$.setStopFlag(repl.rendering().classLoader(state.context()), stop);
    }

    @Override
    public void interrupt() {
        Thread thread = running;
        if (thread != null) {
            interrupted = true;
            stopFlag(true);
            thread.interrupt();
        }
    }

    @Override
    protected List<String> formatError(Throwable error) {
        return error instanceof CellFailed ? Arrays.asList(error.getMessage().split("\n")) : super.formatError(error);
    }

    @Override
    public ReplacementOptions complete(String code, int at) {
        int start = at;
        while (start > 0 && Character.isJavaIdentifierPart(code.charAt(start - 1))) {
            start--;
        }
        var labels = new ArrayList<String>();
        for (var completion : CollectionConverters.asJava(repl.completions(at, code, state))) {
            if (!labels.contains(completion.label())) {
                labels.add(completion.label());
            }
        }
        return new ReplacementOptions(labels, start, at);
    }

    @Override
    public DisplayData inspect(String code, int at, boolean extraDetail) {
        return null;
    }

    @Override
    public String isComplete(String code) {
        return dotty.tools.repl.ParseResult.isIncomplete(code, state.context()) ? IS_COMPLETE_MAYBE : IS_COMPLETE_YES;
    }

    public static void main(String[] arguments) throws Exception {
        var properties = KernelConnectionProperties.parse(Files.readString(Path.of(arguments[0])));
        var connection = new JupyterConnection(properties);
        var kernel = new ScalaKernel();
        kernel.onStartup();
        kernel.becomeHandlerForConnection(connection);
        connection.connect();
        connection.waitUntilClose();
    }
}
