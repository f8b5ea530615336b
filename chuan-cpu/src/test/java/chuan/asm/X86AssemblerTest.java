package chuan.asm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The bytes are those of GNU as. `-Dchuan.golden=write` writes the golden file anew, with the as
/// that is installed.
class X86AssemblerTest {
    private static final Path GOLDEN =
            Path.of(System.getProperty("chuan.root"), "testdata/golden/asm/x86.txt");
    private static final int GOLDEN_USES = 6;
    private static final long SEED = Long.getLong("chuan.seed", System.nanoTime());

    @TempDir Path folder;

    @Test
    void bytesAreTheGoldenOnes() throws IOException, InterruptedException {
        var uses = Instructions.uses(25, GOLDEN_USES).toList();
        if ("write".equals(System.getProperty("chuan.golden"))) {
            var texts = uses.stream().map(Instructions.Use::text).toList();
            var bytes = new Binutils(folder).assemble(texts);
            var lines = new ArrayList<String>();
            for (int i = 0; i < texts.size(); i++) lines.add(bytes.get(i) + " " + texts.get(i));
            Files.createDirectories(GOLDEN.getParent());
            Files.write(GOLDEN, lines);
        }
        var ours = uses.stream().map(use -> hex(use) + " " + use.text()).toList();
        assertThat(ours).isEqualTo(Files.readAllLines(GOLDEN));
    }

    @Test
    void randomUsesAssembleAsByGnuAs() throws IOException, InterruptedException {
        var uses = Instructions.uses(SEED, 30).toList();
        var theirs =
                new Binutils(folder).assemble(uses.stream().map(Instructions.Use::text).toList());
        assertThat(theirs).hasSameSizeAs(uses);
        for (int i = 0; i < uses.size(); i++)
            assertThat(hex(uses.get(i)))
                    .as("%s (seed %d)", uses.get(i).text(), SEED)
                    .isEqualTo(theirs.get(i));
    }

    @Test
    void objdumpReadsWhatWasWritten() throws IOException, InterruptedException {
        var a = new X86Assembler();
        var expected = new ArrayList<String>();
        for (var use : Instructions.uses(SEED, 3).toList()) {
            expected.add(a.size() + " " + use.mnemonic());
            use.write(a);
        }
        var found =
                new Binutils(folder)
                        .disassemble(a.bytes()).stream()
                                .map(line -> line.offset() + " " + line.mnemonic())
                                .map(line -> line.replace("movabs", "mov"))
                                .toList();
        assertThat(found).as("seed %d", SEED).isEqualTo(expected);
    }

    /// No instruction without its golden bytes.
    @Test
    void everyInstructionIsTested() {
        var tested = new TreeSet<String>();
        for (var form : Instructions.forms()) tested.add(form.name());
        tested.addAll(List.of("label", "bind", "align", "ints", "size", "bytes", "jmp"));
        tested.addAll(List.of("jb", "jae", "jz", "jnz", "jbe", "ja", "jl", "jge", "jle", "jg"));
        var all = new TreeSet<String>();
        for (var method : X86Assembler.class.getMethods())
            if (method.getDeclaringClass() != Object.class
                    && !Modifier.isStatic(method.getModifiers())) all.add(method.getName());
        assertThat(all).isEqualTo(tested);
    }

    /// Branches back are short where they can be, branches ahead always have 32 bits; golden bytes
    /// by GNU as 2.40, with `{disp32}` where it leads ahead.
    @Test
    void branches() {
        var a = new X86Assembler();
        Label ahead = a.label();
        Label back = a.label();
        a.bind(back);
        a.jz(ahead);
        a.jnz(back);
        a.jb(back);
        a.jae(back);
        a.jbe(back);
        a.ja(back);
        a.jl(back);
        a.jge(back);
        a.jle(back);
        a.jg(back);
        a.jmp(back);
        a.jmp(ahead);
        a.lea(Gp.R9, back);
        a.lea(Gp.RAX, ahead);
        a.align(256);
        a.jnz(back);
        a.jmp(back);
        a.bind(ahead);
        a.ret();
        String hex = HexFormat.of().formatHex(a.bytes());
        assertThat(hex)
                .startsWith(
                        "0f8405010000" // jz ahead
                                + "75f872f673f476f277f07cee7dec7eea7fe8ebe6"
                                + "e9ec000000" // jmp ahead
                                + "4c8d0dda ffffff".replace(" ", "")
                                + "488d05de000000")
                .endsWith("0f85fafeffff" + "e9f5feffff" + "c3");
        assertThat(a.size()).isEqualTo(256 + 6 + 5 + 1);
    }

    @Test
    void branchesAsByGnuAs() throws IOException, InterruptedException {
        var a = new X86Assembler();
        Label ahead = a.label();
        Label back = a.label();
        var text = new ArrayList<String>();
        a.bind(back);
        text.add("back: jz ahead");
        a.jz(ahead);
        text.set(0, "back: {disp32} jz ahead");
        for (int i = 0; i < 40; i++) {
            a.add(Gp.RAX, 1);
            text.add("add rax, 1");
            a.jnz(back);
            text.add("jnz back");
            a.jmp(back);
            text.add("jmp back");
        }
        a.lea(Gp.R12, back);
        text.add("lea r12, [rip + back]");
        a.lea(Gp.RDX, ahead);
        text.add("lea rdx, [rip + ahead]");
        a.bind(ahead);
        a.ret();
        text.add("ahead: ret");
        assertThat(HexFormat.of().formatHex(a.bytes()))
                .isEqualTo(String.join("", new Binutils(folder).assemble(text)));
    }

    @Test
    void whatCannotBeWrittenIsRefused() {
        var a = new X86Assembler();
        assertThatThrownBy(() -> a.vpsignb(Vec.zmm(0), Vec.zmm(1), Vec.zmm(2)))
                .hasMessageContaining("no EVEX form");
        assertThatThrownBy(() -> a.vpsignb(Vec.ymm(0), Vec.ymm(16), Vec.ymm(2)))
                .hasMessageContaining("no EVEX form");
        assertThatThrownBy(() -> a.vpaddw(Vec.zmm(0), Vec.zmm(1), Mem.at(Gp.RAX).broadcast()))
                .hasMessageContaining("cannot repeat");
        assertThatThrownBy(() -> a.tileloadd(new Tmm(1), Mem.at(Gp.RAX)))
                .hasMessageContaining("stride");
        assertThatThrownBy(() -> a.tdpbssd(new Tmm(1), new Tmm(2), new Tmm(1)))
                .hasMessageContaining("different tiles");
        assertThatThrownBy(() -> Mem.at(Gp.RAX, Gp.RSP, 1, 0)).hasMessageContaining("rsp");
        var open = new X86Assembler();
        open.jmp(open.label());
        assertThatThrownBy(open::bytes).hasMessageContaining("1 branches lead nowhere");
    }

    private static String hex(Instructions.Use use) {
        var a = new X86Assembler();
        use.write(a);
        byte[] bytes = a.bytes();
        return HexFormat.of().formatHex(Arrays.copyOf(bytes, bytes.length));
    }
}
