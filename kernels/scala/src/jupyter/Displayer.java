package jupyter;

import java.util.Map;

/** How values of a type are shown, as libraries for Jupyter on the JVM (jvm-repr) define it. */
@FunctionalInterface
public interface Displayer<T> {
    /** The value's forms, by MIME type. */
    Map<String, String> display(T value);
}
