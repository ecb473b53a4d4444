package labinit.java;

/** What notebooks call by name beside JJava's own functions. */
public final class Output {
    private Output() {}

    /** Remove all that the cell has shown. */
    public static void clearOutput() {
        clearOutput(false);
    }

    /** Remove all that the cell has shown; with `wait`, only when something new is shown. */
    public static void clearOutput(boolean wait) {
        Display.clear(wait);
    }
}
