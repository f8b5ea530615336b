package chuan.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.asm.Binutils;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A disassembler reads every fp32 function from its first byte to its last, whether or not this
/// processor could run it.
class EmittedCodeTest {
    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(ints = {256, 512})
    void everyFunctionIsReadable(int bits) throws IOException, InterruptedException {
        var functions = new ArrayList<CheckedFunction>();
        functions.addAll(new EmittedRows(new ScalarKernels(), bits).functions());
        functions.addAll(new EmittedAttention(bits, new ScalarKernels()).functions());
        var all = new ByteArrayOutputStream();
        var ends = new ArrayList<Integer>();
        for (var function : functions) {
            all.writeBytes(function.code().bytes());
            ends.add(all.size() - 1);
        }
        var found = new Binutils(folder).disassemble(all.toByteArray());
        assertThat(found).noneMatch(line -> line.text().contains("(bad)"));
        assertThat(found.stream().filter(line -> line.mnemonic().equals("ret")))
                .map(Binutils.Line::offset)
                .isEqualTo(ends);
        // 512 bits only where they are meant
        assertThat(found.stream().anyMatch(line -> line.text().contains("zmm")))
                .isEqualTo(bits == 512);
        if (bits == 256) assertThat(found).noneMatch(line -> line.hex().startsWith("62"));
    }
}
