package chuan.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Other programs, played by shell scripts.
class PeerProcessTest {
    private static final SpeedCase CASE = new SpeedCase(512, 0, 0, 1);

    @TempDir Path folder;

    @BeforeAll
    static void needsAShell() {
        assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "needs /bin/sh");
    }

    private PeerProcess start(String script) throws IOException {
        Path file = Files.writeString(folder.resolve("peer.sh"), script);
        return PeerProcess.start(
                "peer", List.of("/bin/sh", file.toString()), Path.of("m.gguf"), 2, 600);
    }

    @Test
    void introducesItselfAndAnswers() throws IOException {
        String script =
                """
                echo "some library is talking"
                echo "{\\"name\\": \\"p\\", \\"version\\": \\"$3\\", \\"instructions\\": \\"AVX2\\", \\"threads\\": $2}"
                while read -r line; do
                  echo "$line" >>"$0.cases"
                  echo '{"seconds": 0.5, "cpu_seconds": 0.9}'
                done
                """;
        try (var peer = start(script)) {
            assertThat(peer.title()).isEqualTo("p 600");
            assertThat(peer.instructions()).isEqualTo("AVX2");
            assertThat(peer.threads()).isEqualTo(2);
            assertThat(peer.time(CASE)).isEqualTo(new Timing(0.5, 0.9));
        }
        assertThat(Files.readString(folder.resolve("peer.sh.cases")))
                .contains("\"prompt\":512", "\"generate\":0", "\"depth\":0");
    }

    @Test
    void lastWordsAreToldWhenItFails() {
        assertThatThrownBy(() -> start("echo 'no such library' >&2; exit 3"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("peer ended without an answer")
                .hasMessageContaining("no such library");
    }

    @Test
    void nonsenseIsNoMeasurement() throws IOException {
        String script = "echo '{}'; read -r a; echo '{\"seconds\": 0}'; read -r b; echo '{'";
        try (var peer = start(script)) {
            assertThat(peer.title()).isEqualTo("unknown unknown");
            assertThatThrownBy(() -> peer.time(CASE)).hasMessageContaining("answered");
            assertThatThrownBy(() -> peer.time(CASE)).hasMessageContaining("wrote {");
        }
    }

    @Test
    void whatIsNotThereCannotStart() {
        assertThatThrownBy(() -> PeerProcess.start("x", List.of("/no/such"), Path.of("m"), 1, 1))
                .isInstanceOf(IOException.class);
    }
}
