package chuan.hub;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A file as a hub lists it. The path can only lead into the folder it is resolved against.
///
/// @param path relative, with `/`
/// @param size in bytes
/// @param sha256 64 lower-case hexadecimal digits; null if the hub does not say
/// @param id changes with the content, whatever it is made of; empty if the hub gives none
public record HubFile(String path, long size, @Nullable String sha256, String id) {
    private static final int LONGEST_PATH = 1000;

    public HubFile {
        checkPath(path);
        if (size < 0) throw new HubException(path + ": the hub says its size is " + size);
        if (sha256 != null) {
            sha256 = sha256.toLowerCase(Locale.ROOT);
            if (!sha256.matches("[0-9a-f]{64}"))
                throw new HubException(path + ": the hub's SHA-256 is none: " + sha256);
        }
    }

    Path in(Path folder) {
        return folder.resolve(path);
    }

    String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    HubFile withSha256(String value) {
        return new HubFile(path, size, value, id);
    }

    static boolean isUnprintable(char c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    true;
            default -> false;
        };
    }

    private static void checkPath(String path) {
        boolean hostile =
                path.isEmpty()
                        || path.length() > LONGEST_PATH
                        || path.indexOf('\\') >= 0
                        || path.matches("[A-Za-z]:.*")
                        || path.chars().anyMatch(c -> isUnprintable((char) c));
        for (String segment : path.split("/", -1))
            hostile |= segment.isEmpty() || segment.equals(".") || segment.equals("..");
        if (hostile || !isPath(path))
            throw new HubException(
                    "the hub lists a file \"" + path + "\": not a name to write to; refused");
    }

    /// Some systems have names that cannot be written.
    private static boolean isPath(String path) {
        try {
            return !Path.of(path).isAbsolute();
        } catch (InvalidPathException _) {
            return false;
        }
    }
}
