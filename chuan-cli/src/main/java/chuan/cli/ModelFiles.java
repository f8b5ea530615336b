package chuan.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The files that a model is made of, with their SHA-256: what a result must name so that others
/// can have the same.
final class ModelFiles {
    private static final int BUFFER = 1 << 20;

    /// What decides an answer; a folder holds more than that.
    private static final List<String> KINDS =
            List.of(".json", ".safetensors", ".bin", ".gguf", ".model");

    private ModelFiles() {}

    /// By file name, in alphabetical order.
    ///
    /// @param model folder or file
    static Map<String, String> hashes(Path model, Streams streams) throws IOException {
        var files = files(model);
        long bytes = 0;
        for (Path file : files) bytes += Files.size(file);
        var hashes = new LinkedHashMap<String, String>();
        byte[] buffer = new byte[BUFFER];
        try (var progress = new ProgressLine(streams, "hashing", "MB", bytes / 1_000_000)) {
            long done = 0;
            for (Path file : files) {
                var digest = sha256();
                try (InputStream in = Files.newInputStream(file)) {
                    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                        digest.update(buffer, 0, n);
                        done += n;
                        progress.update(done / 1_000_000);
                    }
                }
                hashes.put(
                        file.getFileName().toString(), HexFormat.of().formatHex(digest.digest()));
            }
        }
        return hashes;
    }

    private static List<Path> files(Path model) throws IOException {
        if (!Files.isDirectory(model)) return List.of(model);
        try (Stream<Path> all = Files.list(model)) {
            return all.filter(ModelFiles::counts).sorted().toList();
        }
    }

    private static boolean counts(Path file) {
        String name = file.getFileName().toString();
        return Files.isRegularFile(file)
                && !name.startsWith(".")
                && KINDS.stream().anyMatch(name::endsWith);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has SHA-256
        }
    }
}
