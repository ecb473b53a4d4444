package labinit.java;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Names of packages, which JShell offers nowhere: it completes the types in them only. */
final class Packages {
    private static final Pattern IMPORT =
            Pattern.compile("(?:^|[;\\n])\\s*import\\s+(?:static\\s+)?((?:\\w+\\.)*)(\\w*)$");

    private final Loader loader;
    private final Map<URL, Set<String>> read = new HashMap<>();

    Packages(Loader loader) {
        this.loader = loader;
    }

    /**
     * What can follow the last dot of an import statement, without its dot; nothing outside of one.
     */
    List<String> complete(String before) {
        var statement = IMPORT.matcher(before);
        if (!statement.find()) {
            return List.of();
        }
        String outer = statement.group(1);
        String begin = outer + statement.group(2);
        return all().filter(name -> name.startsWith(begin))
                .map(name -> name.substring(outer.length()).split("\\.")[0])
                .distinct().sorted().toList();
    }

    private Stream<String> all() {
        var ofJdk = ModuleLayer.boot().modules().stream()
                .flatMap(module -> module.getPackages().stream().filter(module::isExported));
        var ofLibraries = loader.entries().stream()
                .flatMap(entry -> read.computeIfAbsent(entry, Packages::read).stream());
        return Stream.concat(ofJdk, ofLibraries);
    }

    /** The packages of a jar or folder; none where it cannot be read, which its use then tells. */
    private static Set<String> read(URL entry) {
        try {
            Path path = Path.of(new URI(entry.toString()));
            if (Files.isDirectory(path)) {
                return folders(path);
            }
            try (FileSystem jar = FileSystems.newFileSystem(path)) {
                return folders(jar.getPath("/"));
            }
        } catch (IOException | URISyntaxException | RuntimeException unreadable) {
            return Set.of();
        }
    }

    private static Set<String> folders(Path root) throws IOException {
        try (var files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".class")
                            && !file.toString().contains("META-INF"))
                    .map(file -> root.relativize(file).getParent())
                    .filter(folder -> folder != null && !folder.toString().isEmpty())
                    .map(folder -> folder.toString().replace('/', '.'))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
