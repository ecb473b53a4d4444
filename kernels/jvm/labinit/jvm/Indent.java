package labinit.jvm;

/** How far a console indents the next line of an unfinished cell. */
final class Indent {
    private static final String STEP = "    ";

    private Indent() {}

    /** The last line's own indentation, and a step more where that line opens a bracket. */
    static String after(String code) {
        String line = code.stripTrailing();
        line = line.substring(line.lastIndexOf('\n') + 1);
        int blanks = line.length() - line.stripLeading().length();
        boolean opens = line.matches(".*[({\\[=:]|.*=>|.*->|.*\\b(then|else|do|yield|match)");
        return line.substring(0, blanks) + (opens ? STEP : "");
    }
}
