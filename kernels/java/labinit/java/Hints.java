package labinit.java;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import jdk.jshell.JShell;
import jdk.jshell.SourceCodeAnalysis.Completeness;
import jdk.jshell.SourceCodeAnalysis.Documentation;
import jdk.jshell.SourceCodeAnalysis.Suggestion;
import labinit.jvm.Completion;

/** What JShell knows of code that has not run: completion, documentation, completeness. */
final class Hints {
    private Hints() {}

    /** Code of a cell up to a position, as one snippet. Shape: offset is what to add for a position in the cell. */
    private record Context(String code, int offset) {}

    /** The statement before the cursor alone, and in a block with the ones before it, whose variables it may name. */
    private static List<Context> contexts(JShell shell, String code) {
        var statements = new Statements(shell.sourceCodeAnalysis(), code);
        int last = 0;
        while (statements.next()) {
            last = statements.start();
        }
        var alone = new Context(code.substring(last), last);
        return last == 0 ? List.of(alone) : List.of(alone, new Context("{" + code, -1));
    }

    static Completion complete(JShell shell, String code, int cursor) {
        for (var context : contexts(shell, code.substring(0, cursor))) {
            var anchor = new int[1];
            List<Suggestion> found = shell.sourceCodeAnalysis()
                    .completionSuggestions(context.code(), context.code().length(), anchor);
            if (!found.isEmpty()) {
                var matches = found.stream()
                        .sorted(Comparator.comparing(Suggestion::matchesType).reversed())
                        .map(Suggestion::continuation).distinct()
                        .map(text -> Map.of("text", text, "type", kind(text))).toList();
                return new Completion(matches, Math.max(0, anchor[0] + context.offset()), cursor);
            }
        }
        return Completion.none(cursor);
    }

    private static String kind(String text) {
        if (text.endsWith("(") || text.endsWith(")")) {
            return "function";
        }
        return Character.isUpperCase(text.charAt(0)) ? "class" : "";
    }

    /** Signatures, each with its documentation where the source is there. */
    static List<String> document(JShell shell, String code, int cursor) {
        int end = cursor;
        while (end < code.length() && Character.isJavaIdentifierPart(code.charAt(end))) {
            end++;
        }
        // JShell documents the name before the cursor, or the method whose arguments the cursor is in.
        String before = code.substring(0, end);
        for (var context : contexts(shell, before)) {
            for (String text : List.of(context.code(), context.code() + "(")) {
                var found = shell.sourceCodeAnalysis().documentation(text, text.length(), true);
                if (!found.isEmpty()) {
                    return texts(found);
                }
            }
        }
        return List.of();
    }

    private static List<String> texts(List<Documentation> found) {
        var texts = new ArrayList<String>();
        for (var one : found) {
            String documentation = one.javadoc() == null ? "" : "\n" + one.javadoc().strip().indent(4).stripTrailing();
            texts.add(one.signature() + documentation);
        }
        return texts.stream().distinct().toList();
    }

    static String completeness(JShell shell, String code) {
        if (code.startsWith("%")) {
            return "complete";
        }
        var statements = new Statements(shell.sourceCodeAnalysis(), code);
        while (statements.next()) {
            Completeness found = statements.completeness();
            if (found == Completeness.UNKNOWN) {
                return "invalid";
            }
            if (!found.isComplete()) {
                return "incomplete";
            }
        }
        return "complete";
    }
}
