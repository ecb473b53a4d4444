package labinit.java;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import jdk.jshell.JShell;
import jdk.jshell.MethodSnippet;
import jdk.jshell.Snippet;
import jdk.jshell.SourceCodeAnalysis.Completeness;
import jdk.jshell.SourceCodeAnalysis.Documentation;
import jdk.jshell.SourceCodeAnalysis.Suggestion;
import jdk.jshell.TypeDeclSnippet;
import labinit.jvm.Completion;

/** What JShell knows of code that has not run: completion, documentation, completeness. */
final class Hints {
    private static final Pattern COMMENT = Pattern.compile("(?s)\\s*/\\*\\*(.*?)\\*/");

    private Hints() {}

    /**
     * Code of a cell up to a position, as one snippet. Shape: offset is what to add for a position
     * in the cell.
     */
    private record Context(String code, int offset) {}

    /**
     * The statement before the cursor alone, and in a block with the ones before it, whose
     * variables it may name.
     */
    private static List<Context> contexts(JShell shell, String code) {
        var statements = new Statements(shell.sourceCodeAnalysis(), code);
        int last = 0;
        while (statements.next()) {
            last = statements.start();
        }
        var alone = new Context(code.substring(last), last);
        return last == 0 ? List.of(alone) : List.of(alone, new Context("{" + code, -1));
    }

    static Completion complete(JShell shell, Packages packages, String code, int cursor) {
        String before = code.substring(0, cursor);
        var names = packages.complete(before).stream()
                .map(name -> Map.of("text", name, "type", "module"));
        for (var context : contexts(shell, before)) {
            var anchor = new int[1];
            List<Suggestion> found = shell.sourceCodeAnalysis()
                    .completionSuggestions(context.code(), context.code().length(), anchor);
            if (!found.isEmpty()) {
                var matches = found.stream()
                        .sorted(Comparator.comparing(Suggestion::matchesType).reversed())
                        .map(Suggestion::continuation).distinct()
                        .map(text -> Map.of("text", text, "type", kind(text)));
                return new Completion(
                        Stream.concat(names, matches).toList(),
                        Math.max(0, anchor[0] + context.offset()), cursor);
            }
        }
        int start = cursor;
        while (start > 0 && Character.isJavaIdentifierPart(code.charAt(start - 1))) {
            start--;
        }
        return new Completion(names.toList(), start, cursor);
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
        // JShell documents the name before the cursor,
        // or the method whose arguments the cursor is in.
        String before = code.substring(0, end);
        for (var context : contexts(shell, before)) {
            for (String text : List.of(context.code(), context.code() + "(")) {
                var found = shell.sourceCodeAnalysis().documentation(text, text.length(), true);
                if (!found.isEmpty()) {
                    return texts(shell, found);
                }
            }
        }
        return List.of();
    }

    private static List<String> texts(JShell shell, List<Documentation> found) {
        var texts = new ArrayList<String>();
        for (var one : found) {
            String documentation = one.javadoc() == null
                    ? ownComment(shell, one.signature())
                    : one.javadoc().strip();
            texts.add(one.signature() + (documentation.isEmpty()
                    ? ""
                    : "\n" + documentation.indent(4).stripTrailing()));
        }
        return texts.stream().distinct().toList();
    }

    /**
     * The documentation comment of a definition in a cell: JShell reads those of source files only.
     */
    private static String ownComment(JShell shell, String signature) {
        String types = signature.replaceAll("\\s+\\w+(?=[,)])", "").replaceAll("\\s*,\\s*", ",");
        return shell.snippets().filter(snippet -> shell.status(snippet).isActive())
                .filter(snippet -> isNamed(snippet, types))
                .map(snippet -> COMMENT.matcher(snippet.source())).filter(Matcher::lookingAt)
                .map(comment -> comment.group(1).replaceAll("(?m)^\\s*\\*? ?", "").strip())
                .reduce("", (older, newer) -> newer);
    }

    private static boolean isNamed(Snippet snippet, String signature) {
        if (snippet instanceof MethodSnippet method) {
            String parameters = method.parameterTypes().replaceAll("\\s*,\\s*", ",");
            return signature.endsWith(" " + method.name() + "(" + parameters + ")");
        }
        return snippet instanceof TypeDeclSnippet type
                && signature.matches("(?s).*\\b" + type.name() + "\\b[^(]*");
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
