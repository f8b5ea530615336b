package chuan.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/// What clients see as `system_fingerprint`: changes whenever the same request may get another
/// answer, that is with the program, the model's files and the kernels.
final class Fingerprint {
    /// Of each file; reading all of a large model would double its loading time.
    private static final int BEGINNING = 1 << 20;

    private Fingerprint() {}

    /// @param model folder or file
    /// @param program its version
    /// @param kernels that compute
    static String of(Path model, String program, String kernels) throws IOException {
        MessageDigest hash = sha256();
        hash.update(program.getBytes(StandardCharsets.UTF_8));
        hash.update(kernels.getBytes(StandardCharsets.UTF_8));
        for (Path file : files(model)) add(file, hash);
        return "fp_" + HexFormat.of().formatHex(hash.digest(), 0, 6);
    }

    private static List<Path> files(Path model) throws IOException {
        if (!Files.isDirectory(model)) return List.of(model);
        try (Stream<Path> all = Files.list(model)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static void add(Path file, MessageDigest hash) throws IOException {
        hash.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
        hash.update(ByteBuffer.allocate(Long.BYTES).putLong(Files.size(file)).flip());
        try (InputStream in = Files.newInputStream(file)) {
            hash.update(in.readNBytes(BEGINNING));
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has SHA-256
        }
    }
}
