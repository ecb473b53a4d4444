package labinit.java;

import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jdk.jshell.execution.LoaderDelegate;
import jdk.jshell.spi.ExecutionControl.ClassBytecodes;
import jdk.jshell.spi.ExecutionControl.ClassInstallException;
import jdk.jshell.spi.ExecutionControl.InternalException;

/** Where the classes of cells, and those of the jars they add, are loaded. */
final class Loader implements LoaderDelegate {
    private static final class Space extends URLClassLoader {
        private final Map<String, byte[]> compiled = new HashMap<>();

        Space() {
            super(new URL[0], Loader.class.getClassLoader());
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            byte[] bytes = compiled.remove(name);
            return bytes == null
                    ? super.findClass(name)
                    : defineClass(name, bytes, 0, bytes.length);
        }

        @Override
        public void addURL(URL entry) {
            super.addURL(entry);
        }
    }

    private final Space space = new Space();

    /** What libraries find the cells' classes with. */
    ClassLoader classLoader() {
        return space;
    }

    /** The jars and folders that cells have added. */
    List<URL> entries() {
        return List.of(space.getURLs());
    }

    @Override
    public void load(ClassBytecodes[] classes) throws ClassInstallException {
        for (var one : classes) {
            space.compiled.put(one.name(), one.bytecodes());
        }
        var installed = new boolean[classes.length];
        for (int i = 0; i < classes.length; i++) {
            try {
                space.loadClass(classes[i].name());
                installed[i] = true;
            } catch (ClassNotFoundException | LinkageError failure) {
                throw new ClassInstallException(failure.toString(), installed);
            }
        }
    }

    @Override
    public void classesRedefined(ClassBytecodes[] classes) {
        // Control redefines none: JShell then gives the new class another name.
    }

    @Override
    public void addToClasspath(String path) throws InternalException {
        for (String entry : path.split(java.io.File.pathSeparator)) {
            try {
                space.addURL(Path.of(entry).toUri().toURL());
            } catch (MalformedURLException | IllegalArgumentException failure) {
                throw new InternalException(failure.toString());
            }
        }
    }

    @Override
    public Class<?> findClass(String name) throws ClassNotFoundException {
        return space.loadClass(name);
    }
}
