package labinit.java;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import jdk.jshell.DeclarationSnippet;
import jdk.jshell.Diag;
import jdk.jshell.EvalException;
import jdk.jshell.JShell;
import jdk.jshell.JShellException;
import jdk.jshell.Snippet;
import jdk.jshell.UnresolvedReferenceException;
import labinit.jvm.CellError;

/** Errors in the words and line numbers of the user's cells. */
final class Errors {
    private static final int FRAMES = 30;

    /** A statement's place. Shape: line is that of the cell, from 1; source is the statement. */
    record Place(int cell, String code, int line, String source) {
        String lineText(int number) {
            var lines = code.split("\n", -1);
            return number >= 1 && number <= lines.length ? lines[number - 1] : "";
        }
    }

    private final Map<String, Place> places = new HashMap<>();

    /** Keep where a snippet is from: later cells may call it. */
    void remember(Snippet snippet, Place place) {
        places.put(snippet.id(), new Place(place.cell(), place.code(), place.line(), ""));
    }

    CellError incomplete(Place place) {
        String statement = place.source().strip();
        int last = place.line() + newlines(statement, 0, statement.length());
        String text = "the statement that starts here has no end (missing bracket or quote?)";
        String where = "In[%d], line %d: ".formatted(place.cell(), place.line());
        return new CellError("CompilerError", text, List.of(
                "CompilerError: " + text, where + place.lineText(place.line()).strip(),
                "The cell ends on line " + last));
    }

    CellError compiler(JShell shell, Snippet snippet, Place place) {
        var lines = new ArrayList<String>();
        String first = null;
        for (Diag diagnostic : shell.diagnostics(snippet).filter(Diag::isError).toList()) {
            String message = diagnostic.getMessage(Locale.ROOT).lines()
                    .filter(line -> !line.strip().startsWith("location:"))
                    .collect(Collectors.joining("\n"));
            first = first == null ? message.lines().findFirst().orElse("") : first;
            addDiagnostic(lines, diagnostic, snippet.source(), place, message);
        }
        String text = first == null ? "the statement cannot be compiled" : first;
        lines.add(0, "CompilerError: " + text);
        return new CellError("CompilerError", text, lines);
    }

    private static void addDiagnostic(
            List<String> lines, Diag diagnostic, String source, Place place, String message) {
        int at = (int) Math.max(0, Math.min(diagnostic.getPosition(), source.length()));
        int blanks = source.length() - source.stripLeading().length();
        int line = place.line() + newlines(source, blanks, at);
        int column = at - source.lastIndexOf('\n', at - 1) - 1;
        String text = source.lines().skip(newlines(source, 0, at)).findFirst().orElse("");
        lines.add("In[%d], line %d: %s".formatted(place.cell(), line, message.replace("\n", ",")));
        lines.add("    " + text);
        lines.add("    " + " ".repeat(Math.min(column, text.length())) + "^");
    }

    private static int newlines(String text, int from, int to) {
        return from >= to
                ? 0
                : (int) text.substring(from, to).chars().filter(c -> c == '\n').count();
    }

    /** What a forward reference still lacks. */
    String unresolved(JShell shell, Snippet snippet) {
        String missing = snippet instanceof DeclarationSnippet declaration
                ? shell.unresolvedDependencies(declaration).collect(Collectors.joining(", ")) : "";
        return "%s cannot be used yet, for want of: %s".formatted(name(snippet), missing);
    }

    private static String name(Snippet snippet) {
        return snippet instanceof DeclarationSnippet declaration
                ? declaration.name()
                : snippet.source();
    }

    CellError thrown(JShell shell, JShellException failure, Place place) {
        var lines = new ArrayList<String>();
        String cause = "";
        String name = "";
        String message = "";
        for (Throwable one = failure; one != null; one = one.getCause()) {
            String type = one instanceof EvalException error
                    ? error.getExceptionClassName()
                    : one.getClass().getName();
            String text = one.getMessage();
            if (one instanceof UnresolvedReferenceException reference) {
                type = "UnresolvedReferenceException";
                text = unresolved(shell, reference.getSnippet());
            }
            if (one == failure) {
                name = type;
                message = text == null ? "" : text;
                addPlace(lines, one, place);
            }
            lines.add(cause + type + (text == null ? "" : ": " + text));
            addFrames(lines, one.getStackTrace(), place);
            cause = "Caused by: ";
        }
        return new CellError(name, message, lines);
    }

    private void addPlace(List<String> lines, Throwable failure, Place place) {
        for (var frame : failure.getStackTrace()) {
            Place origin = origin(frame, place);
            if (origin != null) {
                int line = origin.line() + frame.getLineNumber() - 1;
                lines.add("In[%d], line %d: %s".formatted(
                        origin.cell(), line, origin.lineText(line).strip()));
                return;
            }
        }
    }

    private void addFrames(List<String> lines, StackTraceElement[] frames, Place place) {
        for (int i = 0; i < frames.length && i < FRAMES; i++) {
            Place origin = origin(frames[i], place);
            if (origin == null) {
                lines.add("    at " + frames[i]);
            } else {
                String method = frames[i].getMethodName();
                method = method.isEmpty() || method.startsWith("do_it$") ? "" : method + ", ";
                int line = origin.line() + frames[i].getLineNumber() - 1;
                lines.add("    at %sIn[%d], line %d".formatted(method, origin.cell(), line));
            }
        }
        if (frames.length > FRAMES) {
            lines.add("    ... %d more".formatted(frames.length - FRAMES));
        }
    }

    /** The statement that a frame is in; JShell calls its file by the snippet's id. */
    private Place origin(StackTraceElement frame, Place running) {
        String file = frame.getFileName();
        if (file == null || !file.startsWith("#")) {
            return null;
        }
        // The one that runs is remembered only when it has ended.
        return places.getOrDefault(file.substring(1), running);
    }
}
