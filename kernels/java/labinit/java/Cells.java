package labinit.java;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import jdk.jshell.Snippet.Status;
import jdk.jshell.Snippet.SubKind;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis.Completeness;
import jdk.jshell.spi.ExecutionControl;
import jdk.jshell.spi.ExecutionControlProvider;
import jdk.jshell.spi.ExecutionEnv;
import labinit.jvm.CellError;
import labinit.jvm.Engine;
import labinit.jvm.Stopped;
import org.dflib.jjava.jupyter.telemetry.TelemetryCollector;
import org.dflib.jjava.kernel.execution.CodeEvaluator;

/**
 * Runs cells statement by statement in JShell, and knows which line of which cell each came from.
 * JJava's magics call it through its own type, for the code that is their argument.
 */
final class Cells extends CodeEvaluator {
    // What JJava's magics return where there is nothing to show.
    private static final String NOTHING = "__NO_MAGIC_RETURN";

    /** Carries a CellError through JJava's methods, which declare none. */
    static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failed(CellError error) {
            super(error.getMessage(), error, false, false);
        }

        CellError error() {
            return (CellError) getCause();
        }
    }

    private final Control control = new Control(new Loader());
    private final Errors errors = new Errors();
    private final List<Snippet> unresolved = new ArrayList<>();
    private int count;
    private String original = "";

    Cells() {
        super("labinit", -1, TimeUnit.MILLISECONDS);
    }

    Control control() {
        return control;
    }

    /** Say which cell the following code is of. */
    void begin(String cell, int number) {
        original = cell;
        count = number;
        unresolved.clear();
    }

    JShell makeShell() {
        return JShell.builder()
                .in(System.in).out(System.out).err(System.err)
                .executionEngine(getExecControlProvider(), Map.of())
                .compilerOptions(Settings.compilerOptions())
                .build();
    }

    /** Tell which definitions of the cell lack something that it does not bring either. */
    void tellUnresolved(JShell shell) {
        for (var snippet : unresolved) {
            if (shell.status(snippet) == Status.RECOVERABLE_NOT_DEFINED) {
                System.err.println(errors.unresolved(shell, snippet));
            }
        }
        unresolved.clear();
    }

    @Override
    public Object eval(JShell shell, String code) {
        Object value = null;
        var statements = new Statements(shell.sourceCodeAnalysis(), code);
        while (statements.next()) {
            if (Engine.isInterrupted()) {
                throw new Stopped();
            }
            var place = new Errors.Place(
                    count, original.isEmpty() ? code : original,
                    statements.line(), statements.source());
            if (statements.completeness() == Completeness.DEFINITELY_INCOMPLETE
                    || statements.completeness() == Completeness.CONSIDERED_INCOMPLETE) {
                throw new Failed(errors.incomplete(place));
            }
            // JShell counts the lines of what it reports from the first token on.
            value = evalOne(shell, statements.source().strip(), place);
        }
        return NOTHING.equals(value) || ("\"" + NOTHING + "\"").equals(value) ? null : value;
    }

    private Object evalOne(JShell shell, String source, Errors.Place place) {
        control.takeValue();
        List<SnippetEvent> events = shell.eval(source);
        Object value = control.takeValue();
        for (var event : events) {
            if (event.causeSnippet() == null) {
                errors.remember(event.snippet(), place);
                check(shell, event, place);
            } else if (event.status() == Status.OVERWRITTEN) {
                shell.drop(event.snippet());
            }
        }
        var last = events.isEmpty()
                ? SubKind.UNKNOWN_SUBKIND
                : events.get(events.size() - 1).snippet().subKind();
        for (var event : events) {
            if (event.causeSnippet() == null) {
                last = event.snippet().subKind();
            }
        }
        return switch (last) {
            case VAR_VALUE_SUBKIND, OTHER_EXPRESSION_SUBKIND, TEMP_VAR_EXPRESSION_SUBKIND -> value;
            default -> null;
        };
    }

    private void check(JShell shell, SnippetEvent event, Errors.Place place) {
        if (event.exception() != null) {
            Throwable thrown = control.takeThrown();
            if (thrown instanceof Failed nested) {
                throw nested;
            }
            if (Engine.isInterrupted() || thrown instanceof Stopped) {
                throw new Stopped();
            }
            throw new Failed(errors.thrown(shell, event.exception(), place));
        }
        if (event.status() == Status.RECOVERABLE_NOT_DEFINED) {
            // What it lacks may come further down in the cell.
            unresolved.add(event.snippet());
        } else if (!event.status().isDefined()) {
            throw new Failed(errors.compiler(shell, event.snippet(), place));
        }
    }

    @Override
    public ExecutionControlProvider getExecControlProvider() {
        return new ExecutionControlProvider() {
            @Override
            public String name() {
                return "labinit";
            }

            @Override
            public ExecutionControl generate(
                    ExecutionEnv environment, Map<String, String> parameters) {
                return control;
            }
        };
    }

    @Override
    public ClassLoader getClassLoader() {
        return control == null ? null : control.loader().classLoader();
    }

    @Override
    public void startThreadTelemetryCollection(TelemetryCollector<?> collector) {
        control.collect(collector);
    }

    @Override
    public void stopThreadTelemetryCollection() {
        control.collect(TelemetryCollector.DO_NOTHING);
    }

    @Override
    public void interrupt() {
        control.stop(true);
    }
}
