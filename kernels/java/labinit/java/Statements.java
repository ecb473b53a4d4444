package labinit.java;

import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.SourceCodeAnalysis.Completeness;

/** The statements and declarations of a cell, one after the other. Runs none. */
final class Statements {
    // JShell looks at all that is left, for each statement: without windows, a cell's time grows
    // with the square.
    private static final int WINDOW = 4000;

    private final SourceCodeAnalysis analysis;
    private final String code;
    private int start;
    private int end;
    private String source;
    private Completeness completeness;

    Statements(SourceCodeAnalysis analysis, String code) {
        this.analysis = analysis;
        this.code = code;
    }

    /** Go on to the next statement, if there is one. An unfinished one is the last. */
    boolean next() {
        start = end;
        for (int window = WINDOW; ; window *= 4) {
            int limit = (int) Math.min((long) start + window, code.length());
            var found = analysis.analyzeCompletion(code.substring(start, limit));
            int rest = found.remaining() == null ? 0 : found.remaining().length();
            completeness = found.completeness();
            // Only what is followed by more has certainly ended:
            // an `else` might stand behind the window.
            if (limit == code.length() || completeness.isComplete() && rest > WINDOW / 8) {
                end = completeness.isComplete() ? limit - rest : limit;
                source = completeness.isComplete() ? found.source() : code.substring(start, limit);
                if (source == null) {
                    source = code.substring(start, end);
                }
                return completeness != Completeness.EMPTY && start < code.length();
            }
        }
    }

    /** The statement, with the semicolon that the user may have left out. */
    String source() {
        return source;
    }

    /** Where it starts in the cell. */
    int start() {
        return start;
    }

    /** The line of the cell, from 1, on which the text of the statement starts. */
    int line() {
        int first = start;
        while (first < code.length() && Character.isWhitespace(code.charAt(first))) {
            first++;
        }
        return 1 + (int) code.substring(0, first).chars().filter(c -> c == '\n').count();
    }

    Completeness completeness() {
        return completeness;
    }
}
