package labinit.jvm;

/**
 * Ends a cell that was interrupted: an Error,
 * so that no ordinary `catch` of the user's holds it up.
 */
public final class Stopped extends Error {
    private static final long serialVersionUID = 1;

    public Stopped() {
        super("interrupted", null, false, false);
    }
}
