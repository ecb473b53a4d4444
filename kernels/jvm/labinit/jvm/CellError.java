package labinit.jvm;

import java.util.List;
import java.util.Map;

/** Why a cell has failed, as Jupyter shows it. */
public final class CellError extends Exception {
    private static final long serialVersionUID = 1;
    private final transient List<String> traceback;
    private final String name;

    public CellError(String name, String message, List<String> traceback) {
        super(message, null, false, false);
        this.name = name;
        this.traceback = traceback;
    }

    /** What the user's own stop button leads to. */
    public static CellError interrupted(List<String> traceback) {
        return new CellError("Interrupted", "the cell was interrupted", traceback);
    }

    /** The error's fields in a `done` message. */
    Map<String, Object> fields() {
        return Map.of("ename", name, "evalue", getMessage(), "traceback", traceback);
    }
}
