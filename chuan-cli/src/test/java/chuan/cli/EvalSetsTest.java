package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import chuan.hub.HubException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A set is fetched from a hub on this machine. All questions are invented.
final class EvalSetsTest {
    private static final String ROWS =
            "question,A,B,answer\nIst es Tag?,ja,nein,A\nIst es Nacht?,ja,nein,B\n";

    @TempDir private Path temporary;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final LocalHub hub;
    private byte[] archive = {};

    EvalSetsTest() throws IOException {
        hub = new LocalHub();
    }

    @BeforeEach
    void publish() throws IOException {
        var files = new LinkedHashMap<String, String>();
        files.put("day/test.csv", ROWS);
        files.put("__MACOSX/day/._test.csv", "litter");
        archive = zip(files);
        hub.files.put("set.zip", archive);
        hub.files.put("other.bin", new byte[50]);
        hub.files.put("README.md", "---\nlicense: cc0-1.0\n---\n".getBytes(StandardCharsets.UTF_8));
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    private static byte[] zip(Map<String, String> files) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            for (var file : files.entrySet()) {
                zip.putNextEntry(new ZipEntry(file.getKey()));
                zip.write(file.getValue().getBytes(StandardCharsets.UTF_8));
                zip.closeEntry();
            }
        }
        return bytes.toByteArray();
    }

    private String taskFile(String source) throws IOException {
        String yaml =
                """
                name: day
                version: 1
                source: {about: "https://example.org/day", licence: Nobody's, SOURCE}
                columns: {question: question, options: [A, B], answer: answer}
                splits: {test: [day/test.csv, test.csv]}
                protocol: one
                protocols:
                  one: {about: one, split: test, shots: {count: 0}, item: "{question}"}
                """;
        return Files.writeString(temporary.resolve("day.yaml"), yaml.replace("SOURCE", source))
                .toString();
    }

    private String onHub() throws IOException {
        return taskFile("hub: " + LocalHub.MODEL + ", files: [set.zip]");
    }

    private int fetch(String task) throws IOException {
        out.reset();
        return new EvalSets(streams(), data(), hub.url(), Duration.ofMillis(1)).fetch(task);
    }

    private Streams streams() {
        var print = new PrintStream(out, true, StandardCharsets.UTF_8);
        return new Streams(
                new ByteArrayInputStream(new byte[0]), print, print, false, false, false);
    }

    /// A set is fetched and then asked from, both by the command as it is typed.
    @Test
    void theCommandFetchesASet() throws IOException {
        String data = data().toString();
        assertThat(
                        Main.run(
                                streams(), "eval", "--get", onHub(), "--hub", hub.url(), "--data",
                                data))
                .as(printed())
                .isZero();
        assertThat(unpacked()).hasContent(ROWS);
        assertThat(Main.run(streams(), "eval", "--get", "no-such-task", "--data", data))
                .isEqualTo(2);
        assertThat(printed()).contains("no-such-task").doesNotContain("Exception");
    }

    private Path data() {
        return temporary.resolve("data");
    }

    private Path unpacked() {
        return data().resolve("day/day/test.csv");
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void setArrivesUnpackedWithItsLicence() throws IOException {
        assertThat(fetch(onHub())).isZero();
        assertThat(unpacked()).hasContent(ROWS);
        assertThat(data().resolve("day/__MACOSX")).doesNotExist();
        assertThat(data().resolve("day/other.bin")).doesNotExist();
        assertThat(printed().lines())
                .first()
                .isEqualTo("day: licence: Nobody's; https://example.org/day");
        assertThat(printed())
                .contains("licence: cc0-1.0; read it at ")
                .contains(
                        "set.zip: "
                                + archive.length
                                + " bytes, SHA-256 "
                                + LocalHub.sha256(archive))
                .contains(
                        "day: 2 questions of split test in "
                                + data().resolve("day")
                                + ", 1 files unpacked");
        hub.seen.clear();
        assertThat(fetch(onHub())).isZero();
        assertThat(hub.seen).extracting(LocalHub.Seen::file).containsExactly("listing");
    }

    @Test
    void otherContentThanTheHubListsIsDeleted() throws IOException {
        hub.lies.put("set.zip", new LocalHub.Listed(archive.length, "0".repeat(64)));
        assertThatThrownBy(() -> fetch(onHub()))
                .isInstanceOf(HubException.class)
                .hasMessage(
                        "set.zip: its SHA-256 should be "
                                + "0".repeat(64)
                                + ", but is "
                                + LocalHub.sha256(archive)
                                + "; deleted, run the same command again to fetch it anew");
        assertThat(unpacked()).doesNotExist();
        assertThat(data().resolve("day/set.zip")).doesNotExist();
    }

    @Test
    void otherEditionThanTheTaskFileKnowsIsDeleted() throws IOException {
        String known = "files: {set.zip: {sha256: " + "1".repeat(64) + "}}";
        String task = taskFile("hub: " + LocalHub.MODEL + ", " + known);
        assertThatThrownBy(() -> fetch(task))
                .isInstanceOf(CliException.class)
                .hasMessage(
                        "set.zip: its SHA-256 should be "
                                + "1".repeat(64)
                                + " by the task file of day, but is "
                                + LocalHub.sha256(archive)
                                + "; deleted: this is another edition of the set, ask at"
                                + " https://example.org/day");
        assertThat(data().resolve("day/set.zip")).doesNotExist();
        assertThat(unpacked()).doesNotExist();
    }

    @Test
    void cutOffTransferGoesOn() throws IOException {
        hub.next("set.zip", hub.dropAfter(0, 40));
        assertThat(fetch(onHub())).isZero();
        assertThat(unpacked()).hasContent(ROWS);
        assertThat(hub.requests("set.zip"))
                .extracting(LocalHub.Seen::range)
                .containsExactly(null, "bytes=40-");
    }

    @Test
    void nextAttemptGoesOnWhereOneEnded() throws IOException {
        hub.next("set.zip", hub.dropAfter(0, 40));
        for (int i = 0; i < 4; i++) hub.next("set.zip", LocalHub.status(503));
        assertThatThrownBy(() -> fetch(onHub()))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("set.zip: ")
                .hasMessageContaining(
                        "times in a row; the same command goes on where this one ended");
        assertThat(unpacked()).doesNotExist();
        hub.seen.clear();
        assertThat(fetch(onHub())).isZero();
        assertThat(unpacked()).hasContent(ROWS);
        assertThat(hub.requests("set.zip"))
                .extracting(LocalHub.Seen::range)
                .containsExactly("bytes=40-");
    }

    @Test
    void filesOfAFolderAreFetchedByName() throws IOException {
        byte[] rows = ROWS.getBytes(StandardCharsets.UTF_8);
        hub.files.put("test.csv", rows);
        String address = "address: \"" + hub.url() + LocalHub.FOLDER + "\", ";
        String known = "{bytes: " + rows.length + ", sha256: " + LocalHub.sha256(rows) + "}";
        for (String file : new String[] {known, "{}"}) {
            assertThat(fetch(taskFile(address + "files: {test.csv: " + file + "}"))).isZero();
            assertThat(data().resolve("day/test.csv")).hasContent(ROWS);
            assertThat(printed()).contains("day: 2 questions of split test").doesNotContain("card");
            Files.delete(data().resolve("day/test.csv"));
        }
        String wrong = "{bytes: " + rows.length + ", sha256: " + "2".repeat(64) + "}";
        String task = taskFile(address + "files: {test.csv: " + wrong + "}");
        assertThatThrownBy(() -> fetch(task))
                .hasMessageStartingWith("test.csv: its SHA-256 should be 2222");
    }

    @Test
    void setWithoutAnAddressIsSaid() throws IOException {
        String task = taskFile("files: []");
        assertThatThrownBy(() -> fetch(task))
                .isInstanceOf(CliException.class)
                .hasMessage(
                        "day: its task file does not say where the set can be fetched; get it from"
                                + " https://example.org/day and give its folder with --data");
    }

    @Test
    void filesOfOthersAreLeftAlone() throws IOException {
        Path file = Files.createDirectories(data().resolve("day")).resolve("mine.csv");
        Files.writeString(file, ROWS);
        String task = onHub();
        assertThatThrownBy(() -> fetch(task))
                .isInstanceOf(CliException.class)
                .hasMessage(
                        data().resolve("day")
                                + ": holds files that were not fetched by chuan; use them as they are"
                                + " (--tasks day), or give another folder with --data");
        assertThat(file).hasContent(ROWS);
        assertThat(hub.seen).isEmpty();
    }

    @Test
    void archiveThatLeadsOutOfTheFolderIsRefused() throws IOException {
        hub.files.put("set.zip", zip(Map.of("day/test.csv", ROWS, "../../evil.csv", "x")));
        assertThatThrownBy(() -> fetch(onHub()))
                .isInstanceOf(HubException.class)
                .hasMessage(
                        data().resolve("day/set.zip")
                                + ": holds \"../../evil.csv\", not a name to write to; refused");
        assertThat(temporary.resolve("evil.csv")).doesNotExist();
        assertThat(unpacked()).doesNotExist();
    }
}
