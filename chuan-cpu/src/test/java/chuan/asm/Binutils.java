package chuan.asm;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/// GNU as and objdump, where they are installed; else the calling test is skipped.
public record Binutils(Path folder) {
    /// What objdump finds: where, which bytes, and the text.
    public record Line(int offset, String hex, String text) {
        public String mnemonic() {
            return text.replaceFirst("^\\{\\w+} ", "").split("\\s+")[0];
        }
    }

    /// The bytes of each line of assembler text, in hexadecimal.
    public List<String> assemble(List<String> lines) throws IOException, InterruptedException {
        Path source = folder.resolve("source.s");
        Path object = folder.resolve("object.o");
        Files.writeString(source, ".intel_syntax noprefix\n" + String.join("\n", lines) + "\n");
        call("as", "-o", object.toString(), source.toString());
        return lines(call("objdump", "-d", "-w", "--insn-width=15", object.toString())).stream()
                .map(Line::hex)
                .toList();
    }

    public List<Line> disassemble(byte[] code) throws IOException, InterruptedException {
        Path file = Files.write(folder.resolve("code.bin"), code);
        return lines(
                call(
                        "objdump",
                        "-D",
                        "-b",
                        "binary",
                        "-m",
                        "i386:x86-64",
                        "-M",
                        "intel",
                        "-w",
                        "--insn-width=15",
                        file.toString()));
    }

    private static List<Line> lines(String listing) {
        var lines = new ArrayList<Line>();
        for (String line : listing.lines().toList()) {
            String[] parts = line.split("\t");
            if (parts.length < 3 || !parts[0].endsWith(":")) continue;
            int offset = HexFormat.fromHexDigits(parts[0].strip().replace(":", ""));
            lines.add(new Line(offset, parts[1].replace(" ", ""), parts[2].strip()));
        }
        return lines;
    }

    private String call(String... command) throws IOException, InterruptedException {
        Path out = folder.resolve("out.txt");
        Process process;
        try {
            process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(out.toFile())
                            .start();
        } catch (IOException _) {
            assumeTrue(false, command[0] + " (GNU binutils) is not installed");
            throw new AssertionError();
        }
        int status = process.waitFor();
        String text = Files.readString(out);
        if (status != 0) throw new AssertionError(String.join(" ", command) + ": " + text);
        return text;
    }
}
