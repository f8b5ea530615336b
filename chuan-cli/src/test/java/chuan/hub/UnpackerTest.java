package chuan.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Archives are written here byte by byte, as POSIX.1-1988 (ustar), GNU tar and pax have them.
final class UnpackerTest {
    @TempDir private Path temporary;
    private Path folder = Path.of("");

    @BeforeEach
    void room() throws IOException {
        folder = Files.createDirectory(temporary.resolve("set"));
    }

    private int unpack(String name, byte[] bytes) throws IOException {
        Path archive = Files.write(temporary.resolve(name), bytes);
        return new Unpacker(folder, 100_000, 50).unpack(archive);
    }

    private static byte[] zip(String name, byte[] content) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry(name));
            zip.write(content);
            zip.closeEntry();
        }
        return bytes.toByteArray();
    }

    private static byte[] entry(char type, String name, String prefix, byte[] content) {
        byte[] header = new byte[512];
        put(header, 0, name);
        put(header, 100, "0000644");
        put(header, 124, "%011o".formatted(content.length));
        header[156] = (byte) type;
        put(header, 257, "ustar");
        put(header, 263, "00");
        put(header, 345, prefix);
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : header) sum += Byte.toUnsignedInt(b);
        put(header, 148, "%06o\0 ".formatted(sum));
        byte[] entry = Arrays.copyOf(header, 512 + (content.length + 511) / 512 * 512);
        System.arraycopy(content, 0, entry, 512, content.length);
        return entry;
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] tar(byte[]... entries) {
        var all = new ByteArrayOutputStream();
        for (byte[] entry : entries) all.writeBytes(entry);
        all.writeBytes(new byte[1024]);
        return all.toByteArray();
    }

    private void leavesNothing() throws IOException {
        try (var files = Files.walk(folder)) {
            assertThat(files.filter(Files::isRegularFile)).isEmpty();
        }
        try (var files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void tarArrives() throws IOException {
        String deep = "d".repeat(120) + "/file.csv";
        int files =
                unpack(
                        "a.tar",
                        tar(
                                entry('5', "data/", "", new byte[0]),
                                entry('0', "./data/a.csv", "", bytes("x".repeat(700))),
                                entry('0', "b.csv", "data/sub", bytes("b")),
                                entry('g', "pax_global_header", "", bytes("12 comment=a\n")),
                                entry('L', "././@LongLink", "", bytes("gnu/" + deep + "\0")),
                                entry('0', "gnu/cut", "", bytes("gnu")),
                                entry(
                                        'x',
                                        "PaxHeaders/x",
                                        "",
                                        bytes("140 path=pax/" + deep + "\n")),
                                entry('0', "pax/cut", "", bytes("pax")),
                                entry('0', "last", "", new byte[0])));
        assertThat(files).isEqualTo(5);
        assertThat(folder.resolve("data/a.csv")).hasContent("x".repeat(700));
        assertThat(folder.resolve("data/sub/b.csv")).hasContent("b");
        assertThat(folder.resolve("gnu/" + deep)).hasContent("gnu");
        assertThat(folder.resolve("pax/" + deep)).hasContent("pax");
        assertThat(folder.resolve("last")).isEmptyFile();
        try (var left = Files.list(folder)) {
            assertThat(left).noneMatch(f -> f.toString().contains("chuan-pull"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"../evil", "/evil", "a/../../evil", "a//b", "a\\b", "C:evil", "a\nb", ""})
    void namesThatLeadOutAreRefused(String name) throws IOException {
        assertThatThrownBy(() -> unpack("a.tar", tar(entry('0', name, "", bytes("x")))))
                .isInstanceOf(HubException.class)
                .hasMessageStartingWith(temporary.resolve("a.tar") + ": holds \"")
                .hasMessageEndingWith("\", not a name to write to; refused");
        leavesNothing();
        assertThat(temporary.resolve("evil")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(chars = {'1', '2', '3', '4', '6'})
    void linksAndDevicesAreRefused(char type) throws IOException {
        assertThatThrownBy(() ->
                        unpack(
                                "a.tar",
                                tar(
                                        entry('0', "good", "", bytes("x")),
                                        entry(type, "link", "", new byte[0]))))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("holds something that is no file: link; refused");
        leavesNothing();
    }

    @Test
    void moreThanAllowedIsRefused() throws IOException {
        byte[] bomb = zip("zeros", new byte[10_000_000]);
        assertThat(bomb.length).isLessThan(20_000);
        assertThatThrownBy(() -> unpack("a.zip", bomb))
                .hasMessage(
                        temporary.resolve("a.zip")
                                + ": unpacks to more than 100000 bytes; refused");
        leavesNothing();
        byte[][] entries = new byte[51][];
        for (int i = 0; i < entries.length; i++) entries[i] = entry('0', "f" + i, "", new byte[0]);
        assertThatThrownBy(() -> unpack("a.tar", tar(entries)))
                .hasMessageContaining("holds more than 50 files; refused");
        leavesNothing();
    }

    @Test
    void damagedArchivesAreRefused() throws IOException {
        byte[] tar = tar(entry('0', "a", "", bytes("x".repeat(2000))));
        assertThatThrownBy(() -> unpack("a.tar", Arrays.copyOf(tar, 1000)))
                .hasMessage(temporary.resolve("a.tar") + ": is cut off; fetch it again");
        assertThatThrownBy(() -> unpack("a.tar", Arrays.copyOf(tar, 100)))
                .hasMessageContaining("is cut off");
        byte[] changed = tar.clone();
        changed[3] = 'z';
        assertThatThrownBy(() -> unpack("a.tar", changed))
                .hasMessageContaining("is no tar archive, or damaged");
        assertThatThrownBy(() -> unpack("a.tar", new byte[0]))
                .hasMessageContaining("is no archive with files");
        assertThatThrownBy(() -> unpack("a.zip", bytes("<html>404</html>")))
                .hasMessageContaining("is no archive with files");
        byte[] zip = zip("a", bytes("Der Inhalt ist nicht ganz kurz, damit etwas fehlt."));
        assertThatThrownBy(() -> unpack("a.zip", Arrays.copyOf(zip, 45)))
                .hasMessage(temporary.resolve("a.zip") + ": is cut off; fetch it again");
        leavesNothing();
    }
}
