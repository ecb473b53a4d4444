package labinit.jvm;

import java.util.Map;

/**
 * What a language does with the requests of the front.
 * All but `stop` and `owns` are called on one thread.
 */
public interface Language {
    /** What Jupyter calls `language_info`. */
    Map<String, Object> info();

    /** Run a cell; what it shows goes through the channel while it runs. */
    void execute(String code, boolean silent, int count) throws CellError;

    /** Shape: matches, start, end; positions in UTF-16 units, as Java has them. */
    Completion complete(String code, int cursor);

    /** Data by MIME type; empty where nothing is known. */
    Map<String, Object> inspect(String code, int cursor, boolean detail);

    /** complete, incomplete, invalid or unknown. */
    String completeness(String code);

    /** Have the code of cells stop at its next step (true), or run again (false). On any thread. */
    void stop(boolean now);

    /** Whether a class of this name was made from a cell. */
    boolean owns(String className);
}
