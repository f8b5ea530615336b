package chuan.files;

import java.nio.file.Path;

/// A file from outside that cannot be what it claims to be. The message is one line: the file, the
/// place in it (an offset, a tensor, a key), what is wrong and, where it helps, what to do.
public final class MalformedFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST_MESSAGE = 600;

    private final transient Path file;

    private MalformedFileException(Path file, String place, String problem) {
        super(oneLine(file + ": " + (place.isEmpty() ? "" : place + ": ") + problem));
        this.file = file;
    }

    /// The file as a whole is wrong: too short, of another kind, absent.
    public static MalformedFileException of(Path file, String problem) {
        return new MalformedFileException(file, "", problem);
    }

    /// Something is wrong at this byte.
    public static MalformedFileException atByte(Path file, long offset, String problem) {
        return new MalformedFileException(file, "at byte " + offset, problem);
    }

    /// Something is wrong with this tensor.
    public static MalformedFileException tensor(Path file, String name, String problem) {
        return new MalformedFileException(file, "tensor " + name, problem);
    }

    /// Something is wrong with this key of a JSON file.
    public static MalformedFileException key(Path file, String key, String problem) {
        return new MalformedFileException(file, "key \"" + key + "\"", problem);
    }

    /// The file that was refused.
    public Path file() {
        return file;
    }

    /// Names inside a hostile file may hold line breaks, terminal escapes or a megabyte of text.
    private static String oneLine(String text) {
        var line = new StringBuilder(Math.min(text.length(), LONGEST_MESSAGE));
        for (int i = 0; i < text.length(); i++) {
            if (line.length() >= LONGEST_MESSAGE) return line.append("...").toString();
            char c = text.charAt(i);
            if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029')
                line.append(String.format("\\u%04x", (int) c));
            else line.append(c);
        }
        return line.toString();
    }
}
