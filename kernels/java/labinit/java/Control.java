package labinit.java;

import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import jdk.jshell.execution.LocalExecutionControl;
import org.dflib.jjava.jupyter.telemetry.TelemetryCollector;

/**
 * Runs the classes that JShell compiles, on the caller's thread, and keeps what they return or
 * throw. Their loops can be stopped: LocalExecutionControl adds a check of a flag to each
 * step back.
 */
final class Control extends LocalExecutionControl {
    private final Loader loader;
    private Object value;
    private Throwable thrown;
    private Field stopFlag;
    private TelemetryCollector<Object> collector = TelemetryCollector.DO_NOTHING;

    Control(Loader loader) {
        super(loader);
        this.loader = loader;
        try {
            // Its `invoke` would do this, and then run the code on a thread of its own.
            var make = LocalExecutionControl.class.getDeclaredMethod("genCancelClass");
            make.setAccessible(true);
            loader.load(new ClassBytecodes[] {(ClassBytecodes) make.invoke(null)});
            stopFlag = loader.findClass("REPL.$Cancel$").getDeclaredField("allStop");
        } catch (ReflectiveOperationException | ClassInstallException changed) {
            throw new IllegalStateException(
                    "this JDK's jshell is not the one that the kernel was built for", changed);
        }
    }

    /** What the last snippet has returned: once. */
    Object takeValue() {
        Object taken = value;
        value = null;
        return taken;
    }

    /** What the last snippet has thrown: once. */
    Throwable takeThrown() {
        Throwable taken = thrown;
        thrown = null;
        return taken;
    }

    Loader loader() {
        return loader;
    }

    @SuppressWarnings("unchecked")
    void collect(TelemetryCollector<?> wanted) {
        collector = (TelemetryCollector<Object>) wanted;
    }

    /** Have the loops of cells end (true) or run (false). */
    void stop(boolean now) {
        try {
            stopFlag.set(null, now);
        } catch (IllegalAccessException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    protected String invoke(Method method) throws Exception {
        takeThrown();
        Object started = collector.measurementStart();
        try {
            value = method.invoke(null);
        } catch (InvocationTargetException failure) {
            thrown = failure.getCause();
            throw failure;
        } finally {
            collector.measurementEnd(started);
        }
        // JShell would make a string of every value, however long, and nobody reads it.
        return "";
    }

    @Override
    protected void clientCodeEnter() {}

    @Override
    protected void clientCodeLeave() {}
}
