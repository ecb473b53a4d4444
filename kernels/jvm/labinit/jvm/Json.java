package labinit.jvm;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON text from and to Java's own values. Knows no types of ours. */
public final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /**
     * The value of a JSON text: Map, List, String, Long, Double, Boolean or null.
     *
     * @throws IllegalArgumentException where the text is no JSON
     */
    public static Object parse(String text) {
        var json = new Json(text);
        Object value = json.value();
        if (json.skipBlanks() != '\0') {
            throw json.error();
        }
        return value;
    }

    /** The JSON text of such a value, on one line. Anything else becomes its string. */
    public static String write(Object value) {
        var out = new StringBuilder();
        write(value, out);
        return out.toString();
    }

    private static void write(Object value, StringBuilder out) {
        if (value instanceof Map<?, ?> map) {
            String separator = "{";
            for (var entry : map.entrySet()) {
                out.append(separator);
                quote(String.valueOf(entry.getKey()), out);
                write(entry.getValue(), out.append(':'));
                separator = ",";
            }
            out.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof Iterable<?> items) {
            out.append('[');
            String separator = "";
            for (Object item : items) {
                write(item, out.append(separator));
                separator = ",";
            }
            out.append(']');
        } else if (value == null || value instanceof Boolean || isFinite(value)) {
            out.append(value);
        } else {
            quote(value.toString(), out);
        }
    }

    private static boolean isFinite(Object value) {
        return value instanceof Integer
                || value instanceof Long
                || value instanceof Double number && !number.isNaN() && !number.isInfinite();
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c == '\n') {
                out.append("\\n");
            } else if (c < ' ' || Character.isSurrogate(c)) {
                // Half a pair could not be written as UTF-8.
                out.append("\\u")
                        .append(Character.forDigit(c >> 12, 16))
                        .append(Character.forDigit(c >> 8 & 15, 16))
                        .append(Character.forDigit(c >> 4 & 15, 16))
                        .append(Character.forDigit(c & 15, 16));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    private IllegalArgumentException error() {
        return new IllegalArgumentException("no JSON at character " + at);
    }

    private char skipBlanks() {
        while (at < text.length() && text.charAt(at) <= ' ') {
            at++;
        }
        return at < text.length() ? text.charAt(at) : '\0';
    }

    private boolean skip(String word) {
        skipBlanks();
        boolean there = text.startsWith(word, at);
        if (there) {
            at += word.length();
        }
        return there;
    }

    private Object value() {
        char first = skipBlanks();
        return switch (first) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> string();
            case 't', 'f', 'n' -> word();
            default -> number();
        };
    }

    private Object word() {
        if (skip("true")) {
            return true;
        }
        if (skip("false")) {
            return false;
        }
        if (skip("null")) {
            return null;
        }
        throw error();
    }

    private Object number() {
        int start = at;
        while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        String digits = text.substring(start, at);
        if (digits.matches("-?\\d{1,18}")) {
            return Long.valueOf(digits);
        }
        return Double.valueOf(digits);
    }

    private Map<String, Object> object() {
        var map = new LinkedHashMap<String, Object>();
        at++;
        while (!skip("}")) {
            if (!map.isEmpty() && !skip(",") || skipBlanks() != '"') {
                throw error();
            }
            String key = string();
            if (!skip(":")) {
                throw error();
            }
            map.put(key, value());
        }
        return map;
    }

    private List<Object> array() {
        var list = new ArrayList<>();
        at++;
        while (!skip("]")) {
            if (!list.isEmpty() && !skip(",")) {
                throw error();
            }
            list.add(value());
        }
        return list;
    }

    private String string() {
        var out = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '"') {
                at++;
                return out.toString();
            }
            out.append(c == '\\' ? escaped() : c);
        }
        throw error();
    }

    private char escaped() {
        if (++at >= text.length()) {
            throw error();
        }
        char c = text.charAt(at);
        if (c == 'u' && at + 4 < text.length()) {
            at += 4;
            return (char) Integer.parseInt(text, at - 3, at + 1, 16);
        }
        int which = "bfnrt".indexOf(c);
        return which < 0 ? c : "\b\f\n\r\t".charAt(which);
    }
}
