package chuan.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir private Path folder = Path.of("");

    /// What a killed process left goes; what somebody is writing, and what only looks alike, stays.
    @Test
    void leftOversOfTheSameTargetGo() throws IOException {
        Path target = folder.resolve("model.gguf");
        for (String name :
                List.of(
                        ".model.gguf123.part",
                        ".model.gguf.part",
                        ".model.gguf.old7.part",
                        ".model.gguf-2.gguf5.part",
                        "model.gguf123.part")) Files.writeString(folder.resolve(name), "x");
        AtomicFile.write(
                target,
                out -> {
                    AtomicFile.writeText(target, "inner");
                    assertThat(names())
                            .filteredOn(n -> n.matches("\\.model\\.gguf[0-9]+\\.part"))
                            .hasSize(1);
                });
        assertThat(names())
                .containsExactlyInAnyOrder(
                        "model.gguf",
                        ".model.gguf.part",
                        ".model.gguf.old7.part",
                        ".model.gguf-2.gguf5.part",
                        "model.gguf123.part");
        assertThat(target).isEmptyFile();
    }

    @Test
    void aFailureLeavesTheOldFileAndNothingElse() throws IOException {
        Path target = folder.resolve("a.txt");
        AtomicFile.writeText(target, "old");
        assertThatThrownBy(() ->
                        AtomicFile.write(
                                target,
                                _ -> {
                                    throw new IOException("disk full");
                                }))
                .hasMessage("disk full");
        assertThat(names()).containsExactly("a.txt");
        assertThat(target).hasContent("old");
    }

    private List<String> names() throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> String.valueOf(file.getFileName())).toList();
        }
    }
}
