package chuan.eval.task;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Reads a file of a set. Whatever is wrong with it is said with file, line and column.
final class SetReader {
    enum Format {
        /// RFC 4180, with or without a byte order mark; cells may hold line feeds.
        CSV,
        /// One JSON object a line.
        JSON_LINES,
        /// One JSON list, or an object that holds it.
        JSON,
        /// [AgievalExamples]
        AGIEVAL_EXAMPLES
    }

    /// Larger than any file of questions; protects memory from what is none.
    private static final long LARGEST = 256L << 20;

    private SetReader() {}

    /// @param keys whether every row must say its answer
    static List<Item> read(
            Path file,
            Format format,
            Columns columns,
            Cells cells,
            TaskFile.Subject subject,
            boolean keys)
            throws IOException {
        String text = text(file);
        var items =
                switch (format) {
                    case CSV -> CsvSet.items(file, text, columns, cells, keys);
                    case JSON_LINES -> JsonSet.lines(file, text, columns, keys);
                    case JSON -> JsonSet.list(file, text, columns, keys);
                    case AGIEVAL_EXAMPLES -> AgievalExamples.items(file, text, columns, subject);
                };
        if (items.isEmpty())
            throw new TaskException(file + ": holds no questions; fetch or copy the set again");
        return items;
    }

    static String text(Path file) throws IOException {
        long size = Files.size(file);
        if (size > LARGEST)
            throw new TaskException(file + ": " + size + " bytes are no file of questions");
        byte[] bytes = Files.readAllBytes(file);
        try {
            String text =
                    StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            int nul = text.indexOf('\0');
            if (nul >= 0)
                throw new TaskException(
                        file
                                + ": line "
                                + (1
                                        + text.substring(0, nul)
                                                .chars()
                                                .filter(c -> c == '\n')
                                                .count())
                                + ": holds a NUL, as no text does; save the file as UTF-8 or fetch"
                                + " it again");
            return text.startsWith("\ufeff") ? text.substring(1) : text;
        } catch (CharacterCodingException _) {
            throw new TaskException(
                    file + ": line " + line(bytes) + ": is not UTF-8; save the file as UTF-8");
        }
    }

    /// Where the first malformed character is.
    private static int line(byte[] bytes) {
        var decoder = StandardCharsets.UTF_8.newDecoder();
        var in = ByteBuffer.wrap(bytes);
        var out = java.nio.CharBuffer.allocate(bytes.length + 1);
        decoder.decode(in, out, true);
        int line = 1;
        for (int i = 0; i < in.position(); i++) if (bytes[i] == '\n') line++;
        return line;
    }
}
