package labinit.java;

import java.util.List;
import java.util.Map;
import jdk.jshell.JShell;
import labinit.jvm.CellError;
import labinit.jvm.Channel;
import labinit.jvm.Completion;
import labinit.jvm.Engine;
import labinit.jvm.Language;

/**
 * The engine of the Java kernel: cells run in JShell, notebooks see JJava's functions and magics.
 */
public final class JavaEngine implements Language {
    private final Cells cells = new Cells();
    private final Packages packages = new Packages(cells.control().loader());
    private final Notebook notebook;
    private final JShell shell;
    private final Channel channel;

    private JavaEngine(Channel channel) {
        this.channel = channel;
        shell = cells.makeShell();
        notebook = Notebook.make(shell, cells, channel);
    }

    /** Started by the front, with its pipes on the descriptors 3 and 4. */
    public static void main(String[] arguments) throws Exception {
        Engine.run(JavaEngine::new);
    }

    @Override
    public Map<String, Object> info() {
        return Map.of(
                "name", "java",
                "version", Runtime.version().toString(),
                "mimetype", "text/x-java-source",
                "file_extension", ".jshell",
                "pygments_lexer", "java",
                "codemirror_mode", "text/x-java");
    }

    @Override
    public void execute(String code, boolean silent, int count) throws CellError {
        cells.begin(code, count);
        Object value;
        try {
            value = notebook.run(code);
        } finally {
            cells.tellUnresolved(shell);
        }
        if (value != null && !silent) {
            channel.send(notebook.message("result", value));
        }
    }

    @Override
    public Completion complete(String code, int cursor) {
        return notebook.completeMagic(code, cursor)
                .orElseGet(() -> Hints.complete(shell, packages, code, cursor));
    }

    @Override
    public Map<String, Object> inspect(String code, int cursor, boolean detail) {
        List<String> texts = Hints.document(shell, code, cursor);
        return texts.isEmpty() ? Map.of() : Map.of("text/plain", String.join("\n\n", texts));
    }

    @Override
    public String completeness(String code) {
        return Hints.completeness(shell, code);
    }

    @Override
    public void stop(boolean now) {
        cells.control().stop(now);
    }

    @Override
    public boolean owns(String className) {
        return className.startsWith("REPL.");
    }
}
