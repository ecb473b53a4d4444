package labinit.java;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The environment variables that JJava knows, and IJava's names of them. */
final class Settings {
    private Settings() {}

    /** JJAVA_NAME or IJAVA_NAME; empty where neither is set. */
    static String get(String name) {
        String value = System.getenv("JJAVA_" + name);
        value = value == null ? System.getenv("IJAVA_" + name) : value;
        return value == null ? "" : value;
    }

    static String[] compilerOptions() {
        String options = get("COMPILER_OPTS").strip();
        return options.isEmpty() ? new String[0] : options.split("\\s+");
    }

    /** What runs before the first cell. A script that cannot be read is told of, and left out. */
    static List<String> startupSnippets() {
        var snippets = new ArrayList<String>();
        for (String path : get("STARTUP_SCRIPTS_PATH").split(java.io.File.pathSeparator)) {
            try {
                if (!path.isBlank()) {
                    snippets.add(Files.readString(Path.of(path)));
                }
            } catch (IOException failure) {
                System.err.println("startup script not read: " + failure);
            }
        }
        snippets.add(get("STARTUP_SCRIPT"));
        return snippets;
    }
}
