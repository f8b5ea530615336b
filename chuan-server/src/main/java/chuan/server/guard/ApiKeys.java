package chuan.server.guard;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The keys that open a server. Only their SHA-256 is kept, in files as in memory: a key has 256
/// random bits, so a slow hash would protect nothing more. Immutable.
///
/// A file has one key a line, `NAME sha256:HEX`; empty lines and those that begin with # do not
/// count. The name appears in logs and decides whose share of the model a request uses.
public final class ApiKeys {
    private static final int RANDOM_BYTES = 32;
    private static final String PREFIX = "sk-chuan-";
    private static final String HASHED = "sha256:";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern HEX = Pattern.compile("[0-9a-fA-F]{64}");

    /// No key is asked for.
    public static final ApiKeys NONE = new ApiKeys(List.of());

    /// @param hash SHA-256 of the key
    private record Key(String name, byte[] hash) {}

    private final List<Key> keys;

    private ApiKeys(List<Key> keys) {
        this.keys = List.copyOf(keys);
    }

    /// Those of a file.
    ///
    /// @param source named if a line is wrong
    /// @throws IllegalArgumentException naming the line
    public static ApiKeys parse(String source, List<String> lines) {
        var keys = new ArrayList<Key>();
        var names = new HashSet<String>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) continue;
            String where = source + ", line " + (i + 1) + ": ";
            var key = parse(where, line);
            if (!names.add(key.name))
                throw new IllegalArgumentException(where + "the name " + key.name + " comes twice");
            keys.add(key);
        }
        if (keys.isEmpty()) throw new IllegalArgumentException(source + " holds no key");
        return new ApiKeys(keys);
    }

    private static Key parse(String where, String line) {
        String[] parts = line.split("\\s+");
        if (parts.length != 2 || !parts[1].startsWith(HASHED))
            throw new IllegalArgumentException(where + "not of the form NAME sha256:HEX");
        if (!NAME.matcher(parts[0]).matches())
            throw new IllegalArgumentException(
                    where + "a name has letters, digits, and . _ - only, at most 64");
        String hex = parts[1].substring(HASHED.length());
        if (!HEX.matcher(hex).matches())
            throw new IllegalArgumentException(where + "a SHA-256 has 64 hexadecimal digits");
        return new Key(parts[0], HexFormat.of().parseHex(hex));
    }

    /// Those of an environment variable: keys in clear text, separated by commas. They are called
    /// key1, key2, and so on.
    ///
    /// @throws IllegalArgumentException if there is none
    public static ApiKeys ofClearText(String source, String text) {
        var keys = new ArrayList<Key>();
        for (String key : text.split(",")) {
            if (key.isBlank()) continue;
            keys.add(new Key("key" + (keys.size() + 1), hash(key.strip())));
        }
        if (keys.isEmpty()) throw new IllegalArgumentException(source + " holds no key");
        return new ApiKeys(keys);
    }

    /// A new key.
    public static String generate() {
        byte[] random = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(random);
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    }

    /// What a file holds for a key.
    ///
    /// @throws IllegalArgumentException if the name is not one
    public static String line(String name, String key) {
        String line = name + " " + HASHED + HexFormat.of().formatHex(hash(key));
        parse("", line);
        return line;
    }

    /// Whether requests need one.
    public boolean required() {
        return !keys.isEmpty();
    }

    /// The name of a key, or null if it is none of ours. Takes as long for a wrong one as for a
    /// right one.
    public @Nullable String owner(String presented) {
        byte[] hash = hash(presented);
        String owner = null;
        for (var key : keys) if (MessageDigest.isEqual(key.hash, hash)) owner = key.name;
        return owner;
    }

    private static byte[] hash(String key) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has SHA-256
        }
    }
}
