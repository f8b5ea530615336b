package chuan.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// What a pulled folder holds. While a pull is under way the manifest is there under the name
/// [#UNFINISHED] without files; its rename to [#FILE] is the last step and makes the folder
/// complete.
///
/// @param files each with its SHA-256, by our own count where the hub gave none
public record Manifest(
        String source, String hub, String model, String revision, List<HubFile> files) {
    static final String RESERVED = ".chuan-pull";
    static final String FILE = RESERVED + ".json";
    static final String UNFINISHED = FILE + ".part";

    static Manifest of(Hub hub, List<HubFile> files) {
        return new Manifest(
                hub.source().toString(),
                hub.base().toString(),
                hub.model(),
                hub.revision(),
                List.copyOf(files));
    }

    /// Did a pull into this folder come to its end?
    public static boolean isComplete(Path folder) {
        return Files.isRegularFile(folder.resolve(FILE)) && !isUnfinished(folder);
    }

    /// Was a pull into this folder begun and not ended?
    public static boolean isUnfinished(Path folder) {
        return Files.exists(folder.resolve(UNFINISHED));
    }

    /// That of the last complete pull; empty if there was none or the file is damaged.
    static Optional<Manifest> last(Path folder) {
        return read(folder.resolve(FILE));
    }

    /// That of the pull under way, without files.
    static Optional<Manifest> unfinished(Path folder) {
        return read(folder.resolve(UNFINISHED));
    }

    /// The folder counts as incomplete from here on.
    static void begin(Path folder, Hub hub) throws IOException {
        Files.writeString(folder.resolve(UNFINISHED), of(hub, List.of()).json());
    }

    /// The folder is complete.
    void commit(Path folder) throws IOException {
        Path unfinished = folder.resolve(UNFINISHED);
        try (var out =
                FileChannel.open(
                        unfinished,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING)) {
            var bytes = ByteBuffer.wrap(json().getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) out.write(bytes);
            out.force(true);
        }
        Files.move(
                unfinished,
                folder.resolve(FILE),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    Optional<HubFile> file(String path) {
        return files.stream().filter(f -> f.path().equals(path)).findFirst();
    }

    public long bytes() {
        return files.stream().mapToLong(HubFile::size).sum();
    }

    /// For JSON: the files with sizes and hashes.
    public List<Map<String, Object>> entries() {
        var entries = new ArrayList<Map<String, Object>>();
        for (HubFile file : files) {
            var entry = new LinkedHashMap<String, Object>();
            entry.put("path", file.path());
            entry.put("size", file.size());
            entry.put("sha256", Objects.requireNonNullElse(file.sha256(), ""));
            entry.put("id", file.id());
            entries.add(entry);
        }
        return entries;
    }

    private String json() {
        var all = new LinkedHashMap<String, Object>();
        all.put("source", source);
        all.put("hub", hub);
        all.put("model", model);
        all.put("revision", revision);
        all.put("files", entries());
        return HubJson.write(all) + "\n";
    }

    private static Optional<Manifest> read(Path path) {
        try {
            if (!Files.isRegularFile(path)) return Optional.empty();
            JsonNode all = HubJson.read(path.toString(), Files.readString(path));
            var files = new ArrayList<HubFile>();
            for (JsonNode file : all.path("files"))
                files.add(
                        new HubFile(
                                file.path("path").asString(""),
                                HubJson.size(path.toString(), file.path("size")),
                                file.path("sha256").asString(""),
                                file.path("id").asString("")));
            String model = all.path("model").asString("");
            if (model.isEmpty()) return Optional.empty();
            return Optional.of(
                    new Manifest(
                            all.path("source").asString(""),
                            all.path("hub").asString(""),
                            model,
                            all.path("revision").asString(""),
                            files));
        } catch (IOException | HubException _) {
            return Optional.empty();
        }
    }
}
