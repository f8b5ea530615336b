package chuan.eval.measure;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Texts to measure with, from a file of JSON lines in the form of Chuan's corpus: `text`, and
/// where known `lang` and `source`; `.gz` is unpacked. Any other file is one text.
///
/// @param sha256 of the file as it lies on the disk
record TextSet(Path file, String sha256, List<Text> texts) {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String PACKED = ".gz";

    /// @param lang "" if the file does not say
    /// @param source what domain it is from; "" if the file does not say
    record Text(String text, String lang, String source) {
        /// As UTF-8.
        long bytes() {
            return text.getBytes(StandardCharsets.UTF_8).length;
        }
    }

    TextSet {
        texts = List.copyOf(texts);
    }

    /// @throws MeasureException naming the line of what is wrong, or if there is no text
    static TextSet read(Path file) throws IOException {
        var digest = newDigest();
        List<Text> texts;
        try (var raw = new DigestInputStream(Files.newInputStream(file), digest)) {
            texts = texts(file, raw);
            while (raw.read() >= 0) {} // what a packed file has behind its end counts too
        } catch (CharacterCodingException _) {
            throw new MeasureException(file + ": is not UTF-8 text");
        }
        if (texts.stream().allMatch(text -> text.text().isEmpty()))
            throw new MeasureException(file + ": holds no text");
        return new TextSet(file, HexFormat.of().formatHex(digest.digest()), texts);
    }

    private static List<Text> texts(Path file, InputStream raw) throws IOException {
        String name = file.getFileName().toString();
        InputStream in = new BufferedInputStream(raw, 1 << 16);
        if (name.endsWith(PACKED)) in = new GZIPInputStream(in, 1 << 16);
        var decoder = StandardCharsets.UTF_8.newDecoder();
        var reader = new BufferedReader(new InputStreamReader(in, decoder));
        if (!name.endsWith(".jsonl") && !name.endsWith(".jsonl" + PACKED))
            return List.of(new Text(reader.readAllAsString(), "", ""));
        var texts = new ArrayList<Text>();
        int number = 0;
        for (String line; (line = reader.readLine()) != null; ) {
            number++;
            if (!line.isBlank()) texts.add(text(line, file + ": line " + number));
        }
        return texts;
    }

    private static Text text(String line, String where) {
        JsonNode node;
        try {
            node = JSON.readTree(line);
        } catch (JacksonException e) {
            throw new MeasureException(where + ": is not valid JSON: " + e.getOriginalMessage());
        }
        String text = string(node, "text", where);
        if (text == null) throw new MeasureException(where + ": has no \"text\"");
        String lang = string(node, "lang", where);
        String source = string(node, "source", where);
        return new Text(text, lang == null ? "" : lang, source == null ? "" : source);
    }

    private static @Nullable String string(JsonNode node, String name, String where) {
        JsonNode value = node.path(name);
        if (value.isMissingNode()) return null;
        if (!value.isString())
            throw new MeasureException(where + ": \"" + name + "\" is not a string");
        return value.stringValue();
    }

    private static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
