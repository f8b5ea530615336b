package chuan.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/// SHA-256 as hubs write it: 64 lower-case hexadecimal digits.
final class Sha256 {
    private static final int BUFFER = 1 << 18;

    private Sha256() {}

    static MessageDigest start() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    static String text(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    /// Adds a file's bytes.
    ///
    /// @param progress gets the bytes of each step
    static void add(MessageDigest digest, Path file, LongConsumer progress) throws IOException {
        byte[] buffer = new byte[BUFFER];
        try (var in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
                progress.accept(n);
            }
        }
    }

    static String of(Path file, LongConsumer progress) throws IOException {
        var digest = start();
        add(digest, file, progress);
        return text(digest);
    }
}
