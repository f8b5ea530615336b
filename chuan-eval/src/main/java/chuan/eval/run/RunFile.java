package chuan.eval.run;

import chuan.eval.ExaminationException;
import chuan.eval.Result;
import chuan.eval.Verdict;
import chuan.eval.report.ExaminationFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What is known of a run that is not finished: a line that says what is examined and how, then a
/// line for each question. Lines are appended as replies come; the last one may be cut by a crash
/// and is then left out. Held by one process at a time. One thread at a time.
final class RunFile implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// Of every file of this kind.
    private static final String BEGINNING = "{\"unfinished\":";

    private final Path file;
    private final FileChannel channel;
    private final Map<String, Result> known = new LinkedHashMap<>();

    private RunFile(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /// The file that belongs to a result file.
    static Path beside(Path out) {
        return out.resolveSibling(out.getFileName() + ".lines");
    }

    /// Opens or creates the file.
    ///
    /// @param settings what must be the same for a run to go on
    /// @throws ExaminationException if the file was begun with other settings, or another process
    ///   writes it
    static RunFile open(Path file, Map<String, Object> settings) throws IOException {
        var channel =
                FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
        try {
            if (!lock(channel))
                throw new ExaminationException(
                        file + ": another chuan eval is writing it; give this one another --out");
            var run = new RunFile(file, channel);
            run.begin(settings);
            return run;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static boolean lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException _) {
            return false;
        }
    }

    private void begin(Map<String, Object> settings) throws IOException {
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        int whole = text.lastIndexOf('\n') + 1;
        int shown = Math.min(BEGINNING.length(), text.length());
        if (!text.startsWith(BEGINNING.substring(0, shown)))
            throw new ExaminationException(
                    file + ": is no unfinished run of chuan eval; give another --out");
        channel.truncate(whole);
        channel.position(whole);
        var header = Map.of("unfinished", settings);
        if (whole == 0) {
            append(JSON.writeValueAsString(header));
            return;
        }
        var lines = Files.readString(file).lines().toList();
        compare(JSON.readTree(lines.getFirst()), JSON.readTree(JSON.writeValueAsString(header)));
        for (int i = 1; i < lines.size(); i++) {
            var result = ExaminationFile.result(lines.get(i), file + " line " + (i + 1));
            if (result.verdict().outcome() == Verdict.Outcome.FAILED) known.remove(key(result));
            else known.put(key(result), result);
        }
    }

    private void compare(JsonNode before, JsonNode now) {
        var differences = new ArrayList<String>();
        compare("", before.path("unfinished"), now.path("unfinished"), differences);
        if (differences.isEmpty()) return;
        throw new ExaminationException(
                "%s: was begun with other settings (%s); use those again, give another --out, or"
                                .formatted(file, String.join("; ", differences))
                        + " delete the file");
    }

    private static void compare(String at, JsonNode before, JsonNode now, List<String> out) {
        if (before.equals(now)) return;
        if (!before.isObject() || !now.isObject()) {
            out.add("%s was %s, is %s".formatted(at, shown(before), shown(now)));
            return;
        }
        var names = new TreeSet<>(before.propertyNames());
        names.addAll(now.propertyNames());
        for (String name : names)
            compare(at.isEmpty() ? name : at + "." + name, before.path(name), now.path(name), out);
    }

    private static String shown(JsonNode node) {
        return node.isMissingNode()
                ? "absent"
                : node.isString() ? node.asString() : node.toString();
    }

    /// What an earlier run found out about a question, unless it was another.
    ///
    /// @return null if nothing is known
    @Nullable Result known(String task, String subject, int index, String promptHash) {
        var result = known.get(key(task, subject, index));
        return result == null || !result.promptHash().equals(promptHash) ? null : result;
    }

    private static String key(Result result) {
        return key(result.task(), result.subject(), result.index());
    }

    private static String key(String task, String subject, int index) {
        return task + "\n" + subject + "\n" + index;
    }

    void add(Result result) throws IOException {
        append(ExaminationFile.line(result));
    }

    private void append(String line) throws IOException {
        var bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) channel.write(bytes);
    }

    /// The run is finished, and its result is safe.
    void delete() throws IOException {
        Files.deleteIfExists(file);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
