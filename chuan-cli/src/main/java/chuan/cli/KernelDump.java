package chuan.cli;

import chuan.asm.MachineCode;
import chuan.kernel.EmittedKernels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;

/// Machine code as files: `NAME.bin` holds the bytes of a function as they stand in memory,
/// `README.txt` says how to read them.
final class KernelDump {
    private static final String DISASSEMBLER =
            "objdump -D -b binary -m i386:x86-64 -M intel -w NAME.bin";

    private KernelDump() {}

    /// Each file appears when it is complete.
    ///
    /// @return bytes of code
    static long write(EmittedKernels kernels, Path folder) throws IOException {
        Files.createDirectories(folder);
        long bytes = 0;
        var readme =
                new StringBuilder("Machine code of the kernels, set ")
                        .append(kernels.name())
                        .append(", x86-64. To read a function:\n\n    ")
                        .append(DISASSEMBLER)
                        .append("\n\n");
        for (MachineCode function : kernels.functions()) {
            file(folder.resolve(function.name() + ".bin"), function.bytes());
            readme.append(
                    String.format(
                            Locale.ROOT, "%6d  %s%n", function.bytes().length, function.name()));
            bytes += function.bytes().length;
        }
        file(folder.resolve("README.txt"), readme.toString().getBytes(StandardCharsets.UTF_8));
        return bytes;
    }

    private static void file(Path target, byte[] bytes) throws IOException {
        Path part = target.resolveSibling(target.getFileName() + ".part");
        Files.write(part, bytes);
        Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
    }
}
