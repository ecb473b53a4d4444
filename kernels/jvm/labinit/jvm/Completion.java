package labinit.jvm;

import java.util.List;
import java.util.Map;

/**
 * What could stand between two positions.
 * Shape: each match has a text, and a type where it is known.
 */
public record Completion(List<Map<String, String>> matches, int start, int end) {
    /** Nothing to offer. */
    public static Completion none(int cursor) {
        return new Completion(List.of(), cursor, cursor);
    }
}
