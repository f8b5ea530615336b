package chuan.corpus;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A named set of raw documents of one language: its files, the class of its licence, its weight in
/// the mix (how often its text is read while a source of weight 1 is read once) and its rules.
record Source(
        String name,
        String lang,
        String licenseClass,
        String license,
        double weight,
        long bytes,
        List<Path> files,
        SourceRules rules) {

    Source {
        files = List.copyOf(files);
    }

    /// Unique over languages: `en/mdn`.
    String key() {
        return lang + "/" + name;
    }

    /// Reads the files one after the other; close it to close the open one.
    Reader documents() {
        return new Reader();
    }

    final class Reader implements Iterator<Document>, AutoCloseable {
        private final Iterator<Path> remaining = files.iterator();
        private @Nullable JsonLines open;

        @Override
        public boolean hasNext() {
            while (open == null || !open.hasNext()) {
                close();
                if (!remaining.hasNext()) {
                    return false;
                }
                open = new JsonLines(remaining.next());
            }
            return true;
        }

        @Override
        public Document next() {
            if (!hasNext() || open == null) {
                throw new NoSuchElementException();
            }
            JsonLines lines = open;
            JsonNode node = lines.next();
            return new Document(
                    lines.text(node, "id"),
                    lang,
                    name,
                    JsonLines.optionalText(node, "license"),
                    JsonLines.optionalText(node, "attribution"),
                    lines.text(node, "text"));
        }

        @Override
        public void close() {
            if (open != null) {
                open.close();
                open = null;
            }
        }
    }
}
