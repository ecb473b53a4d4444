package jupyter;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which displayer is for which type: the newest that was registered for the value's class or a type
 * above it.
 */
public final class Displayers {
    private static final Map<Class<?>, Displayer<?>> DISPLAYERS = new LinkedHashMap<>();

    private Displayers() {}

    public static synchronized <T> void register(Class<T> type, Displayer<? super T> displayer) {
        DISPLAYERS.remove(type);
        DISPLAYERS.put(type, displayer);
    }

    /** The value's forms by MIME type; empty where nobody has registered its type. */
    @SuppressWarnings("unchecked")
    public static synchronized Map<String, String> display(Object value) {
        Displayer<Object> best = null;
        for (var entry : DISPLAYERS.entrySet()) {
            if (entry.getKey().isInstance(value)) {
                best = (Displayer<Object>) entry.getValue();
            }
        }
        return best == null ? Map.of() : best.display(value);
    }
}
