package labinit.java;

import java.lang.reflect.Field;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import labinit.jvm.Channel;
import labinit.jvm.Json;
import org.dflib.jjava.jupyter.kernel.DisplayStream;
import org.dflib.jjava.jupyter.kernel.JupyterIO;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;

/** JJava's display data as messages of ours. */
final class Display extends DisplayStream {
    private static Channel channel;

    private Display() {}

    /**
     * Have JJava's display, update and streams go through this channel instead of its own sockets.
     */
    static void attach(JupyterIO io, Channel target) {
        channel = target;
        set(io, "display", new Display());
        set(io, "out", System.out);
        set(io, "err", System.err);
        set(io, "in", System.in);
    }

    static void clear(boolean wait) {
        channel.send(Map.of("type", "clear", "wait", wait));
    }

    @Override
    public boolean isAttached() {
        return true;
    }

    @Override
    public void display(DisplayData data) {
        channel.send(message("display", data));
    }

    @Override
    public void updateDisplay(DisplayData data) {
        var message = message("display", data);
        message.put("update", true);
        channel.send(message);
    }

    static Map<String, Object> message(String type, DisplayData data) {
        var message = new HashMap<String, Object>();
        message.put("type", type);
        message.put("data", plain(get(data, "data")));
        message.put("metadata", plain(get(data, "metadata")));
        if (data.hasDisplayId()) {
            message.put("display_id", data.getDisplayId());
        }
        return message;
    }

    /** JSON of JJava's library as Java's own maps. */
    private static Map<String, Object> plain(Object map) {
        var result = new LinkedHashMap<String, Object>();
        if (map instanceof Map<?, ?> values) {
            values.forEach((key, value) -> result.put(
                    key.toString(),
                    value instanceof CharSequence
                            ? value.toString()
                            : Json.parse(Json.write(unwrap(value)))));
        }
        return result;
    }

    private static Object unwrap(Object value) {
        boolean isJson = value != null && value.getClass().getName().contains(".gson.");
        return isJson ? Json.parse(value.toString()) : value;
    }

    private static Object get(DisplayData data, String name) {
        try {
            return field(DisplayData.class, name).get(data);
        } catch (ReflectiveOperationException changed) {
            throw new IllegalStateException(changed);
        }
    }

    private static void set(JupyterIO io, String name, Object value) {
        try {
            field(JupyterIO.class, name).set(io, value);
        } catch (ReflectiveOperationException changed) {
            throw new IllegalStateException(changed);
        }
    }

    /** JJava has no way to read these, or to replace them. */
    private static Field field(Class<?> type, String name) throws NoSuchFieldException {
        Field field = type.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }
}
